import { NO_VNI, type Packet } from "../decode/packet.ts";
import {
  ADDR_A,
  ADDR_B,
  FLAGS,
  GENERATION,
  HASH,
  LAST_SEC,
  PORTS,
  PROTO,
  ROW_DOUBLES,
  ROW_WORDS,
} from "./flow-row.ts";

/** Returned by `find` and `create` when there is none. */
export const NO_ROW = -1;

const INITIAL_ROWS = 1 << 14;
/** At first no more than the second-level cache holds beside the rows. */
const INITIAL_SLOTS = 1 << 14;
/** VLAN ids, and none. */
const VLANS = 4097;
const MAX_NETWORKS = 0xffff;
/** Slots are pairs of words: hash, row + 1 (0: empty). */
const SLOT_WORDS = 2;

/**
 * The flow table: an index by open addressing (linear probing, hash in the slot, at most 60 % full)
 * over dense rows. Rows are given out in order of first packet and reused, so walking them in row
 * order is deterministic; the hash seed differs per run, so that hostile flows cannot collide at
 * will, and nothing that is printed may depend on the index.
 */
export class FlowTable {
  /** The rows, as int32 words and as float64 (see flow-row.ts). Replaced when the table grows. */
  words: Int32Array;
  doubles: Float64Array;
  /** Rows ever used: all live rows lie below. A row is live when its FLAGS are not FREE_ROW. */
  rowsUsed = 0;
  /** Live rows. */
  size = 0;
  /** After `find` or `create`: whether the packet goes from A to B (0) or from B to A (1). */
  direction = 0;
  /** VLAN and VNI are part of a flow's identity (`enclave.overlapping`). Mirrors often tag one direction only. */
  byVlan = false;
  private readonly networks = new Map<number, number>();

  private slots = new Int32Array(INITIAL_SLOTS * SLOT_WORDS);
  private slotMask = INITIAL_SLOTS - 1;
  private rowCapacity: number;
  private freeRows: number[] = [];
  private readonly seed: number;
  private readonly maxRows: number;

  /** `maxRows`: the hard cap; `seed`: any int32. */
  constructor(maxRows: number, seed: number) {
    this.maxRows = maxRows;
    this.seed = seed | 0;
    this.rowCapacity = Math.min(INITIAL_ROWS, maxRows);
    const memory = new ArrayBuffer(this.rowCapacity * ROW_WORDS * 4);
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /** The live row of the packet's 5-tuple in either direction, or NO_ROW. Sets `direction`. */
  find(pkt: Packet, hash: number): number {
    const ports = (pkt.srcPort << 16) | pkt.dstPort;
    if (pkt.ipVersion === 4) return this.lookUp(hash, this.protoKey(pkt), ports, pkt.src3, pkt.dst3, null);
    return this.lookUp(hash, this.protoKey(pkt), ports, pkt.src3, pkt.dst3, pkt);
  }

  /** The same for an untagged IPv4 packet, by its addresses, its two ports as one word, and its protocol. */
  findIpv4(src: number, dst: number, ports: number, proto: number): number {
    const ends = mixIpv4(this.seed, src, ports >>> 16) + mixIpv4(this.seed, dst, ports & 0xffff);
    return this.lookUp(
      finish(ends ^ Math.imul(proto, PROTO_FACTOR)),
      proto | IPV4_KEY,
      ports,
      src,
      dst,
      null,
    );
  }

  /** The same for an untagged packet with IPv6 addresses: those of `pkt`, of which nothing else is read. */
  findIpv6(pkt: Packet, ports: number, proto: number): number {
    const src = mixEnd(this.seed, pkt.src0, pkt.src1, pkt.src2, pkt.src3, ports >>> 16);
    const dst = mixEnd(this.seed, pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3, ports & 0xffff);
    return this.lookUp(
      finish((src + dst) ^ Math.imul(proto, PROTO_FACTOR)),
      proto | IPV6_KEY,
      ports,
      pkt.src3,
      pkt.dst3,
      pkt,
    );
  }

  /** `ipv6`: the packet whose upper address words are to be compared as well. */
  private lookUp(
    hash: number,
    proto: number,
    ports: number,
    src3: number,
    dst3: number,
    ipv6: Packet | null,
  ): number {
    const { slots, words, slotMask } = this;
    const portsBack = (ports << 16) | (ports >>> 16);
    for (let slot = hash & slotMask; ; slot = (slot + 1) & slotMask) {
      const row = slots[slot * SLOT_WORDS + 1] - 1;
      if (row < 0) return NO_ROW;
      if (slots[slot * SLOT_WORDS] !== hash) continue;
      const w = row * ROW_WORDS;
      if (words[w + PROTO] !== proto) continue;
      const a3 = words[w + ADDR_A + 3];
      const b3 = words[w + ADDR_B + 3];
      if (words[w + PORTS] === ports && a3 === src3 && b3 === dst3) {
        if (ipv6 === null || sameUpper(words, w + ADDR_A, w + ADDR_B, ipv6)) {
          this.direction = 0;
          return row;
        }
      }
      if (words[w + PORTS] === portsBack && a3 === dst3 && b3 === src3) {
        if (ipv6 === null || sameUpper(words, w + ADDR_B, w + ADDR_A, ipv6)) {
          this.direction = 1;
          return row;
        }
      }
    }
  }

  /** Protocol, IP version, and the network where networks may use the same addresses; see flow-row.ts. */
  private protoKey(pkt: Packet): number {
    const key = (pkt.l4Proto & 0xff) | (pkt.ipVersion << 8);
    return this.byVlan ? key | (this.networkOf(pkt) << 16) : key;
  }

  /** 16 bits for a VLAN (its id and 1), or for a VNI and the VLAN in it: those get numbers as they come. */
  private networkOf(pkt: Packet): number {
    if (pkt.vni === NO_VNI) return pkt.vlan + 1;
    const pair = pkt.vni * VLANS + pkt.vlan + 1;
    let network = this.networks.get(pair);
    if (network === undefined) {
      network = Math.min(VLANS + this.networks.size, MAX_NETWORKS);
      if (network < MAX_NETWORKS) this.networks.set(pair, network); // beyond are all one
    }
    return network;
  }

  /** Symmetric in the two ends, so that both directions meet. */
  hashOf(pkt: Packet): number {
    const src = mixEnd(this.seed, pkt.src0, pkt.src1, pkt.src2, pkt.src3, pkt.srcPort);
    const dst = mixEnd(this.seed, pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3, pkt.dstPort);
    return finish((src + dst) ^ Math.imul(pkt.l4Proto, PROTO_FACTOR));
  }

  /** A new row for the packet's 5-tuple, cleared but for its key; NO_ROW at the cap. */
  create(pkt: Packet, hash: number): number {
    let row = this.freeRows.pop();
    if (row === undefined) {
      if (this.rowsUsed === this.maxRows) return NO_ROW;
      if (this.rowsUsed === this.rowCapacity) this.growRows();
      row = this.rowsUsed++;
    }
    if ((this.size + 1) * 10 > (this.slotMask + 1) * 6) this.growSlots();
    this.size++;
    const words = this.words;
    const w = row * ROW_WORDS;
    const generation = words[w + GENERATION];
    words.fill(0, w, w + ROW_WORDS);
    words[w + GENERATION] = (generation + 1) | 0;
    words[w + ADDR_A] = pkt.src0;
    words[w + ADDR_A + 1] = pkt.src1;
    words[w + ADDR_A + 2] = pkt.src2;
    words[w + ADDR_A + 3] = pkt.src3;
    words[w + ADDR_B] = pkt.dst0;
    words[w + ADDR_B + 1] = pkt.dst1;
    words[w + ADDR_B + 2] = pkt.dst2;
    words[w + ADDR_B + 3] = pkt.dst3;
    words[w + PORTS] = (pkt.srcPort << 16) | pkt.dstPort;
    words[w + PROTO] = this.protoKey(pkt);
    words[w + HASH] = hash;
    this.place(hash, row);
    this.direction = 0;
    return row;
  }

  /** Takes a live row out; its words stay readable until the next `create`. */
  remove(row: number): void {
    this.unplace(this.words[row * ROW_WORDS + HASH], row);
    this.words[row * ROW_WORDS + FLAGS] = FREE_ROW;
    this.freeRows.push(row);
    this.size--;
  }

  isLive(row: number): boolean {
    return this.words[row * ROW_WORDS + FLAGS] !== FREE_ROW;
  }

  /** Whether the row is live and still that of the flow to which it was given with this GENERATION. */
  isStill(row: number, generation: number): boolean {
    return row !== NO_ROW && this.isLive(row) && this.words[row * ROW_WORDS + GENERATION] === generation;
  }

  /** Seconds (whole) of the flow's last packet. */
  lastSec(row: number): number {
    return this.doubles[row * ROW_DOUBLES + LAST_SEC];
  }

  private place(hash: number, row: number): void {
    const slots = this.slots;
    let slot = hash & this.slotMask;
    while (slots[slot * SLOT_WORDS + 1] !== 0) slot = (slot + 1) & this.slotMask;
    slots[slot * SLOT_WORDS] = hash;
    slots[slot * SLOT_WORDS + 1] = row + 1;
  }

  /** Backward-shift deletion: no tombstones, so probe lengths do not decay in a run of months. */
  private unplace(hash: number, row: number): void {
    const slots = this.slots;
    const mask = this.slotMask;
    let hole = hash & mask;
    while (slots[hole * SLOT_WORDS + 1] !== row + 1) hole = (hole + 1) & mask;
    for (let next = (hole + 1) & mask; slots[next * SLOT_WORDS + 1] !== 0; next = (next + 1) & mask) {
      const home = slots[next * SLOT_WORDS] & mask;
      // An entry may move back into the hole unless its home lies between the hole and itself.
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      slots[hole * SLOT_WORDS] = slots[next * SLOT_WORDS];
      slots[hole * SLOT_WORDS + 1] = slots[next * SLOT_WORDS + 1];
      hole = next;
    }
    slots[hole * SLOT_WORDS] = 0;
    slots[hole * SLOT_WORDS + 1] = 0;
  }

  private growSlots(): void {
    const old = this.slots;
    this.slotMask = this.slotMask * 2 + 1;
    this.slots = new Int32Array((this.slotMask + 1) * SLOT_WORDS);
    for (let i = 0; i < old.length; i += SLOT_WORDS) {
      if (old[i + 1] !== 0) this.place(old[i], old[i + 1] - 1);
    }
  }

  private growRows(): void {
    this.rowCapacity = Math.min(this.rowCapacity * 2, this.maxRows);
    const memory = new ArrayBuffer(this.rowCapacity * ROW_WORDS * 4);
    const words = new Int32Array(memory);
    words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(memory);
  }
}

/** Whether the first three words of the addresses at `src` and `dst` are the packet's. */
function sameUpper(words: Int32Array, src: number, dst: number, pkt: Packet): boolean {
  return (
    words[src + 2] === pkt.src2 &&
    words[dst + 2] === pkt.dst2 &&
    words[src + 1] === pkt.src1 &&
    words[dst + 1] === pkt.dst1 &&
    words[src] === pkt.src0 &&
    words[dst] === pkt.dst0
  );
}

/** PROTO of untagged flows, protocol aside. */
const IPV4_KEY = 4 << 8;
const IPV6_KEY = 6 << 8;
const PROTO_FACTOR = 0x9e3779b1;

/** FLAGS of a row that is not in use. A live flow with the top bit (GATE_AJAR) has sent payload: SEQ_A_SET or SEQ_B_SET as well. */
const FREE_ROW = -0x80000000;

function mixEnd(seed: number, w0: number, w1: number, w2: number, w3: number, port: number): number {
  if (w2 === 0xffff && w1 === 0 && w0 === 0) return mixIpv4(seed, w3, port);
  let h = mixIpv4(seed, w3, port);
  h = Math.imul(h ^ (h >>> 13) ^ w2, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16) ^ w1, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15) ^ w0, 0x9e3779b1);
  return (h ^ (h >>> 16) ^ seed) | 0;
}

function mixIpv4(seed: number, address: number, port: number): number {
  let h = Math.imul(seed ^ address, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ port, 0xc2b2ae35);
  return (h ^ (h >>> 16) ^ seed) | 0;
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  return (h ^ (h >>> 15)) | 0;
}
