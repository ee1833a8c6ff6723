import type { AddressWords } from "../flow/flow-view.ts";
import type { Judge } from "../policy/judge.ts";
import type { Exceptions } from "./exceptions.ts";
import { list, type Moment } from "./finding.ts";
import { type Ledger, NO_FINDING } from "./ledger.ts";

/** Who asked a name, and where. */
export interface Asker {
  readonly host: AddressWords;
  readonly hostText: string;
  readonly resolverText: string;
  readonly resolverPort: number;
  readonly proto: "udp" | "tcp";
}

/** Turns outside names that were asked into findings, or into used exceptions where a rule covers them. */
export class DnsFindings {
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly exceptions: Exceptions;

  constructor(judge: Judge, ledger: Ledger, exceptions: Exceptions) {
    this.judge = judge;
    this.ledger = ledger;
    this.exceptions = exceptions;
  }

  /** Whether a name rule allows this host to ask for an outside name; the rule is used then. */
  isAllowed(asker: Asker, name: string, at: Moment): boolean {
    const rule = this.judge.nameAllowed(name, ...asker.host, at.sec);
    if (rule >= 0) this.exceptions.asked(this.judge.policy.rules[rule], at);
    return rule >= 0;
  }

  /** The finding for an outside name, or NO_FINDING where a name rule allows this host to ask for it. */
  openUnlessAllowed(asker: Asker, name: string, at: Moment): number {
    if (this.isAllowed(asker, name, at)) return NO_FINDING;
    const expired = this.judge.nameAllowedOnceBy(name, ...asker.host, at.sec);
    return this.open(asker, name, at, expired);
  }

  /** The finding for a name that no rule can allow. `expired`: index of the expired rule, or -1. */
  open(asker: Asker, name: string, at: Moment, expired = -1): number {
    const handle = this.ledger.open(
      {
        kind: expired >= 0 ? "policy.expired" : "dns.name",
        source: asker.hostText,
        destination: name,
        port: asker.resolverPort,
        proto: asker.proto,
        name,
        evidence: "in-flow",
        rule: expired >= 0 ? this.judge.policy.rules[expired].id : null,
      },
      at,
    );
    if (handle !== NO_FINDING) list(this.ledger.get(handle).via, asker.resolverText);
    return handle;
  }

  share(handle: number, attempts: number, outcome: number, at: Moment): void {
    if (handle === NO_FINDING) return;
    this.ledger.share(handle, {
      attempts,
      bytesOut: 0,
      bytesIn: 0,
      oneWayBytes: 0,
      outcome,
      first: at,
      last: at,
      ip: null,
    });
  }
}
