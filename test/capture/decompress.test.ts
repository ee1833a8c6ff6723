import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decompressZstdFrames } from "../../src/capture/fzstd-frames.ts";
import { OctetBuffer, type Octets } from "../../src/capture/octets.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import { readOctets, scratchFile } from "./read-all.ts";
import { fields, writePcap } from "./write-pcap.ts";
import { PcapngWriter } from "./write-pcapng.ts";

const frames = Array.from({ length: 5000 }, (_, i) => ({
  data: Buffer.from(Array.from({ length: 40 + (i % 97) }, (_, k) => (i * k * 7919) >> 5)),
  sec: i,
}));
const plain = writePcap(frames);
const hasZstd = spawnSync("zstd", ["--version"]).status === 0;

function zstd(octets: Uint8Array, ...options: string[]): Buffer {
  const { stdout } = spawnSync("zstd", ["-q", "-c", ...options], { input: octets, maxBuffer: 1 << 28 });
  return stdout;
}

/** An RFC 8878 frame of raw blocks, without a checksum. */
function zstdFrame(blocks: readonly Uint8Array[], windowOctet = 0x38): Buffer {
  const parts: Uint8Array[] = [fields(true, [0xfd2fb528, 4], [0, 1], [windowOctet, 1])];
  blocks.forEach((block, i) => {
    const last = i === blocks.length - 1 ? 1 : 0;
    parts.push(fields(true, [last | (block.length << 3), 3]), block);
  });
  return Buffer.concat(parts);
}

async function fzstd(octets: Uint8Array, pieceLen = octets.length): Promise<Buffer> {
  let at = 0;
  const stored: Octets = {
    readBytes: 0,
    read(into, target) {
      const piece = octets.subarray(at, at + Math.min(pieceLen, into.length - target));
      into.set(piece, target);
      at += piece.length;
      return piece.length;
    },
    close() {},
  };
  const parts: Uint8Array[] = [];
  for await (const part of decompressZstdFrames(new OctetBuffer(stored, 64))) parts.push(part);
  return Buffer.concat(parts);
}

describe("gzip", () => {
  it("gives what the plain file gives", async () => {
    const compressed = gzipSync(plain);
    const { frames: read, facts } = await readOctets(compressed);
    expect(read).toEqual((await readOctets(plain)).frames);
    expect(facts).toMatchObject({
      format: "pcap",
      compression: "gzip",
      storedBytes: compressed.length,
      readBytes: compressed.length,
      damage: null,
    });
  });

  it("takes pcapng", async () => {
    const w = new PcapngWriter();
    const octets = Buffer.concat([w.section(), w.interface(), w.simple(Buffer.from("abc"))]);
    const { facts } = await readOctets(gzipSync(octets));
    expect(facts).toMatchObject({ format: "pcapng", compression: "gzip", packets: 1, damage: null });
  });

  it("takes several members, wherever they meet, and zeros at the end", async () => {
    for (const at of [1, 24, 100_000, plain.length - 1]) {
      const members = [plain.subarray(0, at), plain.subarray(at), Buffer.alloc(0)].map((part) =>
        gzipSync(part),
      );
      const { facts } = await readOctets(Buffer.concat([...members, Buffer.alloc(40_000)]));
      expect(facts).toMatchObject({ packets: 5000, damage: null });
    }
  });

  it.each([
    ["text", Buffer.from("trailing")],
    ["zeros, then text", Buffer.concat([Buffer.alloc(40_000), Buffer.from("trailing")])],
    ["zeros, then a member", Buffer.concat([Buffer.alloc(40_000), gzipSync("more")])],
    ["half a magic", Buffer.of(0x1f)],
  ])("something else at the end is damage: %s", async (_, tail) => {
    const { frames: read, facts } = await readOctets(Buffer.concat([gzipSync(plain), tail]));
    // The inflater keeps to itself what it has not handed out when it meets damage: part of the last chunk.
    const offset = 24 + read.reduce((sum, { data }) => sum + 16 + data.length / 2, 0);
    expect(plain.length - offset).toBeLessThanOrEqual(65536 + 152);
    expect(facts.damage).toEqual({ offset, message: expect.stringMatching(/^gzip: /) });
  });

  it("cut: the whole frames before, in order", async () => {
    const compressed = gzipSync(plain);
    const whole = (await readOctets(plain)).frames;
    let delivered = 0;
    for (const len of [
      200,
      10_000,
      50_000,
      compressed.length - 9,
      compressed.length - 8,
      compressed.length - 1,
    ]) {
      const { frames: read, facts } = await readOctets(compressed.subarray(0, len));
      expect(read).toEqual(whole.slice(0, read.length));
      expect(facts.damage).toEqual({
        offset: 24 + read.reduce((sum, { data }) => sum + 16 + data.length / 2, 0),
        message: "gzip: unexpected end of file",
      });
      delivered += read.length;
    }
    expect(delivered).toBeGreaterThan(15_000);
  });

  it("damage in a small file costs a part of it, not all", async () => {
    const compressed = gzipSync(plain.subarray(0, 20_000));
    compressed[compressed.length - 6] ^= 1;
    const { facts } = await readOctets(compressed);
    expect(facts.bytes).toBeGreaterThan(10_000);
    expect(facts.damage?.message).toBe("gzip: incorrect data check");
  });

  it("a wrong checksum is damage", async () => {
    const compressed = gzipSync(plain);
    compressed[compressed.length - 6] ^= 1;
    const { facts } = await readOctets(compressed);
    expect(facts.packets).toBeGreaterThan(1000);
    expect(facts.damage?.message).toBe("gzip: incorrect data check");
  });

  it("that holds no capture says what it holds", async () => {
    await expect(readOctets(gzipSync("# notes"))).rejects.toThrow(/begins with the text "# notes"/);
    await expect(readOctets(gzipSync(""))).rejects.toThrow(/is empty/);
    await expect(readOctets(gzipSync(plain).subarray(0, 12))).rejects.toThrow("gzip: unexpected end of file");
  });

  it("does not hold a bomb in memory", async () => {
    const w = new PcapngWriter();
    const skipped = w.block(0xbad, Buffer.alloc(8 << 20));
    const bomb = Buffer.concat([
      w.section(),
      w.interface(),
      ...Array(30).fill(skipped),
      w.simple(Buffer.from("abc")),
    ]);
    const compressed = gzipSync(bomb, { level: 1 });
    const before = process.memoryUsage().arrayBuffers;
    const source = await openCapture(scratchFile("bomb.gz", compressed));
    expect((await source.next())?.count).toBe(1);
    // The buffer for a block, and garbage that is not yet collected; all of it would be 240 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 << 20);
    source.close();
  });

  it("frames larger than the first buffer come out whole, and so do those around them", async () => {
    const sizes = [100, 900_000, 100, 1 << 20, 1];
    const octets = writePcap(sizes.map((size, i) => ({ data: Buffer.alloc(size, i + 1) })));
    const { frames: read } = await readOctets(gzipSync(octets));
    expect(read.map(({ data }) => [data.length / 2, data.slice(0, 2), data.slice(-2)])).toEqual(
      sizes.map((size, i) => [size, `0${i + 1}`, `0${i + 1}`]),
    );
  });

  it("ends where it is closed early", async () => {
    const source = await openCapture(scratchFile("early.gz", gzipSync(plain)));
    expect((await source.next())?.count).toBeGreaterThan(0);
    source.close();
    expect(await source.next()).toBeNull();
  });
});

describe.skipIf(!hasZstd)("zstd", () => {
  it.each([["-1"], ["-19"], ["--ultra", "-22"], ["--no-check"], ["-T2"]])("%s", async (...options) => {
    const { frames: read, facts } = await readOctets(zstd(plain, ...options));
    expect(read.length).toBe(5000);
    expect(read).toEqual((await readOctets(plain)).frames);
    expect(facts).toMatchObject({ compression: "zstd", damage: null });
  });

  it("takes several frames, skippable ones first", async () => {
    const skippable = fields(true, [0x184d2a53, 4], [3, 4], [0, 3]);
    const octets = Buffer.concat([
      skippable,
      zstd(plain.subarray(0, 777)),
      skippable,
      zstd(plain.subarray(777)),
    ]);
    expect((await readOctets(octets)).facts).toMatchObject({ packets: 5000, damage: null });
    expect(plain.equals(await fzstd(octets))).toBe(true);
  });

  it("cut, damaged, or with something at the end: the frames before, and damage", async () => {
    const compressed = zstd(plain);
    const flipped = Buffer.from(compressed);
    flipped[compressed.length - 2] ^= 1; // in the checksum
    for (const octets of [
      compressed.subarray(0, -1),
      flipped,
      Buffer.concat([compressed, Buffer.from("tail")]),
    ]) {
      const { frames: read, facts } = await readOctets(octets);
      expect(read.length).toBeGreaterThan(1000);
      expect(facts.damage?.message).toMatch(/^zstd: /);
    }
  });

  it("within this process: the same octets, however they arrive", async () => {
    for (const options of [["-1"], ["-19"], ["--no-check"]]) {
      const compressed = zstd(plain, ...options);
      for (const pieceLen of [1, 1000, compressed.length])
        expect(plain.equals(await fzstd(compressed, pieceLen))).toBe(true);
    }
  });

  it("within this process: a cut is told from an end", async () => {
    const compressed = zstd(plain.subarray(0, 1000));
    for (let len = 1; len < compressed.length; len++) {
      await expect(fzstd(compressed.subarray(0, len))).rejects.toThrow(/^zstd: /);
    }
  });
});

describe("zstd within this process", () => {
  it("raw blocks", async () => {
    const frame = zstdFrame([Buffer.from("abc"), Buffer.alloc(0), Buffer.from("defg")]);
    expect((await fzstd(frame)).toString()).toBe("abcdefg");
    expect((await fzstd(Buffer.concat([frame, frame]), 3)).toString()).toBe("abcdefgabcdefg");
  });

  it.each<[string, Buffer, RegExp]>([
    ["a window of 2 GiB", zstdFrame([Buffer.from("abc")], 0xa8), /window is above 32 MiB/],
    [
      "a block of 2 MiB",
      Buffer.concat([zstdFrame([]), fields(true, [0xffffff & ~6, 3])]),
      /block is too large/,
    ],
    ["a reserved block type", Buffer.concat([zstdFrame([]), fields(true, [7, 3])]), /invalid block type/],
    ["a dictionary", fields(true, [0xfd2fb528, 4], [1, 1], [0x38, 1], [9, 1], [1, 3]), /dictionary/],
    [
      "another format",
      Buffer.concat([zstdFrame([Buffer.from("abc")]), Buffer.from("trailing")]),
      /something else/,
    ],
    ["many tiny blocks behind a large window", zstdFrame(Array(2000).fill(Buffer.of(1)), 0x78), /too small/],
  ])("refuses %s", async (_, octets, message) => {
    await expect(fzstd(octets)).rejects.toThrow(message);
  });
});
