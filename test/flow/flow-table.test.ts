import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Packet } from "../../src/decode/packet.ts";
import { FLAGS, GENERATION, ROW_WORDS } from "../../src/flow/flow-row.ts";
import { FlowTable, NO_ROW } from "../../src/flow/flow-table.ts";

interface Tuple {
  readonly version: number;
  readonly proto: number;
  readonly a: number;
  readonly b: number;
  readonly aPort: number;
  readonly bPort: number;
}

function packet({ version, proto, a, b, aPort, bPort }: Tuple, back = false): Packet {
  const pkt = new Packet();
  pkt.ipVersion = version;
  pkt.l4Proto = proto;
  [pkt.src3, pkt.dst3] = back ? [b, a] : [a, b];
  [pkt.srcPort, pkt.dstPort] = back ? [bPort, aPort] : [aPort, bPort];
  if (version === 6) {
    // The same end is told apart by its upper words alone.
    [pkt.src0, pkt.dst0] = [0x20010db8 + pkt.src3, 0x20010db8 + pkt.dst3];
    [pkt.src1, pkt.dst2] = [0, 0];
  } else [pkt.src2, pkt.dst2] = [0xffff, 0xffff];
  return pkt;
}

/** The same for a tuple and its reverse. */
function keyOf({ version, proto, a, b, aPort, bPort }: Tuple): string {
  return [version, proto, ...[`${a}:${aPort}`, `${b}:${bPort}`].sort()].join(" ");
}

const end = { a: fc.integer({ min: -2, max: 3 }), b: fc.integer({ min: -2, max: 3 }) };
const port = fc.constantFrom(0, 1, 53, 443, 40000, 65535);
const tuples = fc.record({
  version: fc.constantFrom(4, 6),
  proto: fc.constantFrom(1, 6, 17),
  ...end,
  aPort: port,
  bPort: port,
});
const steps = fc.array(fc.record({ tuple: tuples, back: fc.boolean(), isRemoval: fc.boolean() }), {
  maxLength: 300,
});

/** Finds, or else creates. */
function enter(table: FlowTable, pkt: Packet, hash = table.hashOf(pkt)): number {
  const row = table.find(pkt, hash);
  return row === NO_ROW ? table.create(pkt, hash) : row;
}

describe("FlowTable", () => {
  // One hash for all is the worst seed there can be; few hashes make runs of neighbours that wrap around.
  for (const [what, hash] of [
    ["its own hash", (table: FlowTable, pkt: Packet) => table.hashOf(pkt)],
    ["one hash for all", () => -1],
    ["few hashes", (table: FlowTable, pkt: Packet) => (table.hashOf(pkt) & 7) - 5],
  ] as const) {
    it(`agrees with a Map: ${what}`, () => {
      fc.assert(
        fc.property(steps, fc.integer(), (todo, seed) => {
          const table = new FlowTable(1 << 20, seed);
          const model = new Map<string, { row: number; tuple: Tuple }>();
          for (const { tuple, back, isRemoval } of todo) {
            const pkt = packet(tuple, back);
            const known = model.get(keyOf(tuple));
            const row = table.find(pkt, hash(table, pkt));
            expect(row).toBe(known?.row ?? NO_ROW);
            if (known !== undefined) {
              const isForward = sameWay(packet(known.tuple), pkt);
              expect(table.direction).toBe(isForward ? 0 : 1);
              if (isRemoval) {
                table.remove(row);
                model.delete(keyOf(tuple));
                expect(table.isLive(row)).toBe(false);
              }
            } else {
              const created = table.create(pkt, hash(table, pkt));
              const oriented = back
                ? { ...tuple, a: tuple.b, b: tuple.a, aPort: tuple.bPort, bPort: tuple.aPort }
                : tuple;
              model.set(keyOf(tuple), { row: created, tuple: oriented });
            }
            expect(table.size).toBe(model.size);
          }
          for (const { row, tuple } of model.values()) {
            const pkt = packet(tuple);
            expect(table.find(pkt, hash(table, pkt))).toBe(row);
          }
        }),
        { numRuns: 60 },
      );
    });
  }

  it("keeps every flow while it grows, and its hash is the same both ways", () => {
    const table = new FlowTable(1 << 20, 12345);
    const unlucky = packet({ version: 4, proto: 17, a: 1, b: 2, aPort: 3, bPort: 4 });
    table.create(unlucky, 0);
    const count = 100_000; // beyond 60 % of the first index and several times the first rows
    const tuple = (n: number): Tuple => ({
      version: 4,
      proto: 6,
      a: n,
      b: ~n,
      aPort: n & 0xffff,
      bPort: 443,
    });
    for (let n = 0; n < count; n++) expect(enter(table, packet(tuple(n)))).toBe(n + 1);
    expect([table.size, table.rowsUsed]).toEqual([count + 1, count + 1]);
    expect(table.find(unlucky, 0)).toBe(0);
    for (let n = 0; n < count; n += 97) {
      expect(enter(table, packet(tuple(n), true))).toBe(n + 1);
      expect(table.direction).toBe(1);
    }
    for (let n = 0; n < count; n += 2) table.remove(n + 1);
    expect(table.size).toBe(count / 2 + 1);
    for (let n = 0; n < count; n += 97) {
      const pkt = packet(tuple(n));
      expect(table.find(pkt, table.hashOf(pkt))).toBe(n % 2 === 0 ? NO_ROW : n + 1);
    }
  });

  it("has a cap, and room again after a removal", () => {
    const table = new FlowTable(3, 1);
    const tuple = (n: number): Tuple => ({ version: 4, proto: 17, a: n, b: 9, aPort: 1, bPort: 2 });
    expect([0, 1, 2, 3].map((n) => enter(table, packet(tuple(n))))).toEqual([0, 1, 2, NO_ROW]);
    const generation = table.words[ROW_WORDS + GENERATION];
    table.words[ROW_WORDS + FLAGS] = 77;
    table.remove(1);
    expect(enter(table, packet(tuple(3)))).toBe(1);
    expect(table.words[ROW_WORDS + GENERATION]).toBe(generation + 1);
    expect(table.words[ROW_WORDS + FLAGS]).toBe(0);
  });

  it("spreads neighbouring addresses and ports over the index, whatever the seed", () => {
    for (const seed of [0, 1, -1, 0x7fffffff, -0x80000000, 0x12345678]) {
      const table = new FlowTable(1, seed);
      const home = new Set<number>();
      for (let n = 0; n < 4096; n++) {
        const tuple = {
          version: 4,
          proto: 6,
          a: 0x0a140100 + (n >> 6),
          b: 1,
          aPort: 40000 + (n & 63),
          bPort: 443,
        };
        home.add(table.hashOf(packet(tuple)) & 0x1ffff);
      }
      expect(home.size).toBeGreaterThan(3900); // random placement leaves about 4,032
    }
  });

  it("depends on the seed", () => {
    const pkt = packet({ version: 4, proto: 6, a: 1, b: 2, aPort: 3, bPort: 4 });
    const hashes = new Set(Array.from({ length: 100 }, (_, seed) => new FlowTable(1, seed).hashOf(pkt)));
    expect(hashes.size).toBe(100);
  });

  it("tells IPv6 hosts apart by any of their words", () => {
    const table = new FlowTable(64, 1);
    const words = ["src0", "src1", "src2", "src3", "dst0", "dst1", "dst2", "dst3"] as const;
    const base = new Packet();
    base.ipVersion = 6;
    base.l4Proto = 6;
    enter(table, base, 5);
    for (const [i, word] of words.entries()) {
      const pkt = Object.assign(new Packet(), { ipVersion: 6, l4Proto: 6, [word]: 1 });
      expect(table.find(pkt, 5), word).toBe(i < 4 ? NO_ROW : table.find(pkt, 5));
      expect(table.find(base, 5)).toBe(0);
    }
    const rows = words.slice(0, 4).map((word) => {
      const pkt = Object.assign(new Packet(), { ipVersion: 6, l4Proto: 6, [word]: 1 });
      return enter(table, pkt, 5);
    });
    expect(rows).toEqual([1, 2, 3, 4]);
  });
});

function sameWay(first: Packet, pkt: Packet): boolean {
  return (
    first.src3 === pkt.src3 &&
    first.dst3 === pkt.dst3 &&
    first.srcPort === pkt.srcPort &&
    first.dstPort === pkt.dstPort
  );
}
