import { NO_VLAN, NO_VNI, type Packet } from "../decode/packet.ts";
import { CHUNK_OCTETS, type FragmentChunks, UNIT_OCTETS } from "./fragment-chunks.ts";
import { FragmentOctets, MAX_CHUNKS, type OctetsEffect, type Reading } from "./fragment-octets.ts";

/** Octets behind the IP header that a datagram can have (RFC 791 §3.1, RFC 8200 §3). */
const MAX_OCTETS = 0xffff;
const IPV6_HEADER_LEN = 40;
const MAC_OCTETS = 12;
/** The longest IP header that is kept: all of IPv4, and of IPv6 what no fragment may split (RFC 8200 §4.5). */
const MAX_HEAD = 1024;
/** Octets that `layOut` may write. */
export const LAYOUT_OCTETS: number = MAC_OCTETS + MAX_HEAD + MAX_CHUNKS * CHUNK_OCTETS;

/**
 * What a fragment did: it brought octets; all its octets were there before; some of its octets, or the end
 * that it gives, are not what others gave; it has a length or a place that none can have; there is no memory
 * for it.
 */
export type FragmentEffect = OctetsEffect | "invalid";

/**
 * One datagram that comes in fragments. Where fragments overlap and differ there are two readings of it: the
 * octets that came first, and those that came last. Reused: `begin` makes it another datagram.
 */
export class IpDatagram {
  version = 0;
  vlan: number = NO_VLAN;
  vni: number = NO_VNI;
  /** Its fragments came through a tunnel. */
  isInner = false;
  id = 0;
  /** IPv4: the header's protocol, a part of what tells datagrams apart. IPv6: the next header that was named last. */
  proto = 0;
  readonly src = new Int32Array(4);
  readonly dst = new Int32Array(4);
  hash = 0;
  /** Neighbours in its table's order of age, and the next with its hash. */
  older: IpDatagram | null = null;
  newer: IpDatagram | null = null;
  sameHash: IpDatagram | null = null;

  /** Packet time of the first fragment that came, and of the last. */
  begunSec = 0;
  sec = 0;
  nsec = 0;
  /** Frames and their octets on the wire that no flow has counted yet. */
  frames = 0;
  wireLen = 0;
  /** Octets received, each once, that no flow has counted. */
  uncounted = 0;
  /** It became whole, at `sec`. It stays for a moment, to tell copies of its fragments. */
  isWhole = false;
  /** It is being judged: what is inside it cannot be a fragment of it. */
  isBusy = false;
  /** Readings that were judged beside the first. */
  rereadings = 0;
  /** The row of its flow, or -1, the row's generation, and whether the flow's B sent it. */
  row = -1;
  generation = 0;
  fromB = false;

  /** Where it ends: -1 before a fragment without more to come; as the first, and as the last said. */
  private end = -1;
  private lastEnd = -1;
  private readonly head = new Uint8Array(MAX_HEAD);
  private headLen = 0;
  private nextOffset = 0;
  private readonly macs = new Uint8Array(MAC_OCTETS);
  private hasMacs = false;
  private readonly octets: FragmentOctets;

  constructor(chunks: FragmentChunks) {
    this.octets = new FragmentOctets(chunks);
  }

  /** Becomes the datagram of which `pkt` is a fragment, without taking it. */
  begin(pkt: Packet, view: DataView, hash: number, sec: number): void {
    this.version = pkt.ipVersion;
    this.vlan = pkt.vlan;
    this.vni = pkt.vni;
    this.isInner = pkt.layerAt !== 0;
    this.id = pkt.fragId;
    this.proto = view.getUint8(pkt.fragNextAt);
    this.src[0] = pkt.src0;
    this.src[1] = pkt.src1;
    this.src[2] = pkt.src2;
    this.src[3] = pkt.src3;
    this.dst[0] = pkt.dst0;
    this.dst[1] = pkt.dst1;
    this.dst[2] = pkt.dst2;
    this.dst[3] = pkt.dst3;
    this.hash = hash;
    this.begunSec = sec;
    this.frames = 0;
    this.wireLen = 0;
    this.uncounted = 0;
    this.isWhole = false;
    this.rereadings = 0;
    this.row = -1;
    this.end = -1;
    this.lastEnd = -1;
    this.headLen = 0;
    this.hasMacs = false;
  }

  /** Whether `pkt` is a fragment of it. */
  owns(pkt: Packet, view: DataView, byVlan: boolean): boolean {
    return (
      this.id === pkt.fragId &&
      this.version === pkt.ipVersion &&
      this.src[3] === pkt.src3 &&
      this.dst[3] === pkt.dst3 &&
      this.src[2] === pkt.src2 &&
      this.dst[2] === pkt.dst2 &&
      this.src[1] === pkt.src1 &&
      this.dst[1] === pkt.dst1 &&
      this.src[0] === pkt.src0 &&
      this.dst[0] === pkt.dst0 &&
      (this.version === 6 || this.proto === view.getUint8(pkt.fragNextAt)) &&
      (!byVlan || (this.vlan === pkt.vlan && this.vni === pkt.vni))
    );
  }

  /** Fills a packet of which addresses, protocol and length are known, and nothing else. */
  address(pkt: Packet): void {
    pkt.ipVersion = this.version;
    pkt.vlan = this.vlan;
    pkt.vni = this.vni;
    pkt.src0 = this.src[0];
    pkt.src1 = this.src[1];
    pkt.src2 = this.src[2];
    pkt.src3 = this.src[3];
    pkt.dst0 = this.dst[0];
    pkt.dst1 = this.dst[1];
    pkt.dst2 = this.dst[2];
    pkt.dst3 = this.dst[3];
    pkt.ipMark = this.id & 0xffff;
    pkt.l4Proto = this.proto;
    pkt.frames = this.frames;
    pkt.payloadLen = this.uncounted;
    pkt.macOffset = this.macAt;
  }

  /** Gives its memory back. */
  drop(): void {
    this.octets.drop();
  }

  /** The first fragment is there. */
  get hasHead(): boolean {
    return this.headLen > 0;
  }

  /** There are two readings of it. */
  get isAmbiguous(): boolean {
    return this.end !== this.lastEnd || this.octets.differ;
  }

  /** Takes the fragment `pkt` of it. */
  take(pkt: Packet, view: DataView): FragmentEffect {
    const from = pkt.fragOffset;
    const len = octetsOf(pkt);
    const to = from + len;
    if (len <= 0 || headOctets(pkt) + to > MAX_OCTETS) return "invalid";
    const captured = Math.max(0, Math.min(pkt.l4End - pkt.fragAt, len));
    const { highest, received } = this.octets;
    let effect: FragmentEffect = this.octets.take(view, pkt.fragAt, from, to, captured);
    if (effect === "full") return effect;
    this.uncounted += this.octets.received - received;
    if (this.endsElsewhere(pkt.fragMore === 0, to, highest)) effect = "overlap";
    if (from === 0) {
      if (this.headLen === 0 && !this.keepHead(pkt, view)) return "invalid";
      // Which header the first octets are is said twice, and not the same.
      if (this.head[this.nextOffset] !== nextOf(pkt, view)) effect = "overlap";
    }
    if (this.version === 6) this.proto = nextOf(pkt, view);
    return effect;
  }

  /** Whether the fragment, that its datagram had before, says the same again. */
  isCopy(pkt: Packet, view: DataView): boolean {
    const from = pkt.fragOffset;
    const len = octetsOf(pkt);
    const to = from + len;
    if (
      len <= 0 ||
      to > this.octets.highest ||
      (pkt.fragMore === 0 && to !== this.end && to !== this.lastEnd)
    ) {
      return false;
    }
    return this.octets.has(view, pkt.fragAt, from, Math.min(len, pkt.l4End - pkt.fragAt));
  }

  /** Whether the fragment `pkt` lies within what came of it. */
  covers(pkt: Packet): boolean {
    const len = octetsOf(pkt);
    return len > 0 && pkt.fragOffset + len <= this.octets.highest;
  }

  /** Whether a reading has all its octets. */
  isComplete(reading: Reading): boolean {
    const end = this.endOf(reading);
    const { octets } = this;
    return this.headLen > 0 && end >= 0 && octets.received >= end && octets.wholeUpTo(end) >= end;
  }

  /**
   * Writes what there is of a reading as an IP packet without fragmentation, the MAC addresses before it, to
   * `out`, and returns where its captured octets end. `wireEndOf` says where it would have ended.
   */
  layOut(out: Uint8Array, reading: Reading): number {
    const { octets, headLen } = this;
    const end = this.endOf(reading);
    out.set(this.macs, 0);
    out.set(this.head.subarray(0, headLen), MAC_OCTETS);
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    const length = this.lengthOf(reading);
    if (this.version === 4) {
      view.setUint16(MAC_OCTETS + 2, Math.min(0xffff, headLen + length));
      view.setUint16(MAC_OCTETS + 6, 0);
    } else view.setUint16(MAC_OCTETS + 4, Math.min(0xffff, headLen - IPV6_HEADER_LEN + length));
    const stop = Math.min(octets.wholeUpTo(end < 0 ? octets.highest : end), octets.cutAt);
    octets.copyOut(out, MAC_OCTETS + headLen, reading, stop);
    return MAC_OCTETS + headLen + stop;
  }

  /** Where the IP header stands that `layOut` writes, and where the packet ends by its own length. */
  get packetAt(): number {
    return MAC_OCTETS;
  }

  wireEndOf(reading: Reading): number {
    return MAC_OCTETS + this.headLen + this.lengthOf(reading);
  }

  /** The MAC addresses that were kept. */
  readonly macView = new DataView(this.macs.buffer);

  /** Offset of the MAC addresses in `macView` and in what `layOut` writes, or -1. */
  get macAt(): number {
    return this.hasMacs ? 0 : -1;
  }

  /** Remembers the link's addresses, where it has some. */
  keepMacs(pkt: Packet, view: DataView): void {
    if (this.hasMacs || pkt.macOffset < 0) return;
    for (let i = 0; i < MAC_OCTETS; i++) this.macs[i] = view.getUint8(pkt.macOffset + i);
    this.hasMacs = true;
  }

  private endOf(reading: Reading): number {
    return reading === 0 ? this.end : this.lastEnd;
  }

  /** Octets behind the header: all, or those that came. */
  private lengthOf(reading: Reading): number {
    return this.isComplete(reading) ? this.endOf(reading) : this.octets.received;
  }

  /** A fragment up to `to`, the last one if `isLast`: whether it contradicts what was said of the end. */
  private endsElsewhere(isLast: boolean, to: number, highest: number): boolean {
    if (!isLast) return this.end >= 0 && to > this.end && to > this.lastEnd;
    const before = this.end < 0 ? Math.max(to, highest) : this.lastEnd;
    if (this.end < 0) this.end = to;
    this.lastEnd = to;
    return before !== to;
  }

  /** The IP header, without what made it a fragment's. False when it is longer than is kept. */
  private keepHead(pkt: Packet, view: DataView): boolean {
    const dataAt = this.version === 6 ? pkt.fragAt - UNIT_OCTETS : pkt.fragAt;
    const len = dataAt - pkt.fragHeadAt;
    if (len > MAX_HEAD) return false;
    for (let n = 0; n < len; n++) this.head[n] = view.getUint8(pkt.fragHeadAt + n);
    this.nextOffset = pkt.fragNextAt - pkt.fragHeadAt;
    this.head[this.nextOffset] = nextOf(pkt, view);
    this.headLen = len;
    return true;
  }
}

/** Only the last fragment may end within a unit; what sticks out of others is dropped by who receives them. */
function octetsOf({ fragMore, fragAt, l4WireEnd }: Packet): number {
  const len = l4WireEnd - fragAt;
  return fragMore === 1 ? len - (len % UNIT_OCTETS) : len;
}

/** What the first octets of the datagram are: IPv6 says it in the fragment header. */
function nextOf({ ipVersion, fragAt, fragNextAt }: Packet, view: DataView): number {
  return view.getUint8(ipVersion === 6 ? fragAt - UNIT_OCTETS : fragNextAt);
}

/** Octets before the fragment's own that the datagram's length field counts. */
function headOctets({ ipVersion, fragAt, fragHeadAt }: Packet): number {
  const headLen = fragAt - fragHeadAt;
  return ipVersion === 6 ? headLen - UNIT_OCTETS - IPV6_HEADER_LEN : headLen;
}
