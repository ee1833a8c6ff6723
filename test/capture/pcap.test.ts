import fc from "fast-check";
import * as pcapParser from "pcap-parser";
import { describe, expect, it } from "vitest";
import { CaptureError } from "../../src/capture/frame-source.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import { MAX_CAPLEN } from "../../src/capture/record-source.ts";
import { readOctets, scratchFile } from "./read-all.ts";
import {
  PCAP_KUZNETZOV,
  PCAP_NSEC,
  PCAP_USEC,
  pcapHeader,
  pcapRecord,
  type TestFrame,
  writePcap,
} from "./write-pcap.ts";

const ABC = Buffer.from("abc");
const DEFG = Buffer.from("defg");

describe("every magic", () => {
  for (const littleEndian of [true, false]) {
    for (const [name, magic, nsec] of [
      ["microseconds", PCAP_USEC, 7000],
      ["nanoseconds", PCAP_NSEC, 7],
      ["Kuznetzov's", PCAP_KUZNETZOV, 7000],
    ] as const) {
      it(`${name}, ${littleEndian ? "little" : "big"}-endian`, async () => {
        const frames = [
          { data: ABC, sec: 1_700_000_000, fraction: 7 },
          { data: DEFG, sec: 0xffffffff, wireLen: 1500 },
        ];
        const octets = writePcap(frames, { magic, littleEndian, linkType: 113 });
        const { frames: read, facts } = await readOctets(octets);
        expect(read).toEqual([
          { data: "616263", wireLen: 3, sec: 1_700_000_000, nsec, linkType: 113 },
          { data: "64656667", wireLen: 1500, sec: 0xffffffff, nsec: 0, linkType: 113 },
        ]);
        expect(facts).toMatchObject({
          format: "pcap",
          compression: null,
          storedBytes: octets.length,
          readBytes: octets.length,
          linkTypes: [113],
          packets: 2,
          bytes: 7,
          first: { sec: 1_700_000_000, nsec },
          last: { sec: 0xffffffff, nsec: 0 },
          tsDigits: magic === PCAP_NSEC ? 9 : 6,
          damage: null,
        });
      });
    }
  }
});

describe("header fields that lie", () => {
  it("takes the link type from the low half only: the upper half is about the FCS", async () => {
    const { facts } = await readOctets(writePcap([], { linkType: 0x4400_0001 }));
    expect(facts.linkTypes).toEqual([1]);
  });

  it("delivers frames longer than snaplen", async () => {
    const { frames } = await readOctets(writePcap([{ data: Buffer.alloc(100) }], { snaplen: 10 }));
    expect(frames[0].data.length).toBe(200);
  });

  it("never lets a frame be shorter on the wire than what was captured of it", async () => {
    const { frames } = await readOctets(writePcap([{ data: DEFG, wireLen: 1 }]));
    expect(frames[0].wireLen).toBe(4);
  });

  it("carries a fraction beyond a second", async () => {
    const { frames } = await readOctets(writePcap([{ data: ABC, sec: 5, fraction: 0xffffffff }]));
    expect(frames[0]).toMatchObject({ sec: 5 + 4294, nsec: 967_295_000 });
  });

  it("reads the swapped lengths of versions before 2.3", async () => {
    const { frames } = await readOctets(writePcap([{ data: ABC, wireLen: 60 }], { version: [2, 2] }));
    expect(frames[0]).toMatchObject({ data: "616263", wireLen: 60 });
  });

  it("refuses other major versions", async () => {
    await expect(readOctets(writePcap([], { version: [543, 0] }))).rejects.toThrow(/version 543\.0/);
  });

  it("accepts a frame of the largest length, and stops at one octet more", async () => {
    const largest = pcapRecord({ data: Buffer.alloc(MAX_CAPLEN) });
    const beyond = pcapRecord({ data: ABC, caplen: MAX_CAPLEN + 1 });
    const octets = Buffer.concat([pcapHeader(), largest, beyond, Buffer.alloc(MAX_CAPLEN)]);
    const { frames, facts } = await readOctets(octets);
    expect(frames.map(({ data }) => data.length / 2)).toEqual([MAX_CAPLEN]);
    expect(facts.damage).toEqual({
      offset: 24 + largest.length,
      message: "a record claims 1048577 captured octets, the bound is 1048576",
    });
  });
});

describe("packet times", () => {
  it("are the earliest and the latest, in whatever order frames come", async () => {
    const times = [
      [50, 5],
      [50, 9],
      [40, 8],
      [40, 7],
      [60, 1],
      [60, 0],
    ];
    const frames = times.map(([sec, fraction]) => ({ data: ABC, sec, fraction }));
    const { facts } = await readOctets(writePcap(frames));
    expect(facts.first).toEqual({ sec: 40, nsec: 7000 });
    expect(facts.last).toEqual({ sec: 60, nsec: 1000 });
  });

  it("are missing where there is no packet", async () => {
    const { frames, facts } = await readOctets(writePcap([]));
    expect(frames).toEqual([]);
    expect(facts).toMatchObject({ packets: 0, first: null, last: null, damage: null });
  });
});

/** Frames of many sizes, more than a batch and more than a small buffer hold. */
function manyFrames(count: number): TestFrame[] {
  return Array.from({ length: count }, (_, i) => ({
    data: Buffer.alloc((i * 37) % 1501, i),
    sec: 1_700_000_000 + i,
    fraction: (i * 7919) % 1_000_000,
    wireLen: 1514,
  }));
}

describe("plain files", () => {
  it("are read over many batches and refills", async () => {
    const frames = manyFrames(9000); // 6.7 MB, more than the largest buffer
    const { frames: read } = await readOctets(writePcap(frames));
    expect(read.length).toBe(9000);
    const differ = read.findIndex(({ data, sec, nsec }, i) => {
      const want = frames[i];
      return (
        data !== Buffer.from(want.data).toString("hex") ||
        sec !== want.sec ||
        nsec !== 1000 * (want.fraction ?? 0)
      );
    });
    expect(differ).toBe(-1);
  });

  it("answer at once", async () => {
    const source = await openCapture(scratchFile("sync.pcap", writePcap(manyFrames(3000))));
    let packets = 0;
    for (;;) {
      const batch = source.next();
      expect(batch).not.toBeInstanceOf(Promise);
      if (batch === null || batch instanceof Promise) break;
      packets += batch.count;
    }
    expect(packets).toBe(3000);
  });

  it("give nothing after close()", async () => {
    const source = await openCapture(scratchFile("closed.pcap", writePcap(manyFrames(10))));
    source.close();
    source.close();
    expect(await source.next()).toBeNull();
  });
});

describe("damage", () => {
  const frames = [{ data: ABC }, { data: Buffer.alloc(0) }, { data: DEFG }];
  for (const magic of [PCAP_USEC, PCAP_KUZNETZOV]) {
    it(`cut anywhere, ${magic.toString(16)}: whole records before, offset of the cut one`, async () => {
      const ends = [24];
      for (const frame of frames) ends.push(ends[ends.length - 1] + pcapRecord(frame, { magic }).length);
      const whole = writePcap(frames, { magic });
      for (let len = 0; len <= whole.length; len++) {
        if (len < 24) {
          await expect(readOctets(whole.subarray(0, len))).rejects.toThrow(CaptureError);
          continue;
        }
        const { frames: read, facts } = await readOctets(whole.subarray(0, len));
        const before = ends.filter((end) => end <= len);
        expect(read.length).toBe(before.length - 1);
        const offset = before[before.length - 1];
        if (offset === len) expect(facts.damage).toBeNull();
        else expect(facts.damage).toMatchObject({ offset, message: expect.stringMatching(/^cut short/) });
      }
    });
  }

  it("flipped octets: ends, delivers no frame beyond the file, throws nothing but CaptureError", async () => {
    const whole = writePcap(manyFrames(20));
    let delivered = 0;
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const octets = Buffer.from(whole);
        for (const [at, bits] of changes) octets[at] ^= bits;
        try {
          const { frames: read, facts } = await readOctets(octets);
          delivered += read.length;
          const captured = read.reduce((sum, { data }) => sum + data.length / 2, 0);
          expect(captured + 16 * read.length).toBeLessThanOrEqual(octets.length - 24);
          expect(facts.packets).toBe(read.length);
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError);
        }
      }),
      { seed: 20, numRuns: 300 },
    );
    expect(delivered).toBeGreaterThan(1000);
  });
});

it("agrees with pcap-parser on microsecond files", async () => {
  for (const littleEndian of [true, false]) {
    const path = scratchFile(`oracle-${littleEndian}.pcap`, writePcap(manyFrames(200), { littleEndian }));
    const theirs: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const parser = pcapParser.parse(path);
      parser.on("packet", ({ header, data }) => {
        const { timestampSeconds, timestampMicroseconds, originalLength } = header;
        theirs.push([timestampSeconds, timestampMicroseconds * 1000, originalLength, data.toString("hex")]);
      });
      parser.on("end", resolve);
      parser.on("error", reject);
    });
    const { frames } = await readOctets(writePcap(manyFrames(200), { littleEndian }));
    expect(theirs.length).toBe(200);
    expect(frames.map(({ sec, nsec, wireLen, data }) => [sec, nsec, wireLen, data])).toEqual(theirs);
  }
});
