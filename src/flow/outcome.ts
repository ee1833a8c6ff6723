import { PROTO_TCP } from "../decode/protocols.ts";
import {
  BYTES_A,
  BYTES_B,
  ESTABLISHED,
  FLAGS,
  ICMP_REFUSED,
  INITIATOR_B,
  PACKETS_A,
  PACKETS_B,
  PROTO,
  QUIC_CONNECTED,
  QUIC_DATA_A,
  QUIC_DATA_B,
  ROW_DOUBLES,
  ROW_WORDS,
  RST_A,
  RST_B,
  SYN_ACK_SEEN,
  SYN_SEEN,
} from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";

/** The outcome ladder of DESIGN section 3, in ascending order: the worst seen wins. */
export const OUTCOMES = ["named", "attempted", "refused", "answered", "connected", "transferred"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const NAMED = 0;
export const ATTEMPTED = 1;
export const REFUSED = 2;
export const ANSWERED = 3;
export const CONNECTED = 4;
export const TRANSFERRED = 5;

/** How far a flow came, as an index into OUTCOMES. `insideIsB`: which end's payload counts as leaving. */
export function flowOutcome(table: FlowTable, row: number, insideIsB: boolean): number {
  const w = row * ROW_WORDS;
  const words = table.words;
  const initiatorIsB = (words[w + FLAGS] & INITIATOR_B) !== 0;
  const answers = words[w + (initiatorIsB ? PACKETS_A : PACKETS_B)];
  if ((words[w + PROTO] & 0xff) !== PROTO_TCP) {
    // An unsolicited reply is a reply all the same: nothing from the initiator was seen, but it was answered.
    if ((words[w + FLAGS] & QUIC_CONNECTED) !== 0) return quicOutcome(words[w + FLAGS], insideIsB);
    if (answers > 0) return ANSWERED;
    return (words[w + FLAGS] & ICMP_REFUSED) !== 0 ? REFUSED : ATTEMPTED;
  }
  const left = table.doubles[row * ROW_DOUBLES + (insideIsB ? BYTES_B : BYTES_A)];
  return tcpOutcome(words[w + FLAGS], initiatorIsB, answers, left);
}

/** Keys for what a short header protects exist once the handshake is done (RFC 9001 §4.1.4). */
function quicOutcome(flags: number, insideIsB: boolean): number {
  return (flags & (insideIsB ? QUIC_DATA_B : QUIC_DATA_A)) !== 0 ? TRANSFERRED : CONNECTED;
}

function tcpOutcome(flags: number, initiatorIsB: boolean, answers: number, left: number): number {
  const refused = (flags & (initiatorIsB ? RST_A : RST_B)) !== 0;
  // Without its SYN a flow was open before the capture began: data from either end proves the handshake.
  const midFlow = (flags & (SYN_SEEN | SYN_ACK_SEEN)) === 0;
  if ((flags & ESTABLISHED) !== 0 || (midFlow && left > 0)) return left > 0 ? TRANSFERRED : CONNECTED;
  if (midFlow && answers > 0 && !refused) return CONNECTED;
  if (refused || (flags & ICMP_REFUSED) !== 0) return REFUSED;
  // A SYN-ACK that was never acknowledged: the outside answered, the handshake is not done.
  return (flags & SYN_ACK_SEEN) !== 0 ? ANSWERED : ATTEMPTED;
}
