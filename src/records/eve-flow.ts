import { PROTO_TCP } from "../decode/protocols.ts";
import {
  BYTES_A,
  CONFIDENCE_MASK,
  ESTABLISHED,
  FIN_A,
  FIN_B,
  FLAGS,
  JUDGED,
  JUDGED_FINDING,
  PACKETS_A,
  PACKETS_B,
  ROW_DOUBLES,
  ROW_WORDS,
  RST_A,
  RST_B,
  SYN_ACK_SEEN,
  SYN_SEEN,
  WIRE_A,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { type End, firstMoment, lastMoment, protoOf } from "../flow/flow-view.ts";
import { eveTime } from "./eve-time.ts";

/** By the flow's confidence bits. */
const INITIATOR_BY = ["unknown", "port", "protocol", "handshake"] as const;

/** `flow` of a flow that is over. Bytes are those on the wire, link header included, as Suricata counts them. */
export function flowObject(table: FlowTable, row: number, client: End): object {
  const w = row * ROW_WORDS;
  const d = row * ROW_DOUBLES;
  const server: End = client === 0 ? 1 : 0;
  const first = firstMoment(table, row);
  const last = lastMoment(table, row);
  return {
    pkts_toserver: table.words[w + PACKETS_A + client],
    pkts_toclient: table.words[w + PACKETS_A + server],
    bytes_toserver: table.doubles[d + WIRE_A + client],
    bytes_toclient: table.doubles[d + WIRE_A + server],
    start: eveTime(first),
    end: eveTime(last),
    age: last.sec - first.sec,
    state: stateOf(table, row),
    alerted: table.words[w + JUDGED] === JUDGED_FINDING,
  };
}

/** How the initiator was told, and payload by sequence range: copies and retries count once. */
export function flowDetail(table: FlowTable, row: number, client: End): object {
  const d = row * ROW_DOUBLES + BYTES_A;
  return {
    initiator: INITIATOR_BY[table.words[row * ROW_WORDS + FLAGS] & CONFIDENCE_MASK],
    payload_toserver: table.doubles[d + client],
    payload_toclient: table.doubles[d + 1 - client],
  };
}

/** `new` until both ends have spoken (TCP: shaken hands), `closed` after FIN from both or RST from one. */
function stateOf(table: FlowTable, row: number): "new" | "established" | "closed" {
  const w = row * ROW_WORDS;
  const flags = table.words[w + FLAGS];
  const bothWays = table.words[w + PACKETS_A] > 0 && table.words[w + PACKETS_B] > 0;
  if (protoOf(table, row) !== PROTO_TCP) return bothWays ? "established" : "new";
  if ((flags & (RST_A | RST_B)) !== 0 || (flags & (FIN_A | FIN_B)) === (FIN_A | FIN_B)) return "closed";
  const midFlow = (flags & (SYN_SEEN | SYN_ACK_SEEN)) === 0;
  return (flags & ESTABLISHED) !== 0 || (midFlow && bothWays) ? "established" : "new";
}
