import { isBefore, type Moment } from "../findings/finding.ts";
import type { RatedFinding } from "../findings/summary.ts";

/** Addresses, aliases and names that a finding lists at most. */
const MAX_LISTED = 64;

/**
 * Findings of earlier runs. A run's ledger counts from zero; what is kept and shown goes on where the
 * runs before it were.
 */
export class EarlierFindings {
  private readonly before = new Map<string, RatedFinding>();

  constructor(findings: readonly RatedFinding[]) {
    for (const finding of findings) this.before.set(finding.id, finding);
  }

  /** The finding with what earlier runs saw of it. */
  with(now: RatedFinding): RatedFinding {
    const before = this.before.get(now.id);
    if (before === undefined) return now;
    const worse = before.severity > now.severity ? before : now;
    const further = before.outcome > now.outcome ? before : now;
    const total = wasReadBefore(before, now) ? Math.max : sum;
    return {
      ...now,
      aliases: joined(before.aliases, now.aliases),
      ips: joined(before.ips, now.ips),
      asked: joined(before.asked, now.asked),
      via: joined(before.via, now.via),
      details: joined(before.details, now.details),
      mac: now.mac ?? before.mac,
      firstSeen: isBefore(before.firstSeen, now.firstSeen) ? before.firstSeen : now.firstSeen,
      lastSeen: isBefore(now.lastSeen, before.lastSeen) ? before.lastSeen : now.lastSeen,
      attempts: total(before.attempts, now.attempts),
      bytesOut: total(before.bytesOut, now.bytesOut),
      bytesIn: total(before.bytesIn, now.bytesIn),
      oneWayBytes: total(before.oneWayBytes, now.oneWayBytes),
      outcome: further.outcome,
      outcomeName: further.outcomeName,
      severity: worse.severity,
      severityName: worse.severityName,
    };
  }
}

function sum(a: number, b: number): number {
  return a + b;
}

/** The same packets again, as when a capture is read twice: within what was seen, and from or to the same instant. */
function wasReadBefore(before: RatedFinding, now: RatedFinding): boolean {
  const isWithin = !isBefore(now.firstSeen, before.firstSeen) && !isBefore(before.lastSeen, now.lastSeen);
  return isWithin && (isSame(now.firstSeen, before.firstSeen) || isSame(now.lastSeen, before.lastSeen));
}

function isSame(a: Readonly<Moment>, b: Readonly<Moment>): boolean {
  return a.sec === b.sec && a.nsec === b.nsec;
}

function joined(before: readonly string[], now: readonly string[]): string[] {
  return [...new Set([...before, ...now])].slice(0, MAX_LISTED);
}
