import { protocolName } from "../decode/protocols.ts";
import {
  BYTES_A,
  JUDGED,
  JUDGED_ALLOWED,
  JUDGED_FINDING,
  JUDGED_PENDING,
  JUDGED_REF,
  LAST_SEC,
  PACKETS_A,
  PACKETS_B,
  ROW_DOUBLES,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import {
  addressOf,
  classOf,
  type End,
  firstMoment,
  initiatorOf,
  lastMoment,
  portOf,
  protoOf,
} from "../flow/flow-view.ts";
import { flowOutcome, OUTCOMES } from "../flow/outcome.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { Moment } from "./finding.ts";
import { innerEndOf } from "./flow-ends.ts";
import type { Ledger } from "./ledger.ts";

/** An open flow. */
export interface OpenFlow {
  readonly source: string;
  readonly sourceName: string | null;
  /** The finding's name for it, the inventory's, or the address. */
  readonly destination: string;
  readonly address: string;
  readonly port: number;
  readonly proto: string;
  readonly outside: boolean;
  readonly outcome: string;
  /** "finding", "allowed by RULE", "pending", or "" where there is nothing to judge. */
  readonly judged: string;
  readonly packets: number;
  /** From inside to outside and back; of inside flows from the initiator and back. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly first: Moment;
  readonly last: Moment;
}

/** Rows that are looked through at once: 40 MB of a table that may have 700. */
const MAX_ROWS = 1 << 18;
/** Rows of one sort that are kept while looking. */
const MAX_FOUND = 4096;

/** Open flows: toward outside first, then the latest; `limit` of them. */
export function openFlows(table: FlowTable, judge: Judge, ledger: Ledger, limit: number): OpenFlow[] {
  const outside: number[] = [];
  const inside: number[] = [];
  for (let row = table.rowsUsed - 1, seen = 0; row >= 0 && seen < MAX_ROWS; row--, seen++) {
    if (!table.isLive(row)) continue;
    const list = isOutside(table, row) ? outside : inside;
    if (list.length < MAX_FOUND) list.push(row);
  }
  const latest = (a: number, b: number): number =>
    table.doubles[b * ROW_DOUBLES + LAST_SEC] - table.doubles[a * ROW_DOUBLES + LAST_SEC] || a - b;
  const rows = [...outside.sort(latest), ...inside.sort(latest)].slice(0, limit);
  return rows.map((row) => openFlow(table, judge, ledger, row));
}

function isOutside(table: FlowTable, row: number): boolean {
  return classOf(table, row, 0) === OUTSIDE || classOf(table, row, 1) === OUTSIDE;
}

function openFlow(table: FlowTable, judge: Judge, ledger: Ledger, row: number): OpenFlow {
  const source = initiatorOf(table, row);
  const target: End = source === 0 ? 1 : 0;
  const inner = innerEndOf(table, row);
  const w = row * ROW_WORDS;
  const bytes = row * ROW_DOUBLES + BYTES_A;
  const judged = table.words[w + JUDGED];
  const ref = table.words[w + JUDGED_REF];
  const from = addressOf(table, row, source);
  const to = addressOf(table, row, target);
  const address = formatAddress(to);
  const named = judged === JUDGED_FINDING ? ledger.get(ref).name : judge.hostName(...to);
  return {
    source: formatAddress(from),
    sourceName: judge.hostName(...from),
    destination: named ?? address,
    address,
    port: portOf(table, row, target),
    proto: protocolName(protoOf(table, row)),
    outside: isOutside(table, row),
    outcome: OUTCOMES[flowOutcome(table, row, inner === 1)],
    judged: judgedText(judged, judge.policy.rules[ref]?.id ?? ""),
    packets: table.words[w + PACKETS_A] + table.words[w + PACKETS_B],
    bytesOut: table.doubles[bytes + inner],
    bytesIn: table.doubles[bytes + 1 - inner],
    first: firstMoment(table, row),
    last: lastMoment(table, row),
  };
}

function judgedText(judged: number, rule: string): string {
  if (judged === JUDGED_FINDING) return "finding";
  if (judged === JUDGED_ALLOWED) return `allowed: ${rule}`;
  return judged === JUDGED_PENDING ? "pending" : "";
}
