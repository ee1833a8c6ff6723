import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CaptureError } from "../../src/capture/frame-source.ts";
import { MAX_BLOCK_LEN, MAX_INTERFACES } from "../../src/capture/pcapng.ts";
import { MAX_CAPLEN } from "../../src/capture/record-source.ts";
import { readOctets } from "./read-all.ts";
import {
  EPB_DROPCOUNT,
  IF_FILTER,
  IF_TSOFFSET,
  IF_TSRESOL,
  ISB_IFDROP,
  ISB_OSDROP,
  PcapngWriter,
} from "./write-pcapng.ts";

const ABC = Buffer.from("abc");
const DEFG = Buffer.from("defg");
const le = new PcapngWriter(true);
const be = new PcapngWriter(false);
const NAME_RESOLUTION = 4;
const DECRYPTION_SECRETS = 10;
const CUSTOM = 0xbad;

describe.each([
  ["little-endian", le],
  ["big-endian", be],
])("%s", (_, w) => {
  it("enhanced packets of several interfaces", async () => {
    const { frames, facts } = await readOctets(
      Buffer.concat([
        w.section(),
        w.interface(1),
        w.interface(101, 0, [[IF_TSRESOL, Buffer.of(9)]]),
        w.enhanced({ data: ABC, ticks: 1_700_000_000_123_456n }),
        w.enhanced({ data: DEFG, interfaceId: 1, ticks: 1_700_000_000_123_456_789n, wireLen: 1500 }),
      ]),
    );
    expect(frames).toEqual([
      { data: "616263", wireLen: 3, sec: 1_700_000_000, nsec: 123_456_000, linkType: 1 },
      { data: "64656667", wireLen: 1500, sec: 1_700_000_000, nsec: 123_456_789, linkType: 101 },
    ]);
    expect(facts).toMatchObject({
      format: "pcapng",
      linkTypes: [1, 101],
      packets: 2,
      bytes: 7,
      tsDigits: 9,
      dropped: 0,
      filtered: false,
      untimed: 0,
      damage: null,
    });
  });

  it("simple packets: the time before, cut by the snaplen of interface 0", async () => {
    const { frames, facts } = await readOctets(
      Buffer.concat([
        w.section(),
        w.interface(1, 4),
        w.simple(ABC),
        w.enhanced({ data: ABC, ticks: 5_000_001n }),
        w.simple(DEFG, 60),
      ]),
    );
    expect(frames).toEqual([
      { data: "616263", wireLen: 3, sec: 0, nsec: 0, linkType: 1 },
      { data: "616263", wireLen: 3, sec: 5, nsec: 1000, linkType: 1 },
      { data: "64656667", wireLen: 60, sec: 5, nsec: 1000, linkType: 1 },
    ]);
    expect(facts).toMatchObject({ untimed: 2, damage: null });
  });

  it("obsolete packet blocks and their losses, where known", async () => {
    const { frames, facts } = await readOctets(
      Buffer.concat([
        w.section(),
        w.interface(),
        w.packet({ data: ABC, ticks: 2_000_000n }, 3),
        w.packet({ data: DEFG, ticks: 3_000_000n }, 0xffff),
        w.packet({ data: DEFG, ticks: 3_000_000n, wireLen: 9 }, 4),
      ]),
    );
    expect(frames.map(({ data, sec, wireLen }) => [data, sec, wireLen])).toEqual([
      ["616263", 2, 3],
      ["64656667", 3, 4],
      ["64656667", 3, 9],
    ]);
    expect(facts).toMatchObject({ dropped: 7, damage: null });
  });

  it("losses: the largest totals of each interface, all sections together", async () => {
    const drops = (ifdrop: number, osdrop: number): [number, Buffer][] => [
      [ISB_IFDROP, w.u64(ifdrop)],
      [ISB_OSDROP, w.u64(osdrop)],
    ];
    const { facts } = await readOctets(
      Buffer.concat([
        w.section(),
        w.interface(),
        w.interface(),
        w.statistics(0, drops(1, 2)),
        w.statistics(0, drops(10, 20)),
        w.statistics(1, [[ISB_IFDROP, w.u64(5)]]),
        w.section(),
        w.interface(),
        w.statistics(0, [[ISB_OSDROP, w.u64(1000)]]),
        w.statistics(0, []),
        w.statistics(0, [[ISB_OSDROP, w.u64(100)]]),
      ]),
    );
    expect(facts).toMatchObject({ dropped: 1035, damage: null });
  });

  it("losses that packets mention count once with those of the statistics", async () => {
    const option: [number, Buffer] = [EPB_DROPCOUNT, w.u64(4)];
    const packets = [
      w.enhanced({ data: ABC, options: [[1, Buffer.from("x")], option] }),
      w.enhanced({ data: ABC }),
    ];
    const head = [w.section(), w.interface(), ...packets, ...packets];
    expect((await readOctets(Buffer.concat(head))).facts.dropped).toBe(8);
    const tail = w.statistics(0, [[ISB_IFDROP, w.u64(9)]]);
    expect((await readOctets(Buffer.concat([...head, tail]))).facts.dropped).toBe(9);
  });

  it("skips names, secrets, custom and unknown blocks", async () => {
    const skipped = [NAME_RESOLUTION, DECRYPTION_SECRETS, CUSTOM, 0x40000bad, 0x7fffffff, 9].map((type) =>
      w.block(type, Buffer.alloc(type === NAME_RESOLUTION ? 200_000 : 8, 6)),
    );
    const { frames, facts } = await readOctets(
      Buffer.concat([
        w.section(),
        ...skipped,
        w.interface(),
        ...skipped,
        w.enhanced({ data: ABC }),
        ...skipped,
      ]),
    );
    expect(frames.length).toBe(1);
    expect(facts.damage).toBeNull();
  });

  it("says that a filter was at work", async () => {
    const withFilter = (value: Buffer) => w.interface(1, 0, [[IF_FILTER, value]]);
    const filter = Buffer.concat([Buffer.of(0), Buffer.from("not port 53")]);
    expect((await readOctets(Buffer.concat([w.section(), withFilter(filter)]))).facts.filtered).toBe(true);
    expect((await readOctets(Buffer.concat([w.section(), withFilter(Buffer.of(0))]))).facts.filtered).toBe(
      false,
    );
  });

  it("adds if_tsoffset, which may be negative", async () => {
    const at = (offset: bigint) => w.interface(1, 0, [[IF_TSOFFSET, w.u64(offset)]]);
    const packets = [0, 1].map((interfaceId) => w.enhanced({ data: ABC, interfaceId, ticks: 7_000_001n }));
    const { frames } = await readOctets(Buffer.concat([w.section(), at(100n), at(-10n), ...packets]));
    expect(frames.map(({ sec, nsec }) => [sec, nsec])).toEqual([
      [107, 1000],
      [-3, 1000],
    ]);
  });
});

it("sections of other byte orders, with lengths or without, and with interfaces of their own", async () => {
  const first = Buffer.concat([le.interface(1), le.enhanced({ data: ABC, ticks: 1_000_000n })]);
  const { frames, facts } = await readOctets(
    Buffer.concat([
      le.section(BigInt(first.length)),
      first,
      be.section(),
      be.interface(113),
      be.enhanced({ data: DEFG, ticks: 2_000_000n }),
      le.section(0n, [1, 2]),
      le.interface(228),
      le.simple(ABC),
    ]),
  );
  expect(frames.map(({ data, sec, linkType }) => [data, sec, linkType])).toEqual([
    ["616263", 1, 1],
    ["64656667", 2, 113],
    ["616263", 2, 228],
  ]);
  expect(facts).toMatchObject({ linkTypes: [1, 113, 228], damage: null });
});

describe("time resolution", () => {
  /** What the fields say, by arbitrary-precision arithmetic. */
  function exact(resolution: number, ticks: bigint): { sec: number; nsec: number } {
    const perSec = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
    return { sec: Number(ticks / perSec), nsec: Number(((ticks % perSec) * 1_000_000_000n) / perSec) };
  }

  async function read(
    resolution: number,
    allTicks: readonly bigint[],
  ): Promise<{ sec: number; nsec: number }[]> {
    const packets = allTicks.map((ticks) => le.enhanced({ data: ABC, ticks }));
    const described = le.interface(1, 0, [[IF_TSRESOL, Buffer.of(resolution)]]);
    const { frames } = await readOctets(Buffer.concat([le.section(), described, ...packets]));
    return frames.map(({ sec, nsec }) => ({ sec, nsec }));
  }

  it("is exact to the nanosecond for all of them, at the edges", async () => {
    for (let resolution = 0; resolution < 256; resolution++) {
      const perSec = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
      const ticks = [0n, 1n, perSec - 1n, perSec, 1_700_000_000n * perSec - 1n, 1_700_000_000n * perSec]
        .concat([(1n << 53n) - 1n, (1n << 53n) + 1n, (1n << 63n) - 1n, (1n << 64n) - 1n])
        .filter((value) => value < 1n << 64n);
      expect(await read(resolution, ticks)).toEqual(ticks.map((value) => exact(resolution, value)));
    }
  });

  it("is exact for microseconds, nanoseconds and powers of two, everywhere", async () => {
    const wide = fc.array(fc.bigInt(0n, (1n << 64n) - 1n), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(5, 6, 8, 9, 0x80 + 14, 0x80 + 20, 0x80 + 30),
        wide,
        async (resolution, ticks) => {
          const around = ticks.flatMap((value) => {
            const perSec = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
            const whole = value - (value % perSec);
            return whole > 0n ? [value, whole, whole - 1n] : [value];
          });
          expect(await read(resolution, around)).toEqual(around.map((value) => exact(resolution, value)));
        },
      ),
      { seed: 9, numRuns: 60 },
    );
  });

  it.each([
    [0, 0],
    [3, 3],
    [6, 6],
    [12, 9],
    [127, 9],
    [0x80 + 10, 4],
    [0x80 + 20, 7],
    [0x80 + 127, 9],
  ])("octet %i has %i digits", async (resolution, digits) => {
    const described = le.interface(1, 0, [[IF_TSRESOL, Buffer.of(resolution)]]);
    expect((await readOctets(Buffer.concat([le.section(), described]))).facts.tsDigits).toBe(digits);
  });
});

describe("damage", () => {
  const start = Buffer.concat([le.section(), le.interface(1), le.enhanced({ data: ABC })]);
  const patched = (block: Buffer, at: number, value: number) => {
    const changed = Buffer.from(block);
    changed.writeUInt32LE(value, at);
    return changed;
  };
  const packet = le.enhanced({ data: DEFG });

  it.each<[string, Buffer, RegExp]>([
    ["trailing length differs", patched(packet, packet.length - 4, 40), /two lengths/],
    ["length below a block", patched(packet, 4, 8), /claims 8 octets/],
    ["length zero", patched(packet, 4, 0), /claims 0 octets/],
    ["length no multiple of 4", patched(packet, 4, packet.length - 1), /claims 35 octets/],
    ["length beyond the bound", patched(packet, 4, MAX_BLOCK_LEN + 4), /claims 16777220 octets/],
    ["length of all ones", patched(packet, 4, 0xffffffff), /claims 4294967295 octets/],
    ["length beyond the end", patched(packet, 4, 4096), /cut short: .* 72 of at least 4096/],
    [
      "frame beyond its block",
      le.enhanced({ data: DEFG, caplen: 5 }),
      /claims 5 captured octets.* room for 4/,
    ],
    ["frame beyond the bound", le.enhanced({ data: Buffer.alloc(MAX_CAPLEN + 1) }), /the bound is 1048576/],
    ["unknown interface", le.enhanced({ data: DEFG, interfaceId: 1 }), /names interface 1/],
    ["statistics of an unknown interface", le.statistics(7, []), /names interface 7/],
    ["simple packet beyond its block", le.simple(DEFG, 5), /claims 5 captured octets.* room for 4/],
    ["simple packet without interface", Buffer.concat([le.section(), le.simple(DEFG)]), /names interface 0/],
    ["short packet block", le.block(6, Buffer.alloc(16)), /packet block is too short/],
    ["short obsolete packet block", le.block(2, Buffer.alloc(16)), /packet block is too short/],
    ["short simple packet block", le.block(3, Buffer.alloc(0)), /simple packet block is too short/],
    ["short interface", le.block(1, Buffer.alloc(4)), /interface description is too short/],
    ["short statistics", le.block(5, Buffer.alloc(8)), /statistics block is too short/],
    ["short section", le.block(0x0a0d0d0a, le.u32(0x1a2b3c4d)), /section header is too short/],
    ["section of no byte order", patched(le.section(), 8, 0x01020304), /no byte-order magic/],
    ["section of another version", le.section(-1n, [2, 0]), /version 2 is not known/],
  ])("%s", async (name, block, message) => {
    const { frames, facts } = await readOctets(Buffer.concat([start, block, packet]));
    const before = name === "simple packet without interface" ? le.section().length : 0;
    expect(facts.damage).toEqual({ offset: start.length + before, message: expect.stringMatching(message) });
    expect(frames.length).toBe(1);
  });

  it("bounds the number of interfaces", async () => {
    const interfaces = Buffer.concat(Array.from({ length: MAX_INTERFACES + 1 }, () => le.interface()));
    const { facts } = await readOctets(Buffer.concat([le.section(), interfaces]));
    const offset = le.section().length + MAX_INTERFACES * le.interface().length;
    expect(facts.damage).toEqual({ offset, message: "a section describes more than 4096 interfaces" });
  });

  it("options that reach beyond their block are not read", async () => {
    const body = Buffer.concat([
      le.fields([1, 2], [0, 2], [0, 4]),
      le.fields([IF_TSRESOL, 2], [400, 2], [9, 4]),
    ]);
    const { frames } = await readOctets(
      Buffer.concat([le.section(), le.block(1, body), le.enhanced({ data: ABC, ticks: 5_000_000n })]),
    );
    expect(frames[0]).toMatchObject({ sec: 5, nsec: 0 });
  });

  it("cut anywhere: whole blocks before, offset of the cut one", async () => {
    const blocks = [
      le.section(),
      le.interface(1, 0, [[IF_TSRESOL, Buffer.of(9)]]),
      le.enhanced({ data: ABC, options: [[EPB_DROPCOUNT, le.u64(1)]] }),
      le.simple(DEFG),
      be.section(),
      be.interface(),
      be.packet({ data: ABC }, 0),
      be.block(CUSTOM, DEFG),
      be.enhanced({ data: DEFG }),
    ];
    const packetBlocks = [2, 3, 6, 8];
    const ends = [0];
    for (const block of blocks) ends.push(ends[ends.length - 1] + block.length);
    const whole = Buffer.concat(blocks);
    for (let len = 0; len <= whole.length; len++) {
      if (len < 12) {
        await expect(readOctets(whole.subarray(0, len))).rejects.toThrow(CaptureError);
        continue;
      }
      const { frames, facts } = await readOctets(whole.subarray(0, len));
      const done = ends.filter((end) => end <= len).length - 1;
      expect(frames.length).toBe(packetBlocks.filter((i) => i < done).length);
      if (ends[done] === len) expect(facts.damage).toBeNull();
      else
        expect(facts.damage).toMatchObject({
          offset: ends[done],
          message: expect.stringMatching(/^cut short/),
        });
    }
  });

  it("flipped octets: ends, delivers no frame beyond the file, throws nothing but CaptureError", async () => {
    const packets = Array.from({ length: 30 }, (_, i) => [
      le.enhanced({ data: Buffer.alloc(i * 5, i), ticks: BigInt(i) * 10n ** 6n }),
      be.section(),
      be.interface(),
      be.simple(DEFG),
      le.section(),
      le.interface(),
    ]);
    const whole = Buffer.concat([le.section(), le.interface(), ...packets.flat()]);
    let delivered = 0;
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const octets = Buffer.from(whole);
        for (const [at, bits] of changes) octets[at] ^= bits;
        try {
          const { frames, facts } = await readOctets(octets);
          delivered += frames.length;
          expect(frames.length).toBeLessThanOrEqual(60);
          expect(frames.every(({ sec, nsec }) => Number.isFinite(sec) && nsec < 1e9)).toBe(true);
          expect(facts.packets).toBe(frames.length);
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError);
        }
      }),
      { seed: 20, numRuns: 300 },
    );
    expect(delivered).toBeGreaterThan(3000);
  });
});
