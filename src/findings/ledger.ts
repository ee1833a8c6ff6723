import {
  betterEvidence,
  type Finding,
  type FindingSubject,
  findingId,
  list,
  type Moment,
} from "./finding.ts";
import { addShare, copyOf, listAddress, type Share } from "./finding-share.ts";
import { ServiceFindings } from "./service-findings.ts";
import { CRITICAL } from "./severity.ts";
import { SourceFindings } from "./source-findings.ts";

/**
 * More names under one registrable domain, bare addresses on one service, or ports of one destination collapse into one
 * finding.
 */
const COLLAPSE_ABOVE = 200;
/**
 * Findings of one kind, source and service that are told apart, whatever their names; the rest is one with a
 * count. A finding of its own costs 25 µs and a kilobyte, and a segment can carry fifty names.
 */
const MAX_APART = 1000;
/** The same of one kind and source, whatever the services: no host alone fills the ledger. */
const MAX_OF_SOURCE = 10_000;
/** Hard cap on findings: what comes later is one of each kind, is counted and makes the run inconclusive. */
const MAX_FINDINGS = 100_000;

/** Destination of what bare addresses collapse into. */
const ALL = "*";

/** A handle that stands for none: what a rule allows has no finding. */
export const NO_FINDING = -1;

/** Several handles lead to one finding after a collapse. */
interface Entry {
  finding: Finding;
  /** Handle of the finding that took this one in, or NO_FINDING. */
  into: number;
}

/** All findings of a run: one per dependency, however often it was tried. */
export class Ledger {
  /** Findings that could not be told apart. */
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
  /** By kind and source. */
  private readonly sources = new Map<string, SourceFindings>();
  /** What was asked for last: what comes in a row is mostly of one service. */
  private service: ServiceFindings | null = null;
  private readonly registrableDomain: (name: string) => string | null;

  constructor(registrableDomain: (name: string) => string | null) {
    this.registrableDomain = registrableDomain;
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
    if (typeof members === "number") return this.resolve(members);
    if (isFull) return this.surplusOf(service, subject, at);
    const crowd = this.crowdOf(subject, at);
    if (crowd !== NO_FINDING) return crowd;
    const handle = this.add(service, subject, at);
    service.apart++;
    if (members === undefined) service.setMembers(domain, [handle]);
    else members.push(handle);
    this.gather(subject, handle, at);
    if (members !== undefined && members.length > COLLAPSE_ABOVE)
      this.collapse(service, subject, domain, members);
    return this.resolve(handle);
  }

  /** What a new finding would be lost in the crowd of, or NO_FINDING where there is room for it. */
  private crowdOf(subject: FindingSubject, at: Moment): number {
    const source = this.sources.get(sourceText(subject));
    const onPorts = source?.membersOf(subject);
    if (typeof onPorts === "number") return this.resolve(onPorts);
    const isFull = this.entries.length >= MAX_FINDINGS;
    if (isFull) this.overflow++;
    else if (source === undefined || source.apart < MAX_OF_SOURCE) return NO_FINDING;
    const all = { ...subject, port: null, proto: null, evidence: "none", rule: null } as const;
    const everybody = isFull ? { ...all, source: null } : all;
    return this.surplusOf(this.serviceOf(everybody), everybody, at);
  }

  /** Findings on one port more of a destination: those of a scan become one. */
  private gather(subject: FindingSubject, handle: number, at: Moment): void {
    const source = this.sources.get(sourceText(subject));
    if (source === undefined || subject.port === null) return;
    const members = source.membersOf(subject);
    if (typeof members === "number") this.absorb(members, handle);
    else if (members === undefined) source.setMembers(subject, [handle]);
    else if (members.push(handle) > COLLAPSE_ABOVE) {
      const all = { ...subject, port: null };
      const service = this.serviceOf(all);
      const whole = service.handles.get(all.destination) ?? this.addLike(members[0], service, all, at);
      for (const member of members) this.absorb(whole, member);
      list(this.get(whole).details, "on many ports");
      source.setMembers(subject, whole);
    }
  }

  private serviceOf(subject: FindingSubject): ServiceFindings {
    if (this.service?.isOf(subject)) return this.service;
    const key = serviceText(subject);
    let service = this.services.get(key);
    if (service === undefined) {
      service = new ServiceFindings(subject, key);
    }
    this.service = service;
    return service;
  }

  /** What one source, kind and service has beyond MAX_APART: where bare addresses collapse, too. */
  private surplusOf(service: ServiceFindings, subject: FindingSubject, at: Moment): number {
    const known = service.handles.get(ALL);
    if (known !== undefined) return this.resolve(known);
    const all = { ...subject, destination: ALL, name: null };
    const handle = this.add(service, all, at);
    this.gather(all, handle, at);
    return this.resolve(handle);
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
    addShare(this.get(handle), share);
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

  /**
   * The findings that something was seen of; those that everything moved away from are gone. What is still there is
   * nobody's former id.
   */
  all(): Finding[] {
    const listed = this.entries.filter((e) => e.into === NO_FINDING && e.finding.attempts > 0);
    const ids = new Set(listed.map(({ finding }) => finding.id));
    return listed.map(({ finding }) => {
      if (!finding.aliases.some((id) => ids.has(id))) return finding;
      return { ...finding, aliases: finding.aliases.filter((id) => !ids.has(id)) };
    });
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
    this.services.set(service.key, service);
    const source = this.sources.get(sourceText(subject)) ?? new SourceFindings();
    this.sources.set(sourceText(subject), source);
    source.apart++;
    return handle;
  }

  /** One that takes in others, with the severity of the first of them. */
  private addLike(first: number, service: ServiceFindings, subject: FindingSubject, at: Moment): number {
    const handle = this.add(service, subject, at);
    const { severityCap, severityShift } = this.get(first);
    Object.assign(this.get(handle), { severityCap, severityShift });
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
  ): void {
    const at = this.get(members[0]).firstSeen;
    const label = domain === null ? ALL : `*.${domain}`;
    const all = { ...subject, destination: label, name: domain === null ? null : label };
    const whole = this.addLike(members[0], service, all, at);
    for (const member of members) this.absorb(whole, member);
    service.setMembers(domain, whole);
    this.gather(all, whole, at);
  }

  /** What another took in before stays there. */
  private absorb(whole: number, member: number): void {
    const target = this.resolve(whole);
    if (this.entries[member].into !== NO_FINDING || member === target) return;
    const into = this.entries[target].finding;
    const from = this.entries[member].finding;
    this.entries[member].into = target;
    if (this.watcher !== null) this.absorbed.push(from.id);
    const isFurthest = from.outcome > into.outcome;
    if (from.attempts > 0) {
      this.count(whole, { ...from, first: from.firstSeen, last: from.lastSeen, ip: null });
      into.severityShift = Math.min(into.severityShift, from.severityShift);
      into.severityCap = Math.max(into.severityCap, from.severityCap);
    }
    for (const id of [from.id, ...from.aliases]) if (id !== into.id) list(into.aliases, id);
    for (const ip of from.ips) listAddress(into, ip, isFurthest);
    for (const name of from.asked) list(into.asked, name);
    for (const via of from.via) list(into.via, via);
    for (const detail of from.details) list(into.details, detail);
    into.mac ??= from.mac;
  }
}

function sourceText({ kind, source }: FindingSubject): string {
  return `${kind} ${source}`;
}

function serviceText({ kind, source, port, proto }: FindingSubject): string {
  return `${kind} ${source} ${port}/${proto}`;
}
