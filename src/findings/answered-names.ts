import type { NamedAddress } from "../flow/address-names.ts";
import type { AddressWords } from "../flow/flow-view.ts";
import { formatAddress, parseAddress } from "../policy/address-text.ts";
import type { FlowQuestion, Judge } from "../policy/judge.ts";
import type { NameEvidence } from "./finding.ts";

/** Seconds by which a clock may put a flow before the answer that it began with. */
const OVERTAKE_SEC = 1;

/** A host as answers know it. */
export interface Host {
  readonly id: string;
  readonly address: AddressWords;
}

/**
 * What a host is told apart by: its inventory name, so that a question over IPv4 explains a flow over
 * IPv6, else its address.
 */
export function hostOf(judge: Judge, address: AddressWords): Host {
  return { id: judge.hostName(...address) ?? formatAddress(address), address };
}

/** What answers say about the address at the outside end of a flow. */
export interface AnsweredName {
  readonly name: string | null;
  readonly evidence: NameEvidence;
}

/** The best name for an address as `host` knows it: the latest of the best evidence. */
export function bestName(names: readonly NamedAddress[], judge: Judge, host: Host): AnsweredName {
  let best: NamedAddress | null = null;
  let bestRank = -1;
  for (const named of names) {
    const rank = rankOf(named, judge, host);
    if (best === null || rank > bestRank || (rank === bestRank && named.answeredSec >= best.answeredSec)) {
      best = named;
      bestRank = rank;
    }
  }
  if (best === null) return { name: null, evidence: "none" };
  return { name: best.name, evidence: EVIDENCE_OF_RANK[bestRank] };
}

const EVIDENCE_OF_RANK: readonly NameEvidence[] = ["ambiguous", "answer-other-host", "ambiguous", "answer"];

function rankOf(named: NamedAddress, judge: Judge, host: Host): number {
  return (isFor(named, judge, host) ? 2 : 0) + (named.ambiguous ? 0 : 1);
}

/** The answer went to this host, or to one that stands behind this NAT address. */
function isFor(named: NamedAddress, judge: Judge, host: Host): boolean {
  if (named.hostId === host.id) return true;
  if (!judge.isNat(...host.address)) return false;
  const asker = parseAddress(named.host);
  return asker !== null && judge.standsBehind(...asker, ...host.address);
}

/** What name rules make of an address: which allows it, and whether it has other names as well. */
export interface NameRuling {
  /** Index of the rule, or -1. */
  readonly rule: number;
  /** A rule that would allow, had it not expired, or -1. */
  readonly expiredRule: number;
  /** The address also carries a name that no rule allows: only a name in the flow can settle it. */
  readonly carriesOthers: boolean;
}

/**
 * Asks the name rules about the confirmed names of an address: answered to this host by an approved
 * resolver, and by nothing that differs. `q` must describe the flow.
 */
export function ruleByNames(
  names: readonly NamedAddress[],
  judge: Judge,
  host: Host,
  q: FlowQuestion,
): NameRuling {
  let rule = -1;
  let expiredRule = -1;
  let carriesOthers = false;
  let judged: string | null = null;
  for (const named of names) {
    // Many hosts ask for one name: the rules are asked once.
    if (named.name !== judged) judge.judgeName(q, named.name);
    judged = named.name;
    if (q.rule < 0) carriesOthers = true;
    if (!isConfirmed(named, judge, host, q.startSec)) continue;
    if (rule < 0) rule = q.rule;
    if (expiredRule < 0) expiredRule = q.expiredRule;
  }
  return { rule, expiredRule: rule < 0 ? expiredRule : -1, carriesOthers };
}

/** Whether the answer that gave the name confirms it for a flow of `host` that began at `startSec`. */
export function isConfirmed(named: NamedAddress, judge: Judge, host: Host, startSec: number): boolean {
  // What is answered well again does not mend what was begun on an answer that another contradicted since.
  const isDoubted = named.ambiguous || named.doubtedSec >= startSec;
  const isEarlier = named.sinceSec <= startSec + OVERTAKE_SEC;
  return named.approved && isEarlier && !isDoubted && isFor(named, judge, host);
}
