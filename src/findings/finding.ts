import { hash } from "node:crypto";
import type { FindingKind } from "./finding-kinds.ts";

/** Packet time: seconds since 1970 UTC and nanoseconds. */
export interface Moment {
  sec: number;
  nsec: number;
}

/** Where a destination's name comes from, best first (DESIGN section 3, name evidence ladder). */
export type NameEvidence = "in-flow" | "answer" | "answer-other-host" | "ambiguous" | "none";

const EVIDENCE_RANK: Readonly<Record<NameEvidence, number>> = {
  none: 0,
  ambiguous: 1,
  "answer-other-host": 2,
  answer: 3,
  "in-flow": 4,
};

export function betterEvidence(a: NameEvidence, b: NameEvidence): NameEvidence {
  return EVIDENCE_RANK[b] > EVIDENCE_RANK[a] ? b : a;
}

/** What makes findings one: kind, source, destination identity and service. */
export interface FindingKey {
  readonly kind: FindingKind;
  /** Address of who initiated, as text; null where a rule is the subject. */
  readonly source: string | null;
  /** Best name of the destination, else its address as text, else a rule's id. */
  readonly destination: string;
  readonly port: number | null;
  /** Name of the IP protocol, lower case; null where a rule is the subject. */
  readonly proto: string | null;
}

/** What a finding is made with, key aside. */
export interface FindingSubject extends FindingKey {
  /** Best name of the destination; null when only its address is known. */
  readonly name: string | null;
  evidence: NameEvidence;
  /** The rule that the finding is about. */
  readonly rule: string | null;
}

/** Addresses, names and aliases that a finding lists at most; what is beyond is counted only. */
export const MAX_LISTED = 64;

export interface IcmpKind {
  readonly type: number;
  readonly code: number;
}

/** One dependency on the outside: everything that was seen of it. */
export interface Finding extends FindingSubject {
  readonly id: string;
  /** Ids that this dependency had before a better name was learned. */
  readonly aliases: string[];
  /** Addresses tried; names asked of an unapproved resolver; proxies, or kinds of tunnel, gone through. At most MAX_LISTED each. */
  readonly ips: string[];
  readonly asked: string[];
  readonly via: string[];
  /** What was seen, in words of ours: what makes a detector sure, which credentials. At most MAX_LISTED. */
  readonly details: string[];
  mac: string | null;
  /** Of its first packet, where the protocol is ICMP. */
  icmp?: IcmpKind;
  firstSeen: Moment;
  lastSeen: Moment;
  attempts: number;
  bytesOut: number;
  bytesIn: number;
  /** Octets of datagrams and pings that left in flows that nobody answered. */
  oneWayBytes: number;
  /** Index into OUTCOMES. */
  outcome: number;
  /** Highest severity that the finding may have (an index into SEVERITIES), and steps taken off it. */
  severityCap: number;
  severityShift: number;
}

/** First 12 hex digits of the SHA-256 of the key: the same in every run. */
export function findingId(key: FindingKey): string {
  return hash("sha256", keyText(key), "hex").slice(0, 12);
}

/** Names hold no space (they are escaped), so the parts cannot run into each other. */
function keyText(key: FindingKey): string {
  return `${key.kind} ${key.source ?? "-"} ${key.destination} ${key.port ?? "-"}/${key.proto ?? "-"}`;
}

export function isBefore(a: Moment, b: Moment): boolean {
  return a.sec < b.sec || (a.sec === b.sec && a.nsec < b.nsec);
}

/** Adds to a list without copies, up to MAX_LISTED. */
export function list(into: string[], item: string): void {
  if (into.length < MAX_LISTED && !into.includes(item)) into.push(item);
}
