/** What a cell's text stands for. Palettes give each a look; nothing is ever said by the look alone. */
export const TEXT = 0;
export const DIM = 1;
export const STRONG = 2;
export const RULE = 3;
export const ACCENT = 4;
export const KEY = 5;
export const GOOD = 6;
export const WARN = 7;
export const BAD = 8;
/** Badges: the lamp's three words, and what is not known yet. */
export const LAMP_CLEAN = 9;
export const LAMP_REACHBACK = 10;
export const LAMP_BLIND = 11;
export const LAMP_WAITING = 12;
/** Severities, in the order of SEVERITIES. */
export const INFO_ROLE = 13;
export const LOW_ROLE = 14;
export const MEDIUM_ROLE = 15;
export const HIGH_ROLE = 16;
export const CRITICAL_ROLE = 17;
/** What is new or got worse a moment ago. */
export const FRESH = 18;
export const TAB = 19;
export const TAB_ACTIVE = 20;
export const PROMPT = 21;
/** The heading of a table. */
export const HEADING = 22;
export const ROLE_COUNT = 23;

/** Added to a role: the row that is selected. */
export const SELECTED = 32;

/** Role of a severity (an index into SEVERITIES). */
export function severityRole(severity: number): number {
  return INFO_ROLE + severity;
}
