import type { Packet } from "../decode/packet.ts";
import { DatagramList } from "./datagram-list.ts";
import { FragmentChunks } from "./fragment-chunks.ts";
import type { Reading } from "./fragment-octets.ts";
import { IpDatagram, LAYOUT_OCTETS } from "./ip-datagram.ts";

/** Datagrams that are put together at once. */
const MAX_DATAGRAMS = 4096;
/** Seconds of packet time in which a datagram has to become whole; Linux takes 30, RFC 8200 §4.5 has 60. */
const WHOLE_WITHIN_SEC = 30;
/** Seconds after which a datagram without its first fragment is judged by its addresses. */
const FIRST_WITHIN_SEC = 1;
/** Seconds in which copies of a whole datagram's fragments are told from those of another with its number. */
const COPIES_WITHIN_SEC = 1;
/** Readings of one datagram that are judged beside the first two. */
const MAX_REREADINGS = 4;
/** Datagrams in fragments inside one another, that came in fragments. */
const MAX_DEPTH = 4;
const HASH_FACTOR = 0x9e3779b1;

/** Octets of a datagram that was put together: an IP packet at view[at, end), up to `wireEnd` on the wire. */
export interface LaidOut {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly wireEnd: number;
  /** Where the MAC addresses stand, -1 without. */
  readonly macAt: number;
}

/** Is told what becomes of fragments. */
export interface DatagramSink {
  /** The datagram's first fragment, `pkt`, has come. */
  begun(datagram: IpDatagram, pkt: Packet, view: DataView): void;
  /** A reading of the datagram: whole, or as far as it came when its time was over. */
  read(datagram: IpDatagram, octets: LaidOut): void;
  /** Its first fragment has not come: what is known are its addresses. */
  orphaned(datagram: IpDatagram): void;
  /** A copy of a fragment of a datagram that was read. */
  copied(datagram: IpDatagram): void;
}

/**
 * Puts IPv4 and IPv6 datagrams together from their fragments (RFC 791 §3.2, RFC 815, RFC 8200 §4.5): in any
 * order, copied by a mirror, overlapping. Number, memory and packet time are bounded; what was not put together
 * is counted.
 */
export class IpFragments {
  /** Datagrams that never became whole; fragments that contradicted others; that no datagram can have; copies. */
  incomplete = 0;
  overlaps = 0;
  invalid = 0;
  copies = 0;
  /** Datagrams given up to make room, and those too deep inside others. */
  evicted = 0;
  tooDeep = 0;
  /** The VLAN is part of a datagram's identity (`enclave.overlapping`). */
  byVlan = false;
  private readonly open = new DatagramList();
  private readonly whole = new DatagramList();
  /** The oldest open datagram that was not looked at for its first fragment yet. */
  private unlooked: IpDatagram | null = null;
  private readonly byHash = new Map<number, IpDatagram>();
  private readonly spare: IpDatagram[] = [];
  private readonly chunks: FragmentChunks;
  private readonly outs: Uint8Array[] = [];
  private depth = 0;
  private readonly seed: number;
  private readonly sink: DatagramSink;
  private readonly maxDatagrams: number;

  /** `seed`: any int32; hostile datagrams must not meet in one place at will. */
  constructor(seed: number, sink: DatagramSink, maxDatagrams: number = MAX_DATAGRAMS, maxChunks?: number) {
    this.seed = seed | 0;
    this.sink = sink;
    this.maxDatagrams = maxDatagrams;
    this.chunks = new FragmentChunks(maxChunks);
  }

  /** Datagrams that are not whole. */
  get pending(): number {
    return this.open.size;
  }

  /** Takes the fragment `pkt` (its `fragAt` is not 0), which came in a frame of `wireLen` octets. */
  take(pkt: Packet, view: DataView, sec: number, nsec: number, wireLen: number): void {
    const hash = this.hashOf(pkt, view);
    let datagram = this.find(pkt, view, hash);
    if (datagram?.isBusy === true) {
      this.tooDeep++;
      return;
    }
    if (datagram?.isWhole === true) {
      if (this.takeLate(datagram, pkt, view, sec, nsec, wireLen)) return;
      this.drop(datagram);
      datagram = null;
    }
    datagram ??= this.begin(pkt, view, hash, sec);
    count(datagram, sec, nsec, wireLen);
    datagram.keepMacs(pkt, view);
    const hadHead = datagram.hasHead;
    this.place(datagram, pkt, view);
    if (!hadHead && datagram.hasHead) this.sink.begun(datagram, pkt, view);
    if (datagram.isComplete(0) || (datagram.isAmbiguous && datagram.isComplete(1)))
      this.becameWhole(datagram);
  }

  /** Judges what has waited long enough at `sec`. */
  settleDue(sec: number): void {
    for (let next = this.unlooked; next !== null && next.begunSec + FIRST_WITHIN_SEC < sec; ) {
      const { newer } = next;
      this.unlooked = newer;
      if (!next.hasHead) this.orphan(next);
      next = newer;
    }
    for (let next = this.open.oldest; next !== null && next.begunSec + WHOLE_WITHIN_SEC < sec; ) {
      this.giveUp(next);
      next = this.open.oldest;
    }
    for (let next = this.whole.oldest; next !== null && next.sec + COPIES_WITHIN_SEC < sec; ) {
      this.drop(next);
      next = this.whole.oldest;
    }
  }

  /** No more fragments will come. */
  settleAll(): void {
    this.settleDue(Infinity);
  }

  /** The datagram of which `pkt` is a fragment, or null. */
  datagramOf(pkt: Packet, view: DataView): IpDatagram | null {
    return this.find(pkt, view, this.hashOf(pkt, view));
  }

  /** A fragment of a datagram that was whole. False when it belongs to another with the same number. */
  private takeLate(
    datagram: IpDatagram,
    pkt: Packet,
    view: DataView,
    sec: number,
    nsec: number,
    wireLen: number,
  ): boolean {
    if (sec - datagram.sec > COPIES_WITHIN_SEC) return false;
    if (datagram.isCopy(pkt, view)) {
      this.copies++;
      count(datagram, sec, nsec, wireLen);
      this.sink.copied(datagram);
      return true;
    }
    if (!datagram.covers(pkt)) return false;
    // Who receives it may have missed what came before: with these octets the datagram reads in another way.
    count(datagram, sec, nsec, wireLen);
    this.place(datagram, pkt, view);
    if (datagram.rereadings++ < MAX_REREADINGS) this.read(datagram, 1);
    return true;
  }

  private place(datagram: IpDatagram, pkt: Packet, view: DataView): void {
    let effect = datagram.take(pkt, view);
    while (effect === "full" && this.evictBut(datagram)) effect = datagram.take(pkt, view);
    if (effect === "copy") this.copies++;
    else if (effect === "overlap") this.overlaps++;
    else if (effect === "invalid") this.invalid++;
    else if (effect === "full") this.evicted++;
  }

  private becameWhole(datagram: IpDatagram): void {
    this.leaveOpen(datagram);
    this.readAll(datagram, false);
    datagram.isWhole = true;
    this.whole.push(datagram);
  }

  /** Its time is over: what there is of it is judged. */
  private giveUp(datagram: IpDatagram): void {
    this.incomplete++;
    this.leaveOpen(datagram);
    if (datagram.hasHead) this.readAll(datagram, true);
    else this.orphan(datagram);
    this.release(datagram);
  }

  private orphan(datagram: IpDatagram): void {
    if (datagram.frames > 0) this.sink.orphaned(datagram);
  }

  /** In no list meanwhile: what is inside may be fragments, for which others have to make room. */
  private readAll(datagram: IpDatagram, isPartial: boolean): void {
    datagram.isBusy = true;
    if (isPartial || datagram.isComplete(0)) this.read(datagram, 0);
    if (datagram.isAmbiguous && (isPartial || datagram.isComplete(1))) this.read(datagram, 1);
    datagram.isBusy = false;
  }

  private read(datagram: IpDatagram, reading: Reading): void {
    if (this.depth === MAX_DEPTH) {
      this.tooDeep++;
      return;
    }
    this.outs[this.depth] ??= new Uint8Array(LAYOUT_OCTETS);
    const out = this.outs[this.depth];
    const end = datagram.layOut(out, reading);
    const wireEnd = datagram.wireEndOf(reading);
    this.depth++;
    const view = new DataView(out.buffer);
    this.sink.read(datagram, { view, at: datagram.packetAt, end, wireEnd, macAt: datagram.macAt });
    this.depth--;
  }

  private begin(pkt: Packet, view: DataView, hash: number, sec: number): IpDatagram {
    if (this.open.size + this.whole.size >= this.maxDatagrams) this.evictBut(null);
    const datagram = this.spare.pop() ?? new IpDatagram(this.chunks);
    datagram.begin(pkt, view, hash, sec);
    datagram.sameHash = this.byHash.get(hash) ?? null;
    this.byHash.set(hash, datagram);
    this.open.push(datagram);
    this.unlooked ??= datagram;
    return datagram;
  }

  /** Makes room: of whole datagrams nothing is lost. False when there is nothing to give up but `kept`. */
  private evictBut(kept: IpDatagram | null): boolean {
    const { oldest } = this.whole;
    const whole = oldest === kept ? (oldest?.newer ?? null) : oldest;
    if (whole !== null) {
      this.drop(whole);
      return true;
    }
    const open = this.open.oldest === kept ? (kept?.newer ?? null) : this.open.oldest;
    if (open === null) return false;
    this.evicted++;
    this.giveUp(open);
    return true;
  }

  private drop(datagram: IpDatagram): void {
    if (datagram.isWhole) this.whole.remove(datagram);
    else this.leaveOpen(datagram);
    this.release(datagram);
  }

  private release(datagram: IpDatagram): void {
    const first = this.byHash.get(datagram.hash) ?? null;
    if (first === datagram) {
      if (datagram.sameHash === null) this.byHash.delete(datagram.hash);
      else this.byHash.set(datagram.hash, datagram.sameHash);
    } else {
      for (let other = first; other !== null; other = other.sameHash) {
        if (other.sameHash === datagram) other.sameHash = datagram.sameHash;
      }
    }
    datagram.drop();
    this.spare.push(datagram);
  }

  private leaveOpen(datagram: IpDatagram): void {
    if (this.unlooked === datagram) this.unlooked = datagram.newer;
    this.open.remove(datagram);
  }

  private find(pkt: Packet, view: DataView, hash: number): IpDatagram | null {
    let datagram = this.byHash.get(hash) ?? null;
    while (datagram !== null && !datagram.owns(pkt, view, this.byVlan)) datagram = datagram.sameHash;
    return datagram;
  }

  /** RFC 791 §3.2: addresses, protocol and identification; RFC 8200 §4.5: addresses and identification. */
  private hashOf(pkt: Packet, view: DataView): number {
    let hash = this.seed ^ pkt.fragId;
    if (pkt.ipVersion === 4) hash ^= view.getUint8(pkt.fragNextAt) << 24;
    hash = mix(mix(mix(mix(hash, pkt.src0), pkt.src1), pkt.src2), pkt.src3);
    return mix(mix(mix(mix(hash, pkt.dst0), pkt.dst1), pkt.dst2), pkt.dst3);
  }
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, HASH_FACTOR);
  return mixed ^ (mixed >>> 15);
}

function count(datagram: IpDatagram, sec: number, nsec: number, wireLen: number): void {
  datagram.frames++;
  datagram.wireLen += wireLen;
  datagram.sec = sec;
  datagram.nsec = nsec;
}
