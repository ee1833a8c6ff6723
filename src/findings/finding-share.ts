import { type Finding, isBefore, list, MAX_LISTED, type Moment } from "./finding.ts";

/** What one flow, question or request adds to a finding. */
export interface Share {
  attempts: number;
  bytesOut: number;
  bytesIn: number;
  oneWayBytes: number;
  outcome: number;
  first: Moment;
  last: Moment;
  /** Address tried, as text; null when only a name is known. */
  ip: string | null;
}

/** Puts a share down to a finding. */
export function addShare(finding: Finding, share: Share): void {
  const isFirst = finding.attempts === 0;
  if (isFirst || isBefore(share.first, finding.firstSeen)) finding.firstSeen = copyOf(share.first);
  if (isFirst || isBefore(finding.lastSeen, share.last)) finding.lastSeen = copyOf(share.last);
  finding.attempts += share.attempts;
  finding.bytesOut += share.bytesOut;
  finding.bytesIn += share.bytesIn;
  finding.oneWayBytes += share.oneWayBytes;
  if (share.ip !== null) listAddress(finding, share.ip, share.outcome > finding.outcome);
  finding.outcome = Math.max(finding.outcome, share.outcome);
}

/** Of more addresses than are listed, that which came furthest is. */
export function listAddress({ ips }: Finding, ip: string, isFurthest: boolean): void {
  if (isFurthest && ips.length >= MAX_LISTED && !ips.includes(ip)) ips[MAX_LISTED - 1] = ip;
  else list(ips, ip);
}

/** Field by field: spreading costs more than all else that is counted. */
export function copyOf({ sec, nsec }: Moment): Moment {
  return { sec, nsec };
}
