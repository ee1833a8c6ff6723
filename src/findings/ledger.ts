import {
  betterEvidence,
  type Finding,
  type FindingSubject,
  findingId,
  isBefore,
  list,
  type Moment,
} from "./finding.ts";
import { ServiceFindings } from "./service-findings.ts";
import { CRITICAL } from "./severity.ts";

/** More names under one registrable domain, or bare addresses on one service, collapse into one finding. */
const COLLAPSE_ABOVE = 200;
/**
 * Findings of one kind, source and service that are told apart, whatever their names; the rest is one with a
 * count. A finding of its own costs 25 µs and a kilobyte, and a segment can carry fifty names.
 */
const MAX_APART = 1000;
/** Hard cap on findings: what comes later is counted and makes the run inconclusive. */
const MAX_FINDINGS = 100_000;

/** Destination of what bare addresses collapse into. */
const ALL = "*";

/** A handle that stands for none: what a rule allows has no finding. */
export const NO_FINDING = -1;
/** Handle of the finding that takes in what there is no room for; it is never listed. */
const SURPLUS = 0;

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

const SURPLUS_SUBJECT: FindingSubject = {
  kind: "egress.flow",
  source: null,
  destination: "",
  port: null,
  proto: null,
  name: null,
  evidence: "none",
  rule: null,
};

/** Several handles lead to one finding after a collapse. */
interface Entry {
  finding: Finding;
  /** Handle of the finding that took this one in, or NO_FINDING. */
  into: number;
}

/** All findings of a run: one per dependency, however often it was tried. */
export class Ledger {
  /** Findings that could not be kept. */
  overflow = 0;
  /** Is told of each finding that changes, by its handle; null while nobody watches. */
  watcher: ((handle: number) => void) | null = null;
  /** Is told of each share as it is counted, once each; null while nobody asks. */
  readonly onShare: ((finding: Finding, share: Share) => void)[] = [];
  /** Ids that a collapse took in since `watcher` last asked. */
  absorbed: string[] = [];

  private readonly entries: Entry[] = [];
  /** By kind, source and service. */
  private readonly services = new Map<string, ServiceFindings>();
  /** What was asked for last: what comes in a row is mostly of one service. */
  private service: ServiceFindings | null = null;
  private readonly registrableDomain: (name: string) => string | null;

  constructor(registrableDomain: (name: string) => string | null) {
    this.registrableDomain = registrableDomain;
    this.add(this.serviceOf(SURPLUS_SUBJECT), SURPLUS_SUBJECT, { sec: 0, nsec: 0 });
  }

  /** The handle of the finding about this subject, made when it is new. */
  open(subject: FindingSubject, at: Moment): number {
    const service = this.serviceOf(subject);
    const known = service.handles.get(subject.destination);
    if (known !== undefined) {
      const finding = this.get(known);
      finding.evidence = betterEvidence(finding.evidence, subject.evidence);
      return this.resolve(known);
    }
    const isFull = service.apart === MAX_APART;
    if (isFull && !service.hasCollapsed) return this.surplusOf(service, subject, at);
    const domain = this.domainOf(subject);
    const members = service.membersOf(domain);
    if (typeof members === "number") return members;
    if (isFull) return this.surplusOf(service, subject, at);
    if (this.entries.length > MAX_FINDINGS) {
      this.overflow++;
      return SURPLUS;
    }
    const handle = this.add(service, subject, at);
    service.apart++;
    if (members === undefined) {
      service.setMembers(domain, [handle]);
      return handle;
    }
    members.push(handle);
    return members.length > COLLAPSE_ABOVE ? this.collapse(service, subject, domain, members) : handle;
  }

  private serviceOf(subject: FindingSubject): ServiceFindings {
    if (this.service?.isOf(subject)) return this.service;
    const key = serviceText(subject);
    let service = this.services.get(key);
    if (service === undefined) {
      service = new ServiceFindings(subject);
      this.services.set(key, service);
    }
    this.service = service;
    return service;
  }

  /** What one source, kind and service has beyond MAX_APART: where bare addresses collapse, too. */
  private surplusOf(service: ServiceFindings, subject: FindingSubject, at: Moment): number {
    const known = service.handles.get(ALL);
    if (known !== undefined) return this.resolve(known);
    return this.add(service, { ...subject, destination: ALL, name: null }, at);
  }

  /** What `subject` would collapse with, were there more of it, becomes one finding now: it is known to be one thing. */
  fold(subject: FindingSubject): void {
    const service = this.serviceOf(subject);
    const domain = this.domainOf(subject);
    const members = service.membersOf(domain);
    if (Array.isArray(members) && members.length > 1) this.collapse(service, subject, domain, members);
  }

  /** The finding behind a handle. */
  get(handle: number): Finding {
    return this.entries[this.resolve(handle)].finding;
  }

  /** Adds what a flow, question or request was. */
  share(handle: number, share: Share): void {
    if (handle === NO_FINDING) return;
    this.count(handle, share);
    for (const hear of this.onShare) hear(this.get(handle), share);
  }

  private count(handle: number, share: Share): void {
    const finding = this.get(handle);
    const isFirst = finding.attempts === 0;
    if (isFirst || isBefore(share.first, finding.firstSeen)) finding.firstSeen = copyOf(share.first);
    if (isFirst || isBefore(finding.lastSeen, share.last)) finding.lastSeen = copyOf(share.last);
    finding.attempts += share.attempts;
    finding.bytesOut += share.bytesOut;
    finding.bytesIn += share.bytesIn;
    finding.oneWayBytes += share.oneWayBytes;
    finding.outcome = Math.max(finding.outcome, share.outcome);
    if (share.ip !== null) list(finding.ips, share.ip);
    this.watcher?.(this.resolve(handle));
  }

  /** What was put down to a finding belongs to another: one that nothing is left of is gone. */
  takeBack(handle: number, attempts: number): void {
    if (handle === NO_FINDING) return;
    const finding = this.get(handle);
    finding.attempts = Math.max(0, finding.attempts - attempts);
    this.watcher?.(this.resolve(handle));
  }

  /** A better name was learned for something that was first recorded under another identity. */
  moved(from: number, to: number): void {
    const old = this.get(from);
    const now = this.get(to);
    if (old !== now) list(now.aliases, old.id);
    now.mac ??= old.mac;
  }

  /** The findings that something was seen of; those that everything moved away from are gone. */
  all(): Finding[] {
    const listed = this.entries.filter(
      (e, i) => i !== SURPLUS && e.into === NO_FINDING && e.finding.attempts > 0,
    );
    return listed.map((e) => e.finding);
  }

  private add(service: ServiceFindings, subject: FindingSubject, at: Moment): number {
    const handle = this.entries.length;
    const finding: Finding = {
      kind: subject.kind,
      source: subject.source,
      destination: subject.destination,
      port: subject.port,
      proto: subject.proto,
      name: subject.name,
      evidence: subject.evidence,
      rule: subject.rule,
      id: findingId(subject),
      aliases: [],
      ips: [],
      asked: [],
      via: [],
      details: [],
      mac: null,
      firstSeen: copyOf(at),
      lastSeen: copyOf(at),
      attempts: 0,
      bytesOut: 0,
      bytesIn: 0,
      oneWayBytes: 0,
      outcome: 0,
      severityCap: CRITICAL,
      severityShift: 0,
    };
    this.entries.push({ finding, into: NO_FINDING });
    service.handles.set(subject.destination, handle);
    return handle;
  }

  /** The handle that a handle leads to after collapses. */
  resolve(handle: number): number {
    let at = handle;
    while (this.entries[at].into !== NO_FINDING) at = this.entries[at].into;
    return at;
  }

  /** What names collapse under: what somebody registered, or the name where nobody did. Null for bare addresses. */
  private domainOf({ name }: FindingSubject): string | null {
    return name === null ? null : (this.registrableDomain(name) ?? name);
  }

  private collapse(
    service: ServiceFindings,
    subject: FindingSubject,
    domain: string | null,
    members: readonly number[],
  ): number {
    const at = this.get(members[0]).firstSeen;
    const label = domain === null ? ALL : `*.${domain}`;
    const name = domain === null ? null : label;
    const whole = this.add(service, { ...subject, destination: label, name }, at);
    const { severityCap, severityShift } = this.get(members[0]);
    Object.assign(this.get(whole), { severityCap, severityShift });
    for (const member of members) this.absorb(whole, member);
    service.setMembers(domain, whole);
    return whole;
  }

  private absorb(whole: number, member: number): void {
    const into = this.entries[whole].finding;
    const from = this.entries[member].finding;
    this.entries[member].into = whole;
    if (this.watcher !== null) this.absorbed.push(from.id);
    if (from.attempts > 0) {
      this.count(whole, { ...from, first: from.firstSeen, last: from.lastSeen, ip: null });
      into.severityShift = Math.min(into.severityShift, from.severityShift);
      into.severityCap = Math.max(into.severityCap, from.severityCap);
    }
    for (const id of [from.id, ...from.aliases]) list(into.aliases, id);
    for (const ip of from.ips) list(into.ips, ip);
    for (const name of from.asked) list(into.asked, name);
    for (const via of from.via) list(into.via, via);
    for (const detail of from.details) list(into.details, detail);
    into.mac ??= from.mac;
  }
}

/** Field by field: spreading costs more than all else that is counted. */
function copyOf({ sec, nsec }: Moment): Moment {
  return { sec, nsec };
}

function serviceText({ kind, source, port, proto }: FindingSubject): string {
  return `${kind} ${source} ${port}/${proto}`;
}
