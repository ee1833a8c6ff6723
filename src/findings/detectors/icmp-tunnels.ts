import { isEcho, isEchoReply } from "../../decode/icmp.ts";
import type { Packet } from "../../decode/packet.ts";
import { ANSWERED, ATTEMPTED } from "../../flow/outcome.ts";
import { INSIDE, OUTSIDE } from "../../policy/address-class.ts";
import { formatAddress } from "../../policy/address-text.ts";
import type { Judge } from "../../policy/judge.ts";
import { list, type Moment } from "../finding.ts";
import { type Ledger, NO_FINDING } from "../ledger.ts";
import { oddPingBytes } from "./ping-payload.ts";

/** Pairs of hosts that are followed at once; the one that was silent for longest goes first. */
const MAX_PAIRS = 4096;
/** Requests of a pair whose replies are waited for. */
const MAX_OPEN = 64;

// What makes a tunnel. Measured by `npm run bench:detect`.
/** Fewer odd octets in a packet may be a program's own header. */
const MIN_ODD = 16;
/** Packets with odd payloads, and odd octets in all; or many in few packets. */
const ODD_PACKETS = 4;
const ODD_BYTES = 256;
const MANY_ODD_BYTES = 4096;
/** Replies that do not give back what was asked (RFC 792, RFC 4443 §4.2: they must), or that nobody asked for. */
const ALTERED = 3;
/** Lengths that differ: nothing but a search for the path's MTU tries as many. */
const LENGTHS = 64;

/** Pings between one inside host and another. */
interface Pair {
  /** Hash of each request's payload, by identifier and sequence number. */
  readonly open: Map<number, number>;
  readonly lengths: Set<number>;
  packets: number;
  odd: number;
  oddOut: number;
  oddIn: number;
  altered: number;
  answered: boolean;
  first: Moment;
  finding: number;
}

/**
 * `tunnel.icmp`: data hidden in pings that cross the boundary, or that go to a relay inside, behind which the
 * boundary may be. Pings between other inside hosts lead nowhere and are left alone.
 */
export class IcmpTunnels {
  /** Pairs forgotten to make room. */
  evicted = 0;
  private readonly pairs = new Map<string, Pair>();
  private last: Pair | null = null;
  /** The inside end of the last pair, then the other. */
  private readonly lastEnds = new Int32Array(8);
  private readonly judge: Judge;
  private readonly ledger: Ledger;

  constructor(judge: Judge, ledger: Ledger) {
    this.judge = judge;
    this.ledger = ledger;
  }

  /** An ICMP or ICMPv6 message that is no error. */
  take(pkt: Packet, view: DataView, sec: number, nsec: number): void {
    const isReply = isEchoReply(pkt.ipVersion, pkt.icmpType);
    if (!isReply && !isEcho(pkt.ipVersion, pkt.icmpType)) return;
    const from = this.judge.addressClass(pkt.src0, pkt.src1, pkt.src2, pkt.src3);
    const to = this.judge.addressClass(pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3);
    if ((from === OUTSIDE) === (to === OUTSIDE) && !this.isRelayed(pkt, from, to)) return;
    // The host that a finding is about: the inside one; of two, the one that asks.
    const outward = from === OUTSIDE ? false : to === OUTSIDE || !isReply;
    const pair = this.pairOf(pkt, outward, sec, nsec);
    const odd = oddPingBytes(view, pkt.payloadAt, pkt.payloadEnd);
    pair.packets++;
    if (isReply) pair.answered = true;
    if (pair.lengths.size < LENGTHS) pair.lengths.add(pkt.payloadLen);
    if (odd >= MIN_ODD) {
      pair.odd++;
      if (outward) pair.oddOut += odd;
      else pair.oddIn += odd;
    }
    this.compare(pair, pkt, view, isReply, odd);
    this.judgePair(pair, pkt, outward, odd >= MIN_ODD ? odd : 0, sec, nsec);
  }

  private isRelayed(pkt: Packet, from: number, to: number): boolean {
    if (from !== INSIDE || to !== INSIDE) return false;
    return (
      this.judge.isRelay(pkt.src0, pkt.src1, pkt.src2, pkt.src3) ||
      this.judge.isRelay(pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3)
    );
  }

  private pairOf(pkt: Packet, outward: boolean, sec: number, nsec: number): Pair {
    if (this.last !== null && this.isLast(pkt, outward)) return this.last;
    const src = [pkt.src0, pkt.src1, pkt.src2, pkt.src3];
    const dst = [pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3];
    const ends = outward ? [...src, ...dst] : [...dst, ...src];
    const key = ends.join(" ");
    let pair = this.pairs.get(key);
    if (pair === undefined) {
      pair = emptyPair({ sec, nsec });
      if (this.pairs.size >= MAX_PAIRS) this.evictOldest();
    } else this.pairs.delete(key);
    this.pairs.set(key, pair); // the last to speak stands last
    this.last = pair;
    this.lastEnds.set(ends);
    return pair;
  }

  /** The packet is of the same pair as the one before. */
  private isLast(pkt: Packet, outward: boolean): boolean {
    const ends = this.lastEnds;
    const a = outward ? 0 : 4;
    const b = 4 - a;
    return (
      ends[a + 3] === pkt.src3 &&
      ends[b + 3] === pkt.dst3 &&
      ends[a + 2] === pkt.src2 &&
      ends[b + 2] === pkt.dst2 &&
      ends[a + 1] === pkt.src1 &&
      ends[b + 1] === pkt.dst1 &&
      ends[a] === pkt.src0 &&
      ends[b] === pkt.dst0
    );
  }

  private evictOldest(): void {
    for (const key of this.pairs.keys()) {
      this.pairs.delete(key);
      this.last = null;
      this.evicted++;
      return;
    }
  }

  /** A reply has to bring back its request's payload. */
  private compare(pair: Pair, pkt: Packet, view: DataView, isReply: boolean, odd: number): void {
    if (pkt.payloadEnd - pkt.payloadAt < pkt.payloadLen || pkt.payloadAt === 0) return; // cut by capture
    const id = view.getInt32(pkt.payloadAt - 4);
    const hash = hashOf(view, pkt.payloadAt, pkt.payloadEnd);
    if (!isReply) {
      if (pair.open.size >= MAX_OPEN) pair.open.delete(pair.open.keys().next().value ?? 0);
      pair.open.set(id, hash);
      return;
    }
    const asked = pair.open.get(id);
    // A reply to what was not seen says nothing unless it carries something.
    if (asked === undefined ? odd >= MIN_ODD : asked !== hash) pair.altered++;
  }

  private judgePair(pair: Pair, pkt: Packet, outward: boolean, odd: number, sec: number, nsec: number): void {
    const isNew = pair.finding === NO_FINDING;
    const why = isNew ? tunnelSign(pair) : null;
    if (isNew && why === null) return;
    const at = { sec, nsec };
    if (why !== null) {
      pair.finding = this.open(pkt, outward, at);
      list(this.ledger.get(pair.finding).details, why);
    }
    this.ledger.share(pair.finding, {
      attempts: isNew ? pair.packets : 1,
      bytesOut: isNew ? pair.oddOut : outward ? odd : 0,
      bytesIn: isNew ? pair.oddIn : outward ? 0 : odd,
      oneWayBytes: 0,
      outcome: pair.answered ? ANSWERED : ATTEMPTED,
      first: isNew ? pair.first : at,
      last: at,
      ip: null,
    });
  }

  private open(pkt: Packet, outward: boolean, at: Moment): number {
    const src = formatAddress([pkt.src0, pkt.src1, pkt.src2, pkt.src3]);
    const dst = formatAddress([pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3]);
    const destination = outward ? dst : src;
    const handle = this.ledger.open(
      {
        kind: "tunnel.icmp",
        source: outward ? src : dst,
        destination,
        port: null,
        proto: pkt.ipVersion === 6 ? "icmpv6" : "icmp",
        name: null,
        evidence: "none",
        rule: null,
      },
      at,
    );
    list(this.ledger.get(handle).ips, destination);
    return handle;
  }
}

function emptyPair(at: Moment): Pair {
  const counts = { packets: 0, odd: 0, oddOut: 0, oddIn: 0, altered: 0 };
  return {
    open: new Map(),
    lengths: new Set(),
    ...counts,
    answered: false,
    first: { ...at },
    finding: NO_FINDING,
  };
}

/** Why the pings are a tunnel, in words; null while they may be none. */
function tunnelSign({ odd, oddOut, oddIn, altered, lengths }: Pair): string | null {
  const oddBytes = oddOut + oddIn;
  if (odd >= ODD_PACKETS && oddBytes >= ODD_BYTES) return "payloads that no ping program sends";
  if (oddBytes >= MANY_ODD_BYTES) return "payloads that no ping program sends";
  if (altered >= ALTERED) return "replies that do not return what was sent";
  return lengths.size >= LENGTHS ? "payloads of ever other lengths" : null;
}

/** FNV-1a of the octets. */
function hashOf(view: DataView, at: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < end; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x01000193);
  return hash ^ (end - at);
}
