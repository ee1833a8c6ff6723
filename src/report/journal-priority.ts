import type { Severity } from "../findings/severity.ts";

/** Levels of syslog (RFC 5424 section 6.2.1), as the journal takes them at the start of a line: sd-daemon(3). */
export type Priority = 2 | 3 | 4 | 5 | 6;

/** A finding of this severity in a log. */
export const FINDING_PRIORITY: Readonly<Record<Severity, Priority>> = {
  critical: 2,
  high: 3,
  medium: 4,
  low: 5,
  info: 6,
};

/** Something keeps the sensor from seeing; it does not any more. */
export const RAISED_PRIORITY: Priority = 4;
export const CLEARED_PRIORITY: Priority = 5;
