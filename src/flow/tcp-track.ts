import type { Packet } from "../decode/packet.ts";
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from "../decode/tcp.ts";
import {
  ACK_A,
  ACK_A_SET,
  BYTES_A,
  CONFIDENCE_HANDSHAKE,
  CONFIDENCE_MASK,
  ESTABLISHED,
  FIN_A,
  FLAGS,
  HAS_HOLES,
  INITIATOR_B,
  ISN,
  NUMBERED,
  ROW_DOUBLES,
  ROW_WORDS,
  RST_A,
  SEQ_A,
  SEQ_A_SET,
  SYN_ACK_SEEN,
  SYN_SEEN,
} from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";
import type { TcpGaps } from "./tcp-gaps.ts";

/**
 * A forward jump beyond any window in use (RFC 7323 allows 2^30) is no gap by itself: it may be junk that its receiver
 * ignores, or an acknowledgement of an older connection (RFC 9293 §3.5.1). It is one where both ends show it, or where
 * acknowledgements go on from there.
 */
const MAX_JUMP = 1 << 24;

/** From here on sequence numbers say no longer what came before the SYN. */
const MAX_TOLD = 2 ** 31;

/**
 * Takes the segment that most are: of an open connection, next in order, acknowledging only what was
 * seen. Returns false, and takes nothing, when it is another one. Must leave what `trackTcp` would.
 */
export function trackInOrder(
  words: Int32Array,
  doubles: Float64Array,
  row: number,
  direction: number,
  pkt: Packet,
): boolean {
  const w = row * ROW_WORDS;
  const bits = words[w + FLAGS];
  if ((pkt.tcpFlags & (TCP_SYN | TCP_RST | TCP_FIN | TCP_ACK)) !== TCP_ACK) return false;
  if ((bits & (NUMBERED | ESTABLISHED | HAS_HOLES)) !== (NUMBERED | ESTABLISHED)) return false;
  const ack = pkt.tcpAck;
  if (words[w + SEQ_A + direction] !== pkt.tcpSeq) return false;
  if (((ack - words[w + SEQ_A + 1 - direction]) | 0) > 0) return false;
  if (((ack - words[w + ACK_A + direction]) | 0) > 0) words[w + ACK_A + direction] = ack;
  const len = pkt.payloadLen;
  if (len > 0) {
    words[w + SEQ_A + direction] = (pkt.tcpSeq + len) | 0;
    doubles[row * ROW_DOUBLES + BYTES_A + direction] += len;
  }
  return true;
}

/** Takes one TCP segment of a live flow into its row: handshake, sequence ranges, acknowledgements. */
export function trackTcp(table: FlowTable, gaps: TcpGaps, row: number, direction: number, pkt: Packet): void {
  const w = row * ROW_WORDS;
  const flags = pkt.tcpFlags;
  if ((flags & TCP_SYN) !== 0) trackSyn(table, row, direction, pkt);
  else if ((flags & TCP_RST) !== 0) trackRst(table, w, direction, pkt);
  else if ((flags & TCP_ACK) !== 0) {
    const bits = table.words[w + FLAGS];
    const fromInitiator = ((bits & INITIATOR_B) !== 0) === (direction === 1);
    if (fromInitiator && (bits & (SYN_SEEN | SYN_ACK_SEEN)) !== 0)
      table.words[w + FLAGS] = bits | ESTABLISHED;
    trackAck(table, gaps, row, direction, pkt.tcpAck);
  }
  if (pkt.payloadLen > 0 || (flags & TCP_FIN) !== 0) trackData(table, gaps, row, direction, pkt);
  if ((flags & TCP_FIN) !== 0) table.words[w + FLAGS] |= FIN_A << direction;
}

function trackRst(table: FlowTable, w: number, direction: number, pkt: Packet): void {
  const words = table.words;
  words[w + FLAGS] |= RST_A << direction;
  // A refusal that overtook the SYN tells its number: the SYN then belongs to this flow.
  const isFirst = (words[w + FLAGS] & (SEQ_A_SET << (1 - direction))) === 0;
  if (!isFirst || (pkt.tcpFlags & TCP_ACK) === 0) return;
  words[w + ACK_A + direction] = pkt.tcpAck;
  words[w + FLAGS] |= ACK_A_SET << direction;
}

function trackSyn(table: FlowTable, row: number, direction: number, pkt: Packet): void {
  const words = table.words;
  const w = row * ROW_WORDS;
  const isAnswer = (pkt.tcpFlags & TCP_ACK) !== 0;
  // A copy or a retry that comes after data must not wind the numbering back. Data in a SYN (RFC 7413)
  // has left, whether it is taken or has to be sent again.
  if ((words[w + FLAGS] & (SEQ_A_SET << direction)) === 0) {
    words[w + SEQ_A + direction] = (pkt.tcpSeq + 1 + pkt.payloadLen) | 0;
    table.doubles[row * ROW_DOUBLES + BYTES_A + direction] += pkt.payloadLen;
  }
  let bits = words[w + FLAGS] | (SEQ_A_SET << direction);
  if (isAnswer && (bits & SYN_SEEN) !== 0) {
    // Who asked is known, and cannot become the one who was asked by sending a SYN-ACK too.
    const fromInitiator = ((bits & INITIATOR_B) !== 0) === (direction === 1);
    words[w + FLAGS] = fromInitiator ? bits : bits | SYN_ACK_SEEN;
    return;
  }
  const isCrossing = !isAnswer && (bits & SYN_SEEN) !== 0 && words[w + ISN] !== pkt.tcpSeq;
  if (isCrossing) {
    words[w + FLAGS] = bits; // who asked first stays the initiator
    return;
  }
  bits |= isAnswer ? SYN_ACK_SEEN : SYN_SEEN;
  bits = (bits & ~(CONFIDENCE_MASK | INITIATOR_B)) | CONFIDENCE_HANDSHAKE;
  if (isAnswer === (direction === 0)) bits |= INITIATOR_B;
  words[w + FLAGS] = bits;
  words[w + ISN] = isAnswer ? (pkt.tcpAck - 1) | 0 : pkt.tcpSeq;
}

/** The highest acknowledgement; what it covers beyond the data seen was sent, but not seen. */
function trackAck(table: FlowTable, gaps: TcpGaps, row: number, direction: number, ack: number): void {
  const words = table.words;
  const w = row * ROW_WORDS;
  const bits = words[w + FLAGS];
  const ackSet = ACK_A_SET << direction;
  const before = words[w + ACK_A + direction];
  if ((bits & ackSet) === 0 || ((ack - before) | 0) > 0) {
    words[w + ACK_A + direction] = ack;
    words[w + FLAGS] = bits | ackSet;
  }
  const other = 1 - direction;
  if ((bits & (SEQ_A_SET << other)) === 0) {
    // Of a direction that is not seen, the SYN-ACK told where it begins; else what came before this counts for nothing.
    const isAsker = ((bits & INITIATOR_B) !== 0) === (other === 1);
    words[w + SEQ_A + other] = isAsker && (bits & SYN_ACK_SEEN) !== 0 ? (words[w + ISN] + 1) | 0 : ack;
    words[w + FLAGS] |= SEQ_A_SET << other;
  }
  if (((ack - words[w + SEQ_A + other]) | 0) > MAX_JUMP) skipTo(table, gaps, row, other, ack);
  const seen = words[w + SEQ_A + other];
  const ahead = (ack - seen) | 0;
  if (ahead <= 0) return;
  if (ahead > MAX_JUMP) {
    const step = (ack - before) | 0;
    const goesOn = (bits & ackSet) !== 0 && ((before - seen) | 0) > MAX_JUMP;
    if (!goesOn || step <= 0 || step > MAX_JUMP) return;
  }
  words[w + SEQ_A + other] = ack;
  // The last octet may be an unseen FIN: too little to tell, and too little to matter.
  table.doubles[row * ROW_DOUBLES + BYTES_A + other] += ahead;
  gaps.open(table, row, other, seen, ack);
}

/** Where data came beyond a jump and are acknowledged by `ack`, all before them was not seen. */
function skipTo(table: FlowTable, gaps: TcpGaps, row: number, direction: number, ack: number): void {
  const far = gaps.takeFar(row, direction, ack, MAX_JUMP);
  if (far === null) return;
  const at = row * ROW_WORDS + SEQ_A + direction;
  const next = table.words[at];
  table.words[at] = far.to;
  table.doubles[row * ROW_DOUBLES + BYTES_A + direction] += (far.from - next) | 0;
  gaps.open(table, row, direction, next, far.from);
}

/** Data beyond a jump, whose acknowledgement may have come first. */
function trackFar(table: FlowTable, gaps: TcpGaps, row: number, direction: number, pkt: Packet): void {
  const w = row * ROW_WORDS;
  const to = (pkt.tcpSeq + pkt.payloadLen) | 0;
  const added = gaps.addFar(table, row, direction, pkt.tcpSeq, to, MAX_JUMP);
  table.doubles[row * ROW_DOUBLES + BYTES_A + direction] += added;
  const acker = 1 - direction;
  if ((table.words[w + FLAGS] & (ACK_A_SET << acker)) === 0) return;
  const acked = table.words[w + ACK_A + acker];
  if (((acked - table.words[w + SEQ_A + direction]) | 0) > MAX_JUMP)
    skipTo(table, gaps, row, direction, acked);
}

function trackData(table: FlowTable, gaps: TcpGaps, row: number, direction: number, pkt: Packet): void {
  const words = table.words;
  const w = row * ROW_WORDS;
  const bytes = row * ROW_DOUBLES + BYTES_A + direction;
  if ((pkt.tcpFlags & TCP_SYN) !== 0) return;
  const fin = (pkt.tcpFlags & TCP_FIN) !== 0 ? 1 : 0;
  const end = (pkt.tcpSeq + pkt.payloadLen + fin) | 0;
  const seqSet = SEQ_A_SET << direction;
  if ((words[w + FLAGS] & seqSet) === 0) {
    words[w + FLAGS] |= seqSet;
    words[w + SEQ_A + direction] = end;
    table.doubles[bytes] += pkt.payloadLen;
    return;
  }
  const next = words[w + SEQ_A + direction];
  const ahead = (end - next) | 0;
  if (ahead <= 0) {
    // Its acknowledgement came first and was taken for one of data.
    const isLateFin = fin === 1 && ahead === 0 && (words[w + FLAGS] & (FIN_A << direction)) === 0;
    if (isLateFin && table.doubles[bytes] > 0) table.doubles[bytes]--;
    if (isBeforeSyn(words, w, direction, pkt) && table.doubles[bytes] < MAX_TOLD) {
      table.doubles[bytes] += pkt.payloadLen;
    }
    if ((words[w + FLAGS] & HAS_HOLES) !== 0) gaps.fill(row, direction, pkt.tcpSeq, end);
    return;
  }
  const gap = (pkt.tcpSeq - next) | 0;
  if (gap > MAX_JUMP) {
    trackFar(table, gaps, row, direction, pkt);
    return;
  }
  words[w + SEQ_A + direction] = end;
  table.doubles[bytes] += ahead - fin;
  if (gap > 0) gaps.open(table, row, direction, next, pkt.tcpSeq);
  else if ((words[w + FLAGS] & HAS_HOLES) !== 0) gaps.fill(row, direction, pkt.tcpSeq, end);
}

/**
 * Data before the initiator's first octet is no retry. A SYN with a false number, which the responder
 * ignores, would make all that follows look like one. A keep-alive probe is a single octet before it.
 */
function isBeforeSyn(words: Int32Array, w: number, direction: number, pkt: Packet): boolean {
  const bits = words[w + FLAGS];
  if ((bits & (SYN_SEEN | SYN_ACK_SEEN)) === 0) return false;
  if (((bits & INITIATOR_B) !== 0) !== (direction === 1)) return false;
  return pkt.payloadLen > 1 && ((pkt.tcpSeq - words[w + ISN] - 1) | 0) < 0;
}
