import { randomInt } from "node:crypto";
import { encryptedTunnel, encryptedTunnelOverTcp } from "../decode/encrypted-tunnels.ts";
import { decodeInner, decodeSibling } from "../decode/link.ts";
import { NOTE_WIFI_AGGREGATE, NOTES } from "../decode/note.ts";
import { NO_INNER, type Packet } from "../decode/packet.ts";
import { isError, isFragment } from "../decode/packet-kinds.ts";
import {
  PROTO_ESP,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_IGMP,
  PROTO_TCP,
  PROTO_UDP,
} from "../decode/protocols.ts";
import { OK, type Status } from "../decode/status.ts";
import { NO_TUNNEL, TUNNEL_IPSEC, TUNNELS } from "../decode/tunnels.ts";
import { isMulticast } from "../flow/direction.ts";
import {
  BUDGETED,
  FLAGS,
  GATE_AJAR,
  GATE_OPEN,
  IS_TUNNEL,
  JUDGED,
  JUDGED_FINDING,
  JUDGED_PENDING,
  JUDGED_REF,
  PACKETS_A,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import { type FlowTable, NO_ROW } from "../flow/flow-table.ts";
import type { FlowTracker } from "../flow/flow-tracker.ts";
import { type End, initiatorOf, lastMoment } from "../flow/flow-view.ts";
import { IpFragments } from "../flow/ip-fragments.ts";
import type { Judge } from "../policy/judge.ts";
import { DatagramJudge } from "./datagram-judge.ts";
import type { Moment } from "./finding.ts";
import { FurtherDestinations } from "./further-destinations.ts";
import { IcmpErrors } from "./icmp-errors.ts";
import type { Judges } from "./judges.ts";
import type { LiveFindings } from "./live-findings.ts";
import { Mirrors } from "./mirrors.ts";
import type { Observer } from "./observer.ts";
import type { TroubleCounts } from "./troubles.ts";

/** Packets side by side in one frame of the link that are judged: an aggregate has room for more, nobody sends so many. */
const MAX_SIBLINGS = 64;
/** Datagrams of a flow that are looked at for an encrypted tunnel. */
const TUNNEL_LOOKS = 16;

/** Judges packets that were decoded, whatever they lie in: the layers of a frame, and datagrams put together. */
export class PacketJudge {
  /** Findings as they stand, where somebody watches them. */
  live: LiveFindings | null = null;
  /** After `judge`: the row of the outermost packet's flow, or NO_ROW where it belongs to none. */
  outermostRow: number = NO_ROW;
  readonly noteCounts = new Float64Array(NOTES.length);
  readonly fragments: IpFragments;
  readonly mirrors: Mirrors;
  readonly icmpErrors: IcmpErrors;
  private readonly further: FurtherDestinations;
  private readonly tracker: FlowTracker;
  private readonly table: FlowTable;
  private readonly judges: Judges;
  private readonly observer: Observer | null;
  private readonly statusCounts: Float64Array;
  private readonly troubles: TroubleCounts;

  /** `statusCounts`: by status, of which those of datagrams put together are counted here. */
  constructor(
    tracker: FlowTracker,
    judge: Judge,
    judges: Judges,
    troubles: TroubleCounts,
    observer: Observer | null,
    statusCounts: Float64Array,
  ) {
    this.tracker = tracker;
    this.table = tracker.table;
    this.judges = judges;
    this.observer = observer;
    this.statusCounts = statusCounts;
    this.troubles = troubles;
    this.mirrors = new Mirrors(judge);
    this.fragments = new IpFragments(
      randomInt(2 ** 32),
      new DatagramJudge(tracker, this, this.mirrors, statusCounts),
    );
    this.icmpErrors = new IcmpErrors(
      this.table,
      this.fragments,
      judge,
      judges.ledger,
      observer,
      (quoted, at) => this.unseen(quoted, at),
    );
    this.further = new FurtherDestinations(tracker, judge, troubles, (row, pkt, view) => {
      if (tracker.isNew) this.flowBegan(row, pkt, view);
      this.touch(row);
    });
  }

  /** The finding that the flow is, if it is one, changed. */
  touch(row: number): void {
    if (this.live === null) return;
    if (this.table.words[row * ROW_WORDS + JUDGED] === JUDGED_FINDING) this.live.touch(row);
  }

  /** `pkt` opened the flow. */
  opened(row: number, pkt: Packet, view: DataView): void {
    // The packet at hand is no evidence of a flow that ended to make room for it; it is of what carried it.
    if (pkt.layerAt === 0) this.live?.touched.clear();
    this.flowBegan(row, pkt, view);
  }

  /**
   * Judges a packet that was decoded with `status`, and what it carries; returns the status of the innermost.
   * `outermostRow` is then the row of its flow, or NO_ROW where it belongs to none.
   */
  judge(pkt: Packet, status: Status, view: DataView, sec: number, nsec: number, wireLen: number): Status {
    const judged = this.first(pkt, status, view, sec, nsec, wireLen);
    if (pkt.siblingAt !== 0) this.siblings(pkt, view, sec, nsec);
    return judged;
  }

  /** Other packets of the frame, each a frame for itself. */
  private siblings(pkt: Packet, view: DataView, sec: number, nsec: number): void {
    const { copies } = this.tracker;
    const row = this.outermostRow;
    for (let n = 1; pkt.siblingAt !== 0; n++) {
      if (n === MAX_SIBLINGS) {
        this.countNotes(NOTE_WIFI_AGGREGATE);
        break;
      }
      const { siblingAt } = pkt;
      const status = decodeSibling(pkt, view);
      const end = pkt.siblingAt === 0 ? pkt.frameWireEnd : pkt.siblingAt;
      const judged = this.first(pkt, status, view, sec, nsec, Math.max(0, end - siblingAt));
      if (judged !== OK && !isFragment(judged)) this.statusCounts[judged]++;
    }
    this.tracker.copies = copies; // the frame was counted
    this.outermostRow = row;
  }

  /** The packet at hand, and all that it carries. */
  private first(
    pkt: Packet,
    status: Status,
    view: DataView,
    sec: number,
    nsec: number,
    wireLen: number,
  ): Status {
    if (this.mirrors.namesPorts) this.mirrors.openNamedPort(pkt, view);
    if (pkt.innerType === NO_INNER || isFragment(status)) {
      if (this.mirrors.namesPorts && !isFragment(status) && this.mirrors.isUnread(pkt))
        this.troubles.add("mirror.unreadable");
      this.outermostRow = this.layer(pkt, status, view, sec, nsec, wireLen);
      return status;
    }
    return this.tunnels(pkt, view, sec, nsec, wireLen);
  }

  /**
   * The packet carries another: all are judged, each by its own addresses, down to the innermost. A
   * mirror's own transport is not. Each is a packet of its own flow, but the frame is one frame: a copy at most
   * once.
   */
  private tunnels(pkt: Packet, view: DataView, sec: number, nsec: number, wireLen: number): Status {
    const { mirrors, tracker } = this;
    const copies = tracker.copies;
    let outermost: number = NO_ROW;
    let isOutermost = true;
    let status = OK;
    let len = wireLen;
    while (pkt.innerType !== NO_INNER && !isFragment(status)) {
      if (pkt.mirrorSeqAt !== 0) mirrors.sequence.take(pkt, view);
      const { tunnel, innerDoubtful } = pkt;
      const isTransport = mirrors.isTransport(pkt);
      if (isTransport) {
        this.countNotes(pkt.notes);
        pkt.innerDoubtful = 0; // what is not readable in it is a frame all the same
      }
      const row = isTransport ? NO_ROW : this.layer(pkt, status, view, sec, nsec, len);
      if (isOutermost) outermost = row;
      isOutermost = false;
      status = decodeInner(pkt, view);
      const isTunnel = innerDoubtful === 0 || pkt.ipVersion !== 0;
      if (row !== NO_ROW && isTunnel) this.judges.contents.isTunnel(row, TUNNELS[tunnel]);
      len = pkt.frameWireEnd - pkt.layerAt;
      if (mirrors.namesPorts) mirrors.openNamedPort(pkt, view);
    }
    this.layer(pkt, status, view, sec, nsec, len);
    tracker.copies = Math.min(tracker.copies, copies + 1);
    this.outermostRow = outermost;
    return status;
  }

  /** One packet, with addresses or without: the row of its flow, or NO_ROW where it belongs to none. */
  private layer(
    pkt: Packet,
    status: Status,
    view: DataView,
    sec: number,
    nsec: number,
    wireLen: number,
  ): number {
    if (pkt.notes !== 0) this.countNotes(pkt.notes);
    if (pkt.ipVersion === 0) return NO_ROW;
    if (!isFragment(status)) {
      const row = this.packet(pkt, view, sec, nsec, wireLen);
      if (pkt.routeAt !== 0) this.further.ofRoute(pkt, view, sec, nsec);
      return row;
    }
    this.fragments.take(pkt, view, sec, nsec, wireLen);
    return NO_ROW;
  }

  /** A packet with addresses: the row of its flow, or NO_ROW where it belongs to none. */
  private packet(pkt: Packet, view: DataView, sec: number, nsec: number, wireLen: number): number {
    const proto = pkt.l4Proto;
    if (isError(pkt)) {
      this.icmpErrors.take(pkt, view, { sec, nsec });
      return NO_ROW;
    }
    const row = this.tracker.observe(pkt, sec, nsec, wireLen);
    if (row === NO_ROW) return NO_ROW;
    if (this.tracker.isNew) this.opened(row, pkt, view);
    else if (this.tracker.hasTurned) this.judges.flows.begin(row);
    const from: End = this.table.direction === 0 ? 0 : 1;
    const w = row * ROW_WORDS;
    if (pkt.payloadLen > 0) {
      if (this.table.words[w + JUDGED] >= JUDGED_PENDING) this.lookForTunnel(row, pkt, view);
      if (proto === PROTO_TCP) {
        if ((this.table.words[w + FLAGS] & (GATE_OPEN | GATE_AJAR)) !== 0)
          this.judges.conversations.segment(row, from, pkt, view);
      } else if (proto === PROTO_UDP && (pkt.innerType === NO_INNER || pkt.innerDoubtful === 1)) {
        this.judges.datagrams.take(row, from, pkt, view, sec, nsec);
      } else if (proto === PROTO_ICMP || proto === PROTO_ICMPV6) {
        this.judges.icmpTunnels.take(pkt, view, sec, nsec);
      }
      if (this.table.words[w + JUDGED] === JUDGED_PENDING && initiatorOf(this.table, row) !== from) {
        this.judges.flows.settle(row);
      }
    }
    if ((this.table.words[w + FLAGS] & BUDGETED) !== 0) this.judges.flows.countBudget(row);
    this.touch(row);
    if (proto === PROTO_IGMP || proto === PROTO_ICMPV6) this.further.ofGroupReport(pkt, view, sec, nsec);
    return row;
  }

  /** Payload of a flow across the boundary that nothing allows yet: its first ones say what tunnel it is, if any. */
  private lookForTunnel(row: number, pkt: Packet, view: DataView): void {
    const { words } = this.table;
    const w = row * ROW_WORDS;
    if ((words[w + FLAGS] & IS_TUNNEL) !== 0) return;
    if (words[w + PACKETS_A] + words[w + PACKETS_A + 1] > TUNNEL_LOOKS) return;
    let tunnel = NO_TUNNEL;
    if (pkt.l4Proto === PROTO_TCP) tunnel = encryptedTunnelOverTcp(pkt, view);
    else if (pkt.l4Proto === PROTO_UDP) tunnel = encryptedTunnel(pkt, view);
    if (tunnel !== NO_TUNNEL) this.judges.contents.isTunnel(row, TUNNELS[tunnel]);
  }

  /** The row of a packet that an error quotes and that was not seen itself: it was sent, and counts nothing else. */
  private unseen(quoted: Packet, { sec, nsec }: Moment): number {
    const row = this.tracker.announceUnseen(quoted, sec, nsec);
    if (row === NO_ROW) return NO_ROW;
    this.begin(row, quoted);
    this.touch(row);
    return row;
  }

  private begin(row: number, pkt: Packet): void {
    if (pkt.innerType !== NO_INNER && pkt.innerDoubtful === 0)
      this.judges.contents.isTunnel(row, TUNNELS[pkt.tunnel]);
    else if (pkt.l4Proto === PROTO_ESP) this.judges.contents.isTunnel(row, TUNNELS[TUNNEL_IPSEC]);
    this.judges.flows.begin(row);
  }

  private flowBegan(row: number, pkt: Packet, view: DataView): void {
    this.observer?.flowBegan(row);
    if (pkt.icmpType >= 0) this.tellIcmp(row);
    this.begin(row, pkt);
    this.judges.witness.began(row, isMulticast(pkt));
    const w = row * ROW_WORDS;
    if (this.table.words[w + JUDGED] === JUDGED_FINDING && pkt.macOffset >= 0) {
      const finding = this.judges.ledger.get(this.table.words[w + JUDGED_REF]);
      // Destination address first, then source.
      const fromInitiator = initiatorOf(this.table, row) === this.table.direction;
      finding.mac ??= macText(view, pkt.macOffset + (fromInitiator ? 6 : 0));
    }
  }

  private tellIcmp(row: number): void {
    const { table } = this;
    this.observer?.icmp({ table, row, from: table.direction === 0 ? 0 : 1, at: lastMoment(table, row) });
  }

  private countNotes(notes: number): void {
    for (let bit = 0; bit < NOTES.length; bit++) if ((notes & (1 << bit)) !== 0) this.noteCounts[bit]++;
  }
}

function macText(view: DataView, at: number): string {
  const octets = [0, 1, 2, 3, 4, 5].map((i) =>
    view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, "0"),
  );
  return octets.join(":");
}
