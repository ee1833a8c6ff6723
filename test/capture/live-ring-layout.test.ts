import { describe, expect, it } from "vitest";
import { BATCH_FRAMES } from "../../src/capture/frame-batch.ts";
import { BlockReader } from "../../src/capture/ring-layout.ts";
import { framesOf, type RingPacket, writeBlock } from "./ring-block.ts";

const MACS = "02000000000b" + "02000000000a";
const BLOCK_AT = 4096;

/** Reads a block with these packets, to its end. */
function read(
  packets: readonly RingPacket[],
  settings: Partial<Pick<BlockReader, "skipOutgoing" | "restoreTags">> = {},
) {
  const ring = new ArrayBuffer(1 << 20);
  new Uint8Array(ring).fill(0xff);
  writeBlock(ring, BLOCK_AT, packets);
  const reader = Object.assign(new BlockReader(ring), { restoreTags: true, ...settings });
  reader.begin(BLOCK_AT);
  const frames: string[] = [];
  const times: string[] = [];
  const sizes: number[] = [];
  while (reader.left > 0) {
    reader.read();
    frames.push(...framesOf(reader.batch));
    for (let i = 0; i < reader.batch.count; i++)
      times.push(`${reader.batch.tsSec[i]}.${reader.batch.tsNsec[i]}`);
    sizes.push(reader.batch.count);
  }
  return { frames, times, sizes, cut: reader.cut, ignored: reader.ignored };
}

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

describe("block of a ring", () => {
  it("yields its frames in order, with times in nanoseconds", () => {
    const { frames, times, cut } = read([
      { data: hex(`${MACS}0800aa`), sec: 1_800_000_000, nsec: 999_999_999 },
      { data: hex(`${MACS}86ddbbccdd`), sec: 0xffffffff, nsec: 1 },
      { data: hex(""), sec: 5 },
    ]);
    expect(frames).toEqual([`${MACS}0800aa`, `${MACS}86ddbbccdd`, ""]);
    expect(times).toEqual(["1800000000.999999999", "4294967295.1", "5.0"]);
    expect(cut).toBe(0);
  });

  it("yields nothing for a block without packets", () => {
    expect(read([]).frames).toEqual([]);
  });

  it.each<[string, RingPacket, string]>([
    [
      "802.1Q",
      { data: hex(`${MACS}0800aa`), status: 0x50, tci: 0x6123, tpid: 0x8100 },
      `${MACS}810061230800aa`,
    ],
    [
      "802.1ad",
      { data: hex(`${MACS}8100006486dd`), status: 0x50, tci: 5, tpid: 0x88a8 },
      `${MACS}88a800058100006486dd`,
    ],
    [
      "a tag with VLAN 0",
      { data: hex(`${MACS}0800`), status: 0x50, tci: 0, tpid: 0x8100 },
      `${MACS}810000000800`,
    ],
    [
      "a tag without its protocol",
      { data: hex(`${MACS}0800`), status: 0x10, tci: 7, tpid: 0x1234 },
      `${MACS}810000070800`,
    ],
    [
      "no tag, whatever the fields hold",
      { data: hex(`${MACS}0800`), status: 0x40, tci: 7, tpid: 0x8100 },
      `${MACS}0800`,
    ],
    [
      "a frame cut within its addresses",
      { data: hex("0102"), len: 60, status: 0x50, tci: 7, tpid: 0x8100 },
      "0102... 60",
    ],
  ])("puts the tag back that the kernel took off: %s", (_, packet, expected) => {
    // Between others: a tag must not reach into the frame before, nor into the next header.
    const other = { data: hex(`${MACS}0806${"11".repeat(37)}`) };
    const plain = Buffer.from(other.data).toString("hex");
    expect(read([other, packet, other]).frames).toEqual([plain, expected, plain]);
  });

  it("leaves raw IP alone", () => {
    const packet = { data: hex(`45${"00".repeat(19)}`), status: 0x50, tci: 7, tpid: 0x8100 };
    expect(read([packet], { restoreTags: false }).frames).toEqual([`45${"00".repeat(19)}`]);
  });

  it("shows and counts what was cut, tagged or not", () => {
    const { frames, cut } = read([
      { data: hex(`${MACS}0800aa`), len: 1514 },
      { data: hex(`${MACS}0800aa`), len: 1514, status: 0x50, tci: 1, tpid: 0x8100 },
      { data: hex(`${MACS}0800aa`) },
    ]);
    expect(frames).toEqual([`${MACS}0800aa... 1514`, `${MACS}810000010800aa... 1518`, `${MACS}0800aa`]);
    expect(cut).toBe(2);
  });

  it("passes over outgoing frames where that is asked for, the last one included", () => {
    const packets = [4, 0, 4, 3, 4].map((type) => ({ data: hex(`0${type}`), type }));
    expect(read(packets)).toMatchObject({ frames: ["04", "00", "04", "03", "04"], ignored: 0 });
    expect(read(packets, { skipOutgoing: true })).toMatchObject({ frames: ["00", "03"], ignored: 3 });
  });

  it("is read in as many batches as it takes", () => {
    const packets = Array.from({ length: 2 * BATCH_FRAMES + 1 }, (_, i) => ({ data: hex("aa"), sec: i }));
    const { times, sizes } = read(packets);
    expect(sizes).toEqual([BATCH_FRAMES, BATCH_FRAMES, 1]);
    expect(times).toEqual(packets.map(({ sec }) => `${sec}.0`));
  });
});
