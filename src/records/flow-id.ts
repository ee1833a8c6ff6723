import { hash } from "node:crypto";
import { ADDR_A, FIRST_NSEC, FIRST_SEC, PROTO, ROW_DOUBLES, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";

/** Two addresses, the ports and the protocol stand together in a row. */
const TUPLE_WORDS = PROTO + 1 - ADDR_A;
const key = Buffer.alloc(TUPLE_WORDS * 4 + 12);
/** 52 bits: JSON readers keep integers exact below 2^53. */
const HEX_DIGITS = 13;

/**
 * Number of a flow, by its 5-tuple and the time of its first packet alone: the same in every run and for
 * every record of the flow.
 */
export function flowId(table: FlowTable, row: number): number {
  const w = row * ROW_WORDS;
  let at = 0;
  for (let i = 0; i < TUPLE_WORDS; i++) at = key.writeInt32BE(table.words[w + ADDR_A + i], at);
  at = key.writeDoubleBE(table.doubles[row * ROW_DOUBLES + FIRST_SEC], at);
  key.writeInt32BE(table.words[w + FIRST_NSEC], at);
  return Number.parseInt(hash("sha1", key, "hex").slice(0, HEX_DIGITS), 16);
}
