import type { Packet } from "../decode/packet.ts";
import { PROTO_TCP, PROTO_UDP } from "../decode/protocols.ts";
import { TCP_ACK, TCP_SYN } from "../decode/tcp.ts";
import { initiatorByFirstPacket } from "./direction.ts";
import {
  ACK_A,
  ACK_A_SET,
  ATTEMPTS,
  BYTES_A,
  ESTABLISHED,
  FIN_A,
  FIN_B,
  FIRST_NSEC,
  FIRST_SEC,
  FLAGS,
  GATE_OPEN,
  HAS_HOLES,
  ICMP_VLAN,
  INITIATOR_B,
  ISN,
  LAST_NSEC,
  LAST_SEC,
  MARK_A,
  PACKETS_A,
  PROTO,
  ROW_DOUBLES,
  ROW_WORDS,
  RST_A,
  RST_B,
  SEQ_A,
  SEQ_A_SET,
  SYN_ACK_SEEN,
  SYN_SEEN,
  UNSEEN,
  WIRE_A,
} from "./flow-row.ts";
import { FlowTable, NO_ROW } from "./flow-table.ts";
import { TcpGaps } from "./tcp-gaps.ts";
import { trackInOrder, trackTcp } from "./tcp-track.ts";

// Idle timeouts in seconds of packet time. An open connection may rest for hours and still be the one
// that a name rule allowed, so it is kept long; the cap on rows bounds the memory.
const TCP_OPEN_IDLE_SEC = 86_400;
const TCP_OPENING_IDLE_SEC = 120;
const TCP_CLOSED_IDLE_SEC = 60;
const OTHER_IDLE_SEC = 180;
const SHORTEST_IDLE_SEC = TCP_CLOSED_IDLE_SEC;

/** Copies made by a mirror follow within this time; a host's own retry takes longer. */
const COPY_WITHIN_SEC = 1;

/** SYNs that cross have been on their way at the same time. */
const CROSSING_WITHIN_SEC = 1;

/** Octets by which reordering may put a SYN-ACK beside what was seen of its direction. */
const NEAR_OCTETS = 1 << 16;
/** From here on sequence numbers say no longer what is behind what. */
const MAX_TOLD_OCTETS = 2 ** 31 - NEAR_OCTETS;

/** Rows looked at for timeouts after each second of packet time, at the least. */
const SWEEP_ROWS = 1024;

/** Rows looked at for one to give up when the table is full: a bound on what a packet of a flood costs. */
const EVICTION_LOOKS = 64;

/** Follows packets into flows. Feeds nobody by itself: the sensor asks and is told when a flow ends. */
export class FlowTracker {
  readonly table: FlowTable;
  readonly gaps = new TcpGaps();
  /** After `observe`: the packet opened its flow; it is a copy of the one before it. */
  isNew = false;
  isCopy = false;
  /** After `observe`: a handshake showed that the other end than was thought initiated the flow. */
  hasTurned = false;
  /** Flows ever opened; packets that found the table full; packets seen twice. */
  opened = 0;
  atCap = 0;
  copies = 0;

  private readonly ended: (row: number) => void;
  private sweepRow = 0;
  private evictRow = 0;
  private sweptSec = -Infinity;

  /** `ended` is called for each flow before its row is given back. */
  constructor(maxFlows: number, seed: number, ended: (row: number) => void) {
    this.table = new FlowTable(maxFlows, seed);
    this.ended = ended;
  }

  /** Takes a packet with addresses into its flow and returns the row, or NO_ROW when there is no room for it. */
  observe(pkt: Packet, sec: number, nsec: number, wireLen: number): number {
    const row = this.announce(pkt, sec, nsec);
    if (row !== NO_ROW) this.count(row, pkt, sec, nsec, wireLen);
    return row;
  }

  /** The row of the flow of a packet that is to come whole later; it is opened where there is none, and counts nothing. */
  announce(pkt: Packet, sec: number, nsec: number): number {
    const table = this.table;
    const hash = table.hashOf(pkt);
    let row = table.find(pkt, hash);
    this.isNew = false;
    this.hasTurned = false;
    const mayBeOver =
      row !== NO_ROW &&
      ((pkt.tcpFlags & TCP_SYN) !== 0 ||
        sec - table.doubles[row * ROW_DOUBLES + LAST_SEC] > SHORTEST_IDLE_SEC);
    if (mayBeOver && this.isOver(row, table.direction, pkt, sec)) {
      this.end(row);
      row = NO_ROW;
    }
    if (row === NO_ROW) {
      row = this.open(pkt, hash, sec, nsec);
    } else if ((table.words[row * ROW_WORDS + FLAGS] & UNSEEN) !== 0) {
      table.words[row * ROW_WORDS + FLAGS] &= ~UNSEEN;
      this.isNew = true;
      this.opened++;
    }
    return row;
  }

  /** The row of the flow of a packet that was sent, but not seen: it counts as a flow when another one comes. */
  announceUnseen(pkt: Packet, sec: number, nsec: number): number {
    const row = this.announce(pkt, sec, nsec);
    if (row !== NO_ROW && this.isNew) {
      this.table.words[row * ROW_WORDS + FLAGS] |= UNSEEN;
      this.opened--;
    }
    return row;
  }

  /** Frames of a packet that was counted, seen again. */
  countCopies(row: number, fromB: boolean, frames: number, wireLen: number): void {
    this.table.words[row * ROW_WORDS + PACKETS_A + (fromB ? 1 : 0)] += frames;
    this.table.doubles[row * ROW_DOUBLES + WIRE_A + (fromB ? 1 : 0)] += wireLen;
  }

  /** Gives up flows that have been idle for too long at `sec`. Cheap: part of the table at a time. */
  sweep(sec: number): void {
    if (sec - this.sweptSec < 1) return;
    this.sweptSec = sec;
    const table = this.table;
    let rows = Math.min(table.rowsUsed, Math.max(SWEEP_ROWS, table.rowsUsed >> 6));
    for (; rows > 0; rows--) {
      if (this.sweepRow >= table.rowsUsed) this.sweepRow = 0;
      const row = this.sweepRow++;
      const idleSec = sec - table.lastSec(row);
      // Most rows are looked at no further: the rest of them lies in other cache lines.
      if (idleSec <= SHORTEST_IDLE_SEC) continue;
      if (table.isLive(row) && idleSec > this.idleSec(row)) this.end(row);
    }
  }

  /** Ends every flow, in row order. */
  endAll(): void {
    for (let row = 0; row < this.table.rowsUsed; row++) if (this.table.isLive(row)) this.end(row);
  }

  private end(row: number): void {
    if ((this.table.words[row * ROW_WORDS + FLAGS] & HAS_HOLES) !== 0) this.gaps.close(this.table, row);
    this.ended(row);
    this.table.remove(row);
  }

  private open(pkt: Packet, hash: number, sec: number, nsec: number): number {
    let row = this.table.create(pkt, hash);
    if (row === NO_ROW) {
      this.atCap++;
      if (!this.makeRoom()) return NO_ROW;
      row = this.table.create(pkt, hash);
    }
    this.isNew = true;
    this.opened++;
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const gate = pkt.l4Proto === PROTO_TCP || pkt.l4Proto === PROTO_UDP ? GATE_OPEN : 0;
    words[w + FLAGS] = initiatorByFirstPacket(pkt) | gate;
    words[w + FIRST_NSEC] = nsec;
    words[w + LAST_NSEC] = nsec;
    words[w + ATTEMPTS] = 1;
    words[w + ICMP_VLAN] = ((pkt.vlan + 1) << 16) | ((pkt.icmpType & 0xff) << 8) | pkt.icmpCode;
    this.table.doubles[row * ROW_DOUBLES + FIRST_SEC] = sec;
    this.table.doubles[row * ROW_DOUBLES + LAST_SEC] = sec;
    return row;
  }

  /**
   * Ends a flow that nobody answered, for a new one: a flood of such flows must not keep an attempt from
   * being judged. Conversations stay, for a rule may have allowed them by what is over. False when none is near.
   */
  private makeRoom(): boolean {
    const { words, rowsUsed } = this.table;
    for (let looks = Math.min(rowsUsed, EVICTION_LOOKS); looks > 0; looks--) {
      if (this.evictRow >= rowsUsed) this.evictRow = 0;
      const row = this.evictRow++;
      const w = row * ROW_WORDS;
      if (words[w + PACKETS_A] !== 0 && words[w + PACKETS_A + 1] !== 0) continue;
      this.end(row);
      return true;
    }
    return false;
  }

  private count(row: number, pkt: Packet, sec: number, nsec: number, wireLen: number): void {
    const words = this.table.words;
    const doubles = this.table.doubles;
    const w = row * ROW_WORDS;
    const d = row * ROW_DOUBLES;
    const direction = this.table.direction;
    const mark = (pkt.ipMark | (pkt.l4Mark << 16)) ^ pkt.payloadLen;
    // Without an IPv4 identification, and with a checksum left to the sending card, equal marks prove nothing.
    this.isCopy =
      mark === words[w + MARK_A + direction] &&
      pkt.ipMark !== 0 &&
      words[w + PACKETS_A + direction] !== 0 &&
      sec - doubles[d + LAST_SEC] <= COPY_WITHIN_SEC;
    // One copy for each packet: a sender that repeats the marks must not make all its datagrams copies of one.
    words[w + MARK_A + direction] = this.isCopy ? ~mark : mark;
    words[w + PACKETS_A + direction] += pkt.frames;
    doubles[d + WIRE_A + direction] += wireLen;
    if (sec > doubles[d + LAST_SEC] || (sec === doubles[d + LAST_SEC] && nsec > words[w + LAST_NSEC])) {
      doubles[d + LAST_SEC] = sec;
      words[w + LAST_NSEC] = nsec;
    }
    if (pkt.l4Proto === PROTO_TCP) {
      if (!trackInOrder(words, doubles, row, direction, pkt)) {
        const before = words[w + FLAGS] & INITIATOR_B;
        trackTcp(this.table, this.gaps, row, direction, pkt);
        this.hasTurned = !this.isNew && (words[w + FLAGS] & INITIATOR_B) !== before;
      }
    } else if (!this.isCopy) doubles[d + BYTES_A + direction] += pkt.payloadLen;
    if (this.isCopy) this.copies++;
  }

  /** Whether the packet cannot belong to the flow that has its 5-tuple. */
  private isOver(row: number, direction: number, pkt: Packet, sec: number): boolean {
    const table = this.table;
    if (sec - table.lastSec(row) > this.idleSec(row)) return true;
    if (pkt.l4Proto !== PROTO_TCP || (pkt.tcpFlags & TCP_SYN) === 0) return false;
    if ((pkt.tcpFlags & TCP_ACK) !== 0) return this.isAnotherAnswer(row, direction, pkt);
    const w = row * ROW_WORDS;
    if (table.words[w + PACKETS_A] === 0 && table.words[w + PACKETS_A + 1] === 0) return false; // announced
    const flags = table.words[w + FLAGS];
    // Data in a SYN that comes after the handshake are those of another connection with the same number.
    if ((flags & ESTABLISHED) !== 0 && pkt.payloadLen > 0) return true;
    if ((flags & (SYN_SEEN | SYN_ACK_SEEN)) !== 0)
      return table.words[w + ISN] !== pkt.tcpSeq && !this.isCrossing(row, direction, sec);
    // Packets of the connection that overtook its SYN are no reason to split it.
    const seqKnown = (flags & (SEQ_A_SET << direction)) !== 0;
    if (seqKnown && table.words[w + SEQ_A + direction] === ((pkt.tcpSeq + 1) | 0)) return false;
    const ackKnown = (flags & (ACK_A_SET << (1 - direction))) !== 0;
    return !(ackKnown && table.words[w + ACK_A + 1 - direction] === ((pkt.tcpSeq + 1) | 0));
  }

  /** Whether a SYN crosses the one of the other end, so that both open one connection (RFC 9293 §3.5). */
  private isCrossing(row: number, direction: number, sec: number): boolean {
    const flags = this.table.words[row * ROW_WORDS + FLAGS];
    const fromInitiator = ((flags & INITIATOR_B) !== 0) === (direction === 1);
    const isUnanswered = (flags & (SYN_ACK_SEEN | ESTABLISHED | (SEQ_A_SET << direction))) === 0;
    return !fromInitiator && isUnanswered && sec - this.table.lastSec(row) <= CROSSING_WITHIN_SEC;
  }

  /**
   * Whether a SYN-ACK begins another connection: a client may take ports and number of one that is over, the server
   * counts from a number of its own (RFC 6528). A copy, or one that was overtaken, lies behind what was seen of it.
   */
  private isAnotherAnswer(row: number, direction: number, pkt: Packet): boolean {
    const { words, doubles } = this.table;
    const w = row * ROW_WORDS;
    const flags = words[w + FLAGS];
    const fromInitiator = ((flags & INITIATOR_B) !== 0) === (direction === 1);
    if (fromInitiator || (flags & ESTABLISHED) === 0 || (flags & (SEQ_A_SET << direction)) === 0)
      return false;
    const behind = (words[w + SEQ_A + direction] - pkt.tcpSeq - 1) | 0;
    const seen = doubles[row * ROW_DOUBLES + BYTES_A + direction];
    return behind < -NEAR_OCTETS || (behind > seen + NEAR_OCTETS && seen < MAX_TOLD_OCTETS);
  }

  private idleSec(row: number): number {
    const w = row * ROW_WORDS;
    if ((this.table.words[w + PROTO] & 0xff) !== PROTO_TCP) return OTHER_IDLE_SEC;
    const flags = this.table.words[w + FLAGS];
    if ((flags & (RST_A | RST_B)) !== 0 || (flags & (FIN_A | FIN_B)) === (FIN_A | FIN_B)) {
      return TCP_CLOSED_IDLE_SEC;
    }
    const opening = (flags & (SYN_SEEN | SYN_ACK_SEEN)) !== 0 && (flags & ESTABLISHED) === 0;
    return opening ? TCP_OPENING_IDLE_SEC : TCP_OPEN_IDLE_SEC;
  }
}
