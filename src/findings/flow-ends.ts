import { ADDR_A, ADDR_B, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { classOf, type End, firstMoment, initiatorOf, portOf, protoOf } from "../flow/flow-view.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import type { FlowQuestion } from "../policy/judge.ts";
import { IN, OUT } from "../policy/policy.ts";

/** Exactly one end of the flow is outside. */
export function crossesBoundary(table: FlowTable, row: number): boolean {
  return (classOf(table, row, 0) === OUTSIDE) !== (classOf(table, row, 1) === OUTSIDE);
}

/** The end that is not outside; the initiator where there is none, or two. */
export function innerEndOf(table: FlowTable, row: number): End {
  if (!crossesBoundary(table, row)) return initiatorOf(table, row);
  return classOf(table, row, 0) === OUTSIDE ? 1 : 0;
}

/** Fills the policy's question about a flow whose inside party is `inner`. */
export function askAbout(table: FlowTable, row: number, inner: End, q: FlowQuestion): void {
  const words = table.words;
  const i = row * ROW_WORDS + (inner === 0 ? ADDR_A : ADDR_B);
  const o = row * ROW_WORDS + (inner === 0 ? ADDR_B : ADDR_A);
  q.i0 = words[i];
  q.i1 = words[i + 1];
  q.i2 = words[i + 2];
  q.i3 = words[i + 3];
  q.o0 = words[o];
  q.o1 = words[o + 1];
  q.o2 = words[o + 2];
  q.o3 = words[o + 3];
  const initiator = initiatorOf(table, row);
  q.direction = initiator === inner ? OUT : IN;
  q.proto = protoOf(table, row);
  q.responderPort = portOf(table, row, initiator === 0 ? 1 : 0);
  q.startSec = firstMoment(table, row).sec;
}
