import { decodeIpv4 } from "../decode/ipv4.ts";
import { decodeIpv6 } from "../decode/ipv6.ts";
import { Packet, resetPacket } from "../decode/packet.ts";
import { FLAGS, ICMP_REFUSED, ROW_WORDS } from "../flow/flow-row.ts";
import { type FlowTable, NO_ROW } from "../flow/flow-table.ts";
import { type AddressWords, classOf } from "../flow/flow-view.ts";
import type { IpFragments } from "../flow/ip-fragments.ts";
import { ANSWERED, ATTEMPTED } from "../flow/outcome.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { IcmpKind, Moment } from "./finding.ts";
import type { Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";

const ICMP_UNREACHABLE = 3; // RFC 792
/** RFC 1191 §3: too large for the path; a smaller one would pass. */
const ICMP_FRAGMENTATION_NEEDED = 4;
const ICMPV6_UNREACHABLE = 1; // RFC 4443 §3.1

/** Seconds of packet time by which a mirror may deliver an error before the packet that it quotes. */
const OVERTAKE_SEC = 1;
const MAX_HELD = 1024;

/** An error message that waits for the flow that it quotes. */
interface HeldError {
  /** Headers of the quoted packet; null when it quotes none that went to this destination. */
  readonly quoted: Packet | null;
  readonly unreachable: boolean;
  readonly src: AddressWords;
  readonly dst: AddressWords;
  readonly proto: "icmp" | "icmpv6";
  readonly icmp: IcmpKind;
  readonly lenBytes: number;
  readonly at: Moment;
}

function factsOf(pkt: Packet, at: Moment): Omit<HeldError, "quoted" | "unreachable"> {
  const isV6 = pkt.ipVersion === 6;
  return {
    src: [pkt.src0, pkt.src1, pkt.src2, pkt.src3],
    dst: [pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3],
    proto: isV6 ? "icmpv6" : "icmp",
    icmp: { type: pkt.icmpType, code: pkt.icmpCode },
    lenBytes: pkt.payloadLen,
    at,
  };
}

/**
 * ICMP errors: bound to the flow that they quote (RFC 792, RFC 4443 §3). What they quote is no traffic
 * of its own, but that a packet was on its way outside they prove also where nobody saw it: a mirror may
 * show only what comes back. An error across the boundary, or between two outside addresses, that quotes no
 * known flow is a finding.
 */
export class IcmpErrors {
  /** Errors that were bound to a flow. */
  bound = 0;
  private readonly quoted = new Packet();
  private readonly held: HeldError[] = [];
  private readonly table: FlowTable;
  private readonly fragments: IpFragments;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  private readonly observer: Observer | null;
  private readonly unseen: (quoted: Packet, at: Moment) => number;

  /** `unseen` opens the flow of a quoted packet that was not seen and returns its row, or NO_ROW where there is no room. */
  constructor(
    table: FlowTable,
    fragments: IpFragments,
    judge: Judge,
    ledger: Ledger,
    observer: Observer | null,
    unseen: (quoted: Packet, at: Moment) => number,
  ) {
    this.observer = observer;
    this.unseen = unseen;
    this.table = table;
    this.fragments = fragments;
    this.judge = judge;
    this.ledger = ledger;
  }

  /** An ICMP or ICMPv6 error message whose quote is view[pkt.payloadAt, pkt.payloadEnd). */
  take(pkt: Packet, view: DataView, at: Moment): void {
    const isAboutFlow = this.readQuote(pkt, view);
    const unreachable = isRefusal(pkt);
    const facts = factsOf(pkt, at);
    const crosses = this.crosses(facts);
    this.tell(pkt, isAboutFlow, at);
    if (isAboutFlow && this.bindFragment(view, unreachable, crosses)) return;
    if (isAboutFlow && this.bind(this.quoted, unreachable, crosses)) return;
    const quoted = isAboutFlow ? Object.assign(new Packet(), this.quoted) : null;
    const error = { quoted, unreachable, ...facts };
    if (this.held.length === MAX_HELD) this.settle(this.held.shift());
    this.held.push(error);
  }

  private tell(pkt: Packet, isAboutFlow: boolean, at: Moment): void {
    if (this.observer === null) return;
    const { table } = this;
    const quoted = isAboutFlow ? this.quoted : null;
    const row = quoted === null ? NO_ROW : table.find(quoted, table.hashOf(quoted));
    this.observer.icmpError({ pkt, quoted, row, table, at });
  }

  /** Errors that may have overtaken the packet that they quote are judged when that had its time by `sec`. */
  settleDue(sec: number): void {
    while (this.held.length > 0 && this.held[0].at.sec + OVERTAKE_SEC < sec) this.settle(this.held.shift());
  }

  private settle(error: HeldError | undefined): void {
    if (error === undefined) return;
    const { quoted, unreachable, at } = error;
    const crosses = this.crosses(error);
    if (crosses || quoted === null) {
      if (quoted === null || !this.bind(quoted, unreachable, crosses)) this.stray(error);
      return;
    }
    if (this.bind(quoted, unreachable, false) || !this.wasOnItsWayOut(quoted)) return;
    const row = this.unseen(quoted, at);
    if (row !== NO_ROW) this.mark(row, unreachable, false);
  }

  /** A fragment that is not the first says too little: the first has an error of its own. */
  private wasOnItsWayOut({ fragOffset, dst0, dst1, dst2, dst3 }: Packet): boolean {
    return fragOffset === 0 && this.judge.addressClass(dst0, dst1, dst2, dst3) === OUTSIDE;
  }

  /** Marks the flow that the error quotes. Returns whether there is one that it can be about. */
  private bind(quoted: Packet, unreachable: boolean, crosses: boolean): boolean {
    const row = this.table.find(quoted, this.table.hashOf(quoted));
    return row !== NO_ROW && this.mark(row, unreachable, crosses);
  }

  /** A quoted fragment that is not the first has no ports: its datagram knows the flow. */
  private bindFragment(view: DataView, unreachable: boolean, crosses: boolean): boolean {
    if (this.quoted.fragOffset === 0) return false;
    const datagram = this.fragments.datagramOf(this.quoted, view);
    if (datagram === null || !this.table.isStill(datagram.row, datagram.generation)) return false;
    return this.mark(datagram.row, unreachable, crosses);
  }

  /** Somebody outside knows nothing of a flow that stays inside, unless it got out: that error is a stray. */
  private mark(row: number, unreachable: boolean, crosses: boolean): boolean {
    if (crosses && classOf(this.table, row, 0) !== OUTSIDE && classOf(this.table, row, 1) !== OUTSIDE)
      return false;
    this.bound++;
    if (unreachable) this.table.words[row * ROW_WORDS + FLAGS] |= ICMP_REFUSED;
    return true;
  }

  private crosses({ src, dst }: Pick<HeldError, "src" | "dst">): boolean {
    return this.judge.addressClass(...src) === OUTSIDE || this.judge.addressClass(...dst) === OUTSIDE;
  }

  /** Reads the headers that the error quotes. Returns whether they can be those of a flow that it is about. */
  private readQuote(pkt: Packet, view: DataView): boolean {
    const quoted = this.quoted;
    resetPacket(quoted, pkt.payloadEnd);
    if (pkt.ipVersion === 6) decodeIpv6(quoted, view, pkt.payloadAt, pkt.payloadEnd);
    else decodeIpv4(quoted, view, pkt.payloadAt, pkt.payloadEnd);
    quoted.vni = pkt.vni;
    quoted.vlan = pkt.vlan; // what is quoted came by the same network
    // An error goes to who sent what it quotes: anything else is made up.
    return (
      quoted.ipVersion !== 0 &&
      quoted.src3 === pkt.dst3 &&
      quoted.src2 === pkt.dst2 &&
      quoted.src1 === pkt.dst1 &&
      quoted.src0 === pkt.dst0
    );
  }

  private stray({ src, dst, proto, icmp, lenBytes, at }: HeldError): void {
    const from = this.judge.addressClass(...src);
    const to = this.judge.addressClass(...dst);
    if (from !== OUTSIDE && to !== OUTSIDE) return;
    const destination = formatAddress(dst);
    const handle = this.ledger.open(
      {
        kind: from === to ? "transit.flow" : "icmp.stray",
        source: formatAddress(src),
        destination,
        port: null,
        proto,
        name: null,
        evidence: "none",
        rule: null,
      },
      at,
    );
    const outward = to === OUTSIDE;
    this.ledger.get(handle).icmp ??= icmp;
    this.ledger.share(handle, {
      attempts: 1,
      bytesOut: outward ? lenBytes : 0,
      bytesIn: outward ? 0 : lenBytes,
      oneWayBytes: outward ? lenBytes : 0,
      outcome: outward ? ATTEMPTED : ANSWERED,
      first: at,
      last: at,
      ip: destination,
    });
  }
}

/** The error says that the packet's kind will not get through: unreachable, or prohibited. */
function isRefusal({ ipVersion, icmpType, icmpCode }: Packet): boolean {
  if (ipVersion === 6) return icmpType === ICMPV6_UNREACHABLE;
  return icmpType === ICMP_UNREACHABLE && icmpCode !== ICMP_FRAGMENTATION_NEEDED;
}
