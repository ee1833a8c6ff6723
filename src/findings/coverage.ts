import { NOTES } from "../decode/note.ts";
import { STATUSES } from "../decode/status.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { TROUBLES, type TroubleCounts } from "./troubles.ts";
import { serviceText, type Witness } from "./witness.ts";

/** More than this share of acknowledged octets unseen is loss that could hide something. */
const MAX_UNSEEN_SHARE = 0.001;
/** More than this share of inside conversations in one direction alone is a one-sided mirror. */
const MAX_ONE_WAY_SHARE = 0.05;

/** Counters, by stable name, that keep a run without findings from being clean, and what each means. */
export const BLIND_COUNTERS: ReadonlyMap<string, string> = new Map(
  [...STATUSES, ...NOTES, ...Object.entries(TROUBLES).map(([name, trouble]) => ({ name, ...trouble }))]
    .filter(({ effect }) => effect === "blind")
    .map(({ name, meaning }) => [name, meaning]),
);

/** An input as far as it bears on what could be seen. */
export interface InputCoverage {
  readonly path: string;
  readonly packets: number;
  readonly dropped: number;
  readonly filtered: boolean;
  /** Why the input could not be read to its end, null when it could. */
  readonly damage: string | null;
}

/** Everything that is known of what the sensor could see. */
export interface CoverageFacts {
  readonly inputs: readonly InputCoverage[];
  /** Frames by status and notes by bit (see decode/status.ts). */
  readonly statusCounts: ArrayLike<number>;
  readonly noteCounts: ArrayLike<number>;
  readonly troubles: TroubleCounts;
  readonly witness: Witness;
  readonly dnsAsked: number;
  readonly dnsAnswered: number;
  /** TCP octets acknowledged that were never seen. */
  readonly tcpUnseen: number;
  /** Packet time covered, and the longest time without a packet. */
  readonly windowSec: number;
  readonly longestGapSec: number;
  /** The run was stopped before the end of its input. */
  readonly interrupted: boolean;
}

/** Why a run without findings is not clean: each a stable name, a colon and a sentence. */
export function blindReasons(facts: CoverageFacts, policy: EnclavePolicy): string[] {
  return [
    ...inputReasons(facts),
    ...decodeReasons(facts),
    ...troubleReasons(facts.troubles),
    ...witnessReasons(facts),
    ...statedReasons(facts, policy),
  ];
}

/** Reasons that a single frame gives, by name: it was not decoded, or only in part. */
export const FRAME_REASONS: ReadonlySet<string> = new Set(
  [...STATUSES, ...NOTES].filter(({ effect }) => effect === "blind").map(({ name }) => name),
);

/** How often something may have hidden a destination so far: for saying when it happened. */
export function blindEvents({ statusCounts, noteCounts, troubles }: CoverageFacts): number {
  let events = 0;
  for (const [i, { effect }] of STATUSES.entries()) if (effect === "blind") events += statusCounts[i];
  for (const [i, { effect }] of NOTES.entries()) if (effect === "blind") events += noteCounts[i];
  for (const [name, count] of troubles.all()) if (TROUBLES[name]?.effect === "blind") events += count;
  return events;
}

function inputReasons(facts: CoverageFacts): string[] {
  const reasons: string[] = [];
  const packets = facts.inputs.reduce((sum, input) => sum + input.packets, 0);
  if (packets === 0) reasons.push("capture.empty: no packet was seen");
  if (facts.interrupted) reasons.push("capture.interrupted: stopped before the end of the input");
  for (const { path, dropped, filtered, damage } of facts.inputs) {
    if (damage !== null) reasons.push(`capture.incomplete: ${path}: ${damage}`);
    if (dropped > 0) reasons.push(`capture.drops: ${path}: the capturing side lost ${dropped} packets`);
    if (filtered) reasons.push(`capture.filtered: ${path}: captured through a filter`);
  }
  return reasons;
}

function decodeReasons(facts: CoverageFacts): string[] {
  const reasons: string[] = [];
  for (const [i, { name, effect, meaning }] of STATUSES.entries()) {
    if (effect === "blind" && facts.statusCounts[i] > 0) {
      reasons.push(`${name}: ${countOf(facts.statusCounts[i], "frame")}: ${meaning}`);
    }
  }
  for (const [i, { name, effect, meaning }] of NOTES.entries()) {
    if (effect === "blind" && facts.noteCounts[i] > 0) {
      reasons.push(`${name}: ${countOf(facts.noteCounts[i], "packet")}: ${meaning}`);
    }
  }
  return reasons;
}

function troubleReasons(troubles: TroubleCounts): string[] {
  const reasons: string[] = [];
  for (const [name, count] of troubles.all()) {
    const trouble = TROUBLES[name];
    if (trouble?.effect === "blind") reasons.push(`${name}: ${count} times: ${trouble.meaning}`);
  }
  return reasons;
}

function witnessReasons({ witness, dnsAsked, dnsAnswered, tcpUnseen }: CoverageFacts): string[] {
  const reasons: string[] = [];
  if (witness.insideFlows === 0) {
    reasons.push(
      "sensor.no_inside: no conversation of an inside host was seen; is this the right mirror port?",
    );
  }
  if (tcpUnseen > MAX_UNSEEN_SHARE * witness.tcpBytes) {
    const share = ((100 * tcpUnseen) / Math.max(1, witness.tcpBytes)).toFixed(1);
    reasons.push(
      `sensor.tcp_gaps: ${tcpUnseen} octets (${share} %) of TCP data were acknowledged but never seen`,
    );
  }
  const oneWay = witness.tcpOneWay + dnsAsked - dnsAnswered;
  const all = witness.tcpOneWay + witness.tcpBothWays + dnsAsked;
  if (oneWay > MAX_ONE_WAY_SHARE * all) {
    reasons.push(`sensor.one_sided: ${oneWay} of ${all} inside conversations show one direction only`);
  }
  return reasons;
}

/** Limits that the enclave file states. */
function statedReasons(facts: CoverageFacts, policy: EnclavePolicy): string[] {
  const reasons: string[] = [];
  const { maxGapSec, minWindowSec } = policy.coverage;
  if (maxGapSec !== null && facts.longestGapSec > maxGapSec) {
    reasons.push(
      `sensor.gap: ${facts.longestGapSec} s without a packet, the enclave file allows ${maxGapSec} s`,
    );
  }
  if (minWindowSec !== null && facts.windowSec < minWindowSec) {
    const seconds = Math.floor(facts.windowSec);
    reasons.push(`sensor.window_short: ${seconds} s were seen, the enclave file demands ${minWindowSec} s`);
  }
  for (const { name, mustBeSeen } of policy.hosts) {
    if (mustBeSeen && !facts.witness.hostsSeen.has(name)) {
      reasons.push(`sensor.host_unseen: ${name} must be seen and was not`);
    }
  }
  for (const service of policy.services) {
    if (service.mustBeUsed && !facts.witness.servicesUsed.has(serviceText(service))) {
      reasons.push(`service.unused: the ${service.role} service must be used and was not`);
    }
  }
  return reasons;
}

/** All counters by stable name; those of the decoder are there also when they are zero. */
export function coverageCounters(facts: CoverageFacts): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const [i, { name }] of STATUSES.entries()) counters[name] = facts.statusCounts[i];
  for (const [i, { name }] of NOTES.entries()) counters[name] = facts.noteCounts[i];
  for (const name of Object.keys(TROUBLES)) counters[name] = facts.troubles.get(name);
  for (const [name, count] of facts.troubles.all()) counters[name] = count;
  counters["capture.dropped"] = facts.inputs.reduce((sum, input) => sum + input.dropped, 0);
  counters["inside.flows"] = facts.witness.insideFlows;
  counters["inside.tcp_both_ways"] = facts.witness.tcpBothWays;
  counters["inside.tcp_one_way"] = facts.witness.tcpOneWay;
  counters["inside.dns_asked"] = facts.dnsAsked;
  counters["inside.dns_answered"] = facts.dnsAnswered;
  counters["tcp.unseen_bytes"] = facts.tcpUnseen;
  counters["tcp.bytes"] = facts.witness.tcpBytes;
  const sorted: Record<string, number> = {};
  for (const name of Object.keys(counters).sort()) sorted[name] = counters[name];
  return sorted;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
