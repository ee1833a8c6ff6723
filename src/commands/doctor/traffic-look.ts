import type { FrameBatch } from "../../capture/frame-batch.ts";
import { readMac } from "../../capture/interface-facts.ts";
import { decodeFrame, decodeInner } from "../../decode/link.ts";
import { NO_INNER, Packet } from "../../decode/packet.ts";
import { PROTO_TCP } from "../../decode/protocols.ts";
import { STATUSES } from "../../decode/status.ts";
import { TCP_ACK } from "../../decode/tcp.ts";
import { INSIDE, OUTSIDE } from "../../policy/address-class.ts";
import { formatAddress } from "../../policy/address-text.ts";
import type { Judge } from "../../policy/judge.ts";

/** Frames of each interface that are looked into; the rest is counted. */
const MAX_FRAMES = 20_000;
const MAX_CONVERSATIONS = 10_000;
const GROUP_BIT = 2 ** 40;

/** Frames of one interface. */
export interface InterfaceTraffic {
  frames: number;
  /** To or from this host. */
  own: number;
  /** To everybody or to a group: any port gets these. */
  group: number;
  /** Between others: there is a mirror. */
  mirrored: number;
  /** Frames that gapwatch cannot decode, by the status's name. */
  readonly undecoded: Map<string, number>;
}

/** What a few seconds of traffic show of the mirror. */
export class TrafficLook {
  readonly interfaces = new Map<string, InterfaceTraffic>();
  /** Addresses of inside hosts that spoke. */
  readonly insideHosts = new Set<string>();
  /** Packets of others from outside to outside. */
  transit = 0;
  private readonly ownMacs: ReadonlySet<number>;
  private readonly ownAddresses: ReadonlySet<string>;
  private readonly judge: Judge | null;
  private readonly pkt = new Packet();
  /** TCP conversations of others: bit 0 and 1 for each direction that was seen. */
  private readonly conversations = new Map<string, number>();

  constructor(ownMacs: ReadonlySet<number>, ownAddresses: ReadonlySet<string>, judge: Judge | null) {
    this.ownMacs = ownMacs;
    this.ownAddresses = ownAddresses;
    this.judge = judge;
  }

  take(name: string, batch: FrameBatch): void {
    const traffic = this.of(name);
    for (let i = 0; i < batch.count; i++) {
      if (traffic.frames++ < MAX_FRAMES) this.frame(traffic, batch, i);
    }
  }

  of(name: string): InterfaceTraffic {
    let traffic = this.interfaces.get(name);
    if (traffic === undefined) {
      traffic = { frames: 0, own: 0, group: 0, mirrored: 0, undecoded: new Map() };
      this.interfaces.set(name, traffic);
    }
    return traffic;
  }

  /** Frames between others, on all interfaces. */
  get mirrored(): number {
    return [...this.interfaces.values()].reduce((sum, { mirrored }) => sum + mirrored, 0);
  }

  /** Conversations, and those of which one direction was seen. */
  directions(): { all: number; oneWay: number } {
    let oneWay = 0;
    for (const seen of this.conversations.values()) if (seen !== 3) oneWay++;
    return { all: this.conversations.size, oneWay };
  }

  private frame(traffic: InterfaceTraffic, batch: FrameBatch, i: number): void {
    const { view, offset, caplen, wireLen, linkType } = batch;
    const { pkt } = this;
    let status = decodeFrame(pkt, view, offset[i], offset[i] + caplen[i], wireLen[i], linkType[i]);
    // What the mirror's own transport carries is the traffic of others, although it is sent to this host.
    while (pkt.innerType !== NO_INNER && pkt.fragAt === 0) status = decodeInner(pkt, view);
    const { name, effect } = STATUSES[status];
    if (effect === "blind") traffic.undecoded.set(name, (traffic.undecoded.get(name) ?? 0) + 1);
    const hasMac = pkt.macOffset >= 0;
    const to = hasMac ? readMac(view, pkt.macOffset) : 0;
    const from = hasMac ? readMac(view, pkt.macOffset + 6) : 0;
    const src = pkt.ipVersion === 0 ? "" : formatAddress([pkt.src0, pkt.src1, pkt.src2, pkt.src3]);
    const dst = pkt.ipVersion === 0 ? "" : formatAddress([pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3]);
    const isOwn =
      (hasMac && (this.ownMacs.has(to) || this.ownMacs.has(from))) ||
      this.ownAddresses.has(src) ||
      this.ownAddresses.has(dst);
    if (isOwn) traffic.own++;
    else if (hasMac && Math.floor(to / GROUP_BIT) % 2 === 1) traffic.group++;
    else {
      traffic.mirrored++;
      if (pkt.ipVersion !== 0) this.packetOfOthers(src, dst);
    }
  }

  /** A packet between two others. */
  private packetOfOthers(src: string, dst: string): void {
    const { pkt, judge } = this;
    if (judge !== null) {
      const srcClass = judge.addressClass(pkt.src0, pkt.src1, pkt.src2, pkt.src3);
      const dstClass = judge.addressClass(pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3);
      if (srcClass === INSIDE && this.insideHosts.size < MAX_CONVERSATIONS) this.insideHosts.add(src);
      if (srcClass === OUTSIDE && dstClass === OUTSIDE) this.transit++;
    }
    // An unanswered SYN says nothing about the mirror.
    if (pkt.l4Proto !== PROTO_TCP || (pkt.tcpFlags & TCP_ACK) === 0) return;
    const [a, b] = [`${src} ${pkt.srcPort}`, `${dst} ${pkt.dstPort}`];
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    const before = this.conversations.get(key);
    if (before === undefined && this.conversations.size === MAX_CONVERSATIONS) return;
    this.conversations.set(key, (before ?? 0) | (a < b ? 1 : 2));
  }
}
