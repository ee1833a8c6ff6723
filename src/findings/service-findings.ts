import type { FindingSubject } from "./finding.ts";

/** Handles of what may collapse into one finding, or the handle of what it collapsed into. */
export type Members = number[] | number;

/**
 * What one source has of one kind and service, and where it is found again: by destination, for each time that the
 * destination is tried, and by the domain that it would collapse under.
 */
export class ServiceFindings {
  /** Handles by destination. */
  readonly handles = new Map<string, number>();
  /** Findings that are told apart. */
  apart = 0;
  /** Some of them collapsed: what would join them is told by its domain. */
  hasCollapsed = false;
  readonly key: string;
  readonly kind: string;
  readonly source: string | null;
  readonly port: number | null;
  readonly proto: string | null;
  private byDomain: Map<string, Members> | null = null;
  private bare: Members | undefined;

  /** `key`: what it is found by. */
  constructor({ kind, source, port, proto }: FindingSubject, key: string) {
    this.key = key;
    this.kind = kind;
    this.source = source;
    this.port = port;
    this.proto = proto;
  }

  isOf({ kind, source, port, proto }: FindingSubject): boolean {
    return this.port === port && this.kind === kind && this.source === source && this.proto === proto;
  }

  /** What is under the domain; null: bare addresses. */
  membersOf(domain: string | null): Members | undefined {
    return domain === null ? this.bare : this.byDomain?.get(domain);
  }

  setMembers(domain: string | null, members: Members): void {
    if (typeof members === "number") this.hasCollapsed = true;
    if (domain === null) this.bare = members;
    else {
      this.byDomain ??= new Map();
      this.byDomain.set(domain, members);
    }
  }
}
