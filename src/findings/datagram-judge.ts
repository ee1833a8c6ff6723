import { decodeFrame } from "../decode/link.ts";
import { LINKTYPE_RAW } from "../decode/link-types.ts";
import { NO_INNER, Packet, resetPacket } from "../decode/packet.ts";
import { isError, isFragment } from "../decode/packet-kinds.ts";
import { OK, type Status } from "../decode/status.ts";
import { GENERATION, ROW_WORDS } from "../flow/flow-row.ts";
import { type FlowTable, NO_ROW } from "../flow/flow-table.ts";
import type { FlowTracker } from "../flow/flow-tracker.ts";
import type { IpDatagram } from "../flow/ip-datagram.ts";
import type { DatagramSink, LaidOut } from "../flow/ip-fragments.ts";
import type { Mirrors } from "./mirrors.ts";

/** What a datagram in fragments is judged by. */
export interface DatagramPackets {
  readonly outermostRow: number;
  judge(pkt: Packet, status: Status, view: DataView, sec: number, nsec: number, wireLen: number): Status;
  opened(row: number, pkt: Packet, view: DataView): void;
  touch(row: number): void;
}

/** What becomes of fragments (flow/ip-fragments.ts). */
export class DatagramJudge implements DatagramSink {
  /** Packets for datagrams that are judged while another is at hand: to make room, or inside it. */
  private readonly spare: Packet[] = [];
  private readonly tracker: FlowTracker;
  private readonly table: FlowTable;
  private readonly packets: DatagramPackets;
  private readonly mirrors: Mirrors;
  private readonly statusCounts: Float64Array;

  constructor(tracker: FlowTracker, packets: DatagramPackets, mirrors: Mirrors, statusCounts: Float64Array) {
    this.tracker = tracker;
    this.table = tracker.table;
    this.packets = packets;
    this.mirrors = mirrors;
    this.statusCounts = statusCounts;
  }

  /** The first fragment `pkt` of a datagram is judged at once; it is counted with the others. */
  begun(datagram: IpDatagram, pkt: Packet, view: DataView): void {
    const isRead = pkt.payloadAt !== 0 || pkt.srcPort !== 0 || pkt.dstPort !== 0;
    if (!isRead || isError(pkt)) return;
    if (pkt.innerType !== NO_INNER && this.mirrors.isTransport(pkt)) return;
    const row = this.tracker.announce(pkt, datagram.sec, datagram.nsec);
    if (row === NO_ROW) return;
    if (this.tracker.isNew) this.packets.opened(row, pkt, view);
    this.packets.touch(row);
    this.keepRow(datagram, row);
  }

  /** A datagram that was put together goes on as if it had come whole. */
  read(datagram: IpDatagram, { view, at, end, wireEnd, macAt }: LaidOut): void {
    const pkt = this.spare.pop() ?? new Packet();
    const { frames, wireLen, sec, nsec } = datagram;
    const status = decodeFrame(pkt, view, at, end, wireEnd - at, LINKTYPE_RAW);
    pkt.vlan = datagram.vlan;
    pkt.vni = datagram.vni;
    if (datagram.isInner) pkt.layerAt = Math.max(1, at);
    pkt.macOffset = macAt;
    pkt.frames = frames;
    datagram.frames = 0;
    datagram.wireLen = 0;
    const judged = this.packets.judge(pkt, status, view, sec, nsec, wireLen);
    if (judged !== OK && !isFragment(judged)) this.statusCounts[judged]++; // else its fragments were counted
    const { outermostRow } = this.packets;
    if (outermostRow !== NO_ROW) this.keepRow(datagram, outermostRow);
    this.spare.push(pkt);
  }

  /** Fragments without their first: only addresses and protocol are known. */
  orphaned(datagram: IpDatagram): void {
    const { tracker } = this;
    const pkt = this.spare.pop() ?? new Packet();
    resetPacket(pkt, 0);
    datagram.address(pkt);
    if (this.mirrors.mayBeTransport(pkt)) {
      this.spare.push(pkt);
      return;
    }
    const row = tracker.observe(pkt, datagram.sec, datagram.nsec, datagram.wireLen);
    datagram.frames = 0;
    datagram.wireLen = 0;
    datagram.uncounted = 0;
    if (row !== NO_ROW && tracker.isNew) this.packets.opened(row, pkt, datagram.macView);
    if (row !== NO_ROW) this.packets.touch(row);
    this.spare.push(pkt);
  }

  /** Copies of a whole datagram's fragments count as such. */
  copied(datagram: IpDatagram): void {
    const { row, generation, frames, wireLen } = datagram;
    datagram.frames = 0;
    datagram.wireLen = 0;
    if (this.table.isStill(row, generation)) this.tracker.countCopies(row, datagram.fromB, frames, wireLen);
  }

  private keepRow(datagram: IpDatagram, row: number): void {
    datagram.row = row;
    datagram.generation = this.table.words[row * ROW_WORDS + GENERATION];
    datagram.fromB = this.table.direction === 1;
  }
}
