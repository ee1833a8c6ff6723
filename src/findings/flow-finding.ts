import { hasPorts, PROTO_ICMP, PROTO_ICMPV6, protocolName } from "../decode/protocols.ts";
import {
  BUDGETED,
  FLAGS,
  ICMP_VLAN,
  JUDGED,
  JUDGED_FINDING,
  JUDGED_REF,
  PORTS,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, initiatorOf, lastMoment, portOf, protoOf } from "../flow/flow-view.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { FindingSubject, IcmpKind, NameEvidence } from "./finding.ts";
import type { FindingKind } from "./finding-kinds.ts";
import type { Ledger } from "./ledger.ts";

/** What a flow is told apart by as a finding of this kind. */
export function flowSubject(
  table: FlowTable,
  row: number,
  kind: FindingKind,
  name: string | null,
  evidence: NameEvidence,
  rule: string | null,
): FindingSubject {
  const initiator = initiatorOf(table, row);
  const responder: End = initiator === 0 ? 1 : 0;
  const proto = protoOf(table, row);
  return {
    kind,
    source: formatAddress(addressOf(table, row, initiator)),
    destination: name ?? formatAddress(addressOf(table, row, responder)),
    // Fragments without their first have no ports: both are 0, which no packet has.
    port:
      hasPorts(proto) && table.words[row * ROW_WORDS + PORTS] !== 0 ? portOf(table, row, responder) : null,
    proto: protocolName(proto),
    name,
    evidence,
    rule,
  };
}

/** The flow is a finding from now on. What it was found as before moves along. */
export function openFlowFinding(
  table: FlowTable,
  ledger: Ledger,
  row: number,
  kind: FindingKind,
  name: string | null,
  evidence: NameEvidence,
  rule: string | null,
): void {
  const words = table.words;
  const w = row * ROW_WORDS;
  const before = words[w + JUDGED] === JUDGED_FINDING ? words[w + JUDGED_REF] : null;
  const subject = flowSubject(table, row, kind, name, evidence, rule);
  const handle = ledger.open(subject, lastMoment(table, row));
  const icmp = icmpOf(words[w + ICMP_VLAN], protoOf(table, row));
  if (icmp !== null) ledger.get(handle).icmp ??= icmp;
  if (before !== null) ledger.moved(before, handle);
  words[w + JUDGED] = JUDGED_FINDING;
  words[w + JUDGED_REF] = handle;
  words[w + FLAGS] &= ~BUDGETED;
}

/** Of a packet whose ICMP header was cut off before its type. */
const NO_ICMP_TYPE = 0xff;

function icmpOf(word: number, proto: number): IcmpKind | null {
  if (proto !== PROTO_ICMP && proto !== PROTO_ICMPV6) return null;
  const type = (word >>> 8) & 0xff;
  return type === NO_ICMP_TYPE ? null : { type, code: word & 0xff };
}
