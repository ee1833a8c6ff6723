import { spawnSync } from "node:child_process";
import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { openCapture } from "../../src/capture/open-capture.ts";
import type { TappedPacket } from "../../src/findings/packet-tap.ts";
import { Evidence, type EvidenceLimits } from "../../src/records/evidence.ts";
import {
  interfaceBlock,
  type PcapngPacket,
  packetBlock,
  sectionHeaderBlock,
} from "../../src/records/pcapng-writer.ts";
import { type ReadFrame, readOctets, readSource } from "../capture/read-all.ts";
import { ownFolder } from "./own-folder.ts";

const ID = "3f0a9c1e2b44";
const OTHER = "aaaaaaaaaaaa";

const root = ownFolder();
let folder = "";
let alarms: (string | null)[] = [];
let deleted: string[] = [];

beforeEach(() => {
  folder = join(root.fresh(), "evidence");
  alarms = [];
  deleted = [];
});

function open(limits?: Partial<EvidenceLimits>): Evidence {
  const whole = { packets: 32, fileBytes: 1 << 18, totalBytes: 1 << 28, ...limits };
  return new Evidence(folder, {
    alarm: (_, message) => alarms.push(message),
    deleted: ({ finding }) => deleted.push(finding),
    limits: whole,
  });
}

function packet(n: number, change: Partial<TappedPacket> = {}): TappedPacket {
  const octets = Uint8Array.from({ length: 60 + n }, (_, i) => (i * 7 + n) & 0xff);
  return {
    octets,
    wireLen: octets.length,
    sec: 1_795_161_600 + n,
    nsec: 123_456_789,
    linkType: 1,
    maskedBytes: 0,
    ...change,
  };
}

function asRead({ octets, wireLen, sec, nsec, linkType }: PcapngPacket): ReadFrame {
  return { data: Buffer.from(octets).toString("hex"), wireLen, sec, nsec, linkType };
}

async function kept(finding = ID): Promise<readonly ReadFrame[]> {
  const { frames, facts } = await readSource(await openCapture(join(folder, `${finding}.pcapng`)));
  expect(facts).toMatchObject({ damage: null, tsDigits: 9 });
  return frames;
}

describe("the pcapng writer", () => {
  it("writes what our reader reads, whatever the packets are", async () => {
    const packets = fc.array(
      fc.record({
        octets: fc.uint8Array({ maxLength: 200 }),
        extra: fc.nat({ max: 70_000 }),
        sec: fc.nat({ max: 4_000_000_000 }),
        nsec: fc.nat({ max: 999_999_999 }),
        linkType: fc.constantFrom(1, 101, 113, 276),
        comment: fc.string({ unit: "binary", maxLength: 50 }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(packets, async (all) => {
        const blocks = [sectionHeaderBlock()];
        const links: number[] = [];
        const expected: ReadFrame[] = [];
        for (const { extra, comment, ...each } of all) {
          const one = { ...each, wireLen: each.octets.length + extra };
          if (!links.includes(one.linkType)) {
            links.push(one.linkType);
            blocks.push(interfaceBlock(one.linkType));
          }
          blocks.push(packetBlock(links.indexOf(one.linkType), one, comment));
          expected.push(asRead(one));
        }
        const { frames, facts } = await readOctets(Buffer.concat(blocks));
        expect(facts.damage).toBeNull();
        expect(frames).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps times within what the format can say", async () => {
    const odd = [packet(0, { sec: -5 }), packet(1, { sec: 1e15 })];
    const octets = [sectionHeaderBlock(), interfaceBlock(1), ...odd.map((each) => packetBlock(0, each, ""))];
    const { frames } = await readOctets(Buffer.concat(octets));
    expect(frames.map(({ sec }) => sec)).toEqual([0, 18_446_744_073]);
  });

  it.skipIf(spawnSync("tshark", ["-v"]).status !== 0)("writes comments that others read", () => {
    const evidence = open();
    evidence.add(ID, packet(1), "first packet");
    evidence.flush();
    const args = [
      "-r",
      join(folder, `${ID}.pcapng`),
      "-T",
      "fields",
      "-e",
      "frame.comment",
      "-e",
      "frame.len",
    ];
    const { stdout } = spawnSync("tshark", args);
    expect(stdout.toString()).toBe(`finding ${ID}: first packet\t61\n`);
  });
});

describe("evidence", () => {
  it("holds the first packets of a finding, of any link type, in a file of its owner's", async () => {
    const evidence = open({ packets: 5 });
    const packets = [1, 2, 3, 4, 5, 6, 7].map((n) => packet(n, { linkType: n % 2 === 0 ? 1 : 101 }));
    for (const [i, each] of packets.entries()) {
      evidence.add(ID, each, `packet ${i}`);
      if (i % 3 === 0) evidence.flush();
    }
    evidence.flush();
    expect(await kept()).toEqual(packets.slice(0, 5).map(asRead));
    expect(evidence.wants(ID)).toBe(false);
    expect(evidence.wants(OTHER)).toBe(true);
    expect(readdirSync(folder)).toEqual([`${ID}.pcapng`]);
    expect(statSync(join(folder, `${ID}.pcapng`)).mode & 0o777).toBe(0o600);
  });

  it("copies: the memory that a packet lies in is used again", async () => {
    const evidence = open();
    const each = packet(1);
    const before = asRead(each);
    evidence.add(ID, each, "");
    each.octets.fill(0);
    evidence.flush();
    expect(await kept()).toEqual([before]);
  });

  it("goes on after a restart, behind what a killed writer left whole", async () => {
    const first = open({ packets: 4 });
    for (const n of [1, 2]) first.add(ID, packet(n), "");
    first.flush();
    const path = join(folder, `${ID}.pcapng`);
    truncateSync(path, statSync(path).size - 5);
    const second = open({ packets: 4 });
    for (const n of [3, 4, 5, 6]) second.add(ID, packet(n), "");
    second.flush();
    expect(await kept()).toEqual([1, 3, 4, 5].map((n) => asRead(packet(n))));
    expect(alarms).toEqual([]);
  });

  it("takes no finding beyond its bytes, and then nothing smaller either", async () => {
    const evidence = open({ fileBytes: 1000 });
    for (const len of [400, 600, 10])
      evidence.add(ID, packet(0, { octets: new Uint8Array(len), wireLen: len }), "");
    evidence.flush();
    expect((await kept()).map(({ wireLen }) => wireLen)).toEqual([400]);
  });

  it("deletes the oldest when all is full, says so, and does not begin it again", () => {
    const ids = Array.from({ length: 6 }, (_, i) => `00000000000${i}`);
    const one = open();
    one.add(ids[0], packet(0), "");
    one.flush();
    const size = statSync(join(folder, `${ids[0]}.pcapng`)).size;
    rmSync(join(folder, `${ids[0]}.pcapng`));
    const limits = { totalBytes: 3 * size };
    const evidence = open(limits);
    for (const id of ids.slice(0, 4)) {
      evidence.add(id, packet(0), "");
      evidence.flush();
    }
    expect(deleted).toEqual([ids[0]]);
    expect(evidence.wants(ids[0])).toBe(false);
    for (const [i, id] of ids.slice(1, 4).entries()) utimesSync(join(folder, `${id}.pcapng`), 0, 1000 - i);
    const again = open(limits); // the oldest by time is now ids[3]
    again.add(ids[4], packet(0), "");
    again.flush();
    expect(deleted).toEqual([ids[0], ids[3]]);
    expect(readdirSync(folder).sort()).toEqual([1, 2, 4].map((i) => `${ids[i]}.pcapng`));
  });

  it("does not begin again what somebody removed", () => {
    const evidence = open();
    for (const n of [1, 2]) {
      evidence.add(ID, packet(n), "");
      evidence.flush();
      rmSync(join(folder, `${ID}.pcapng`), { force: true });
    }
    expect(readdirSync(folder)).toEqual([]);
    expect(evidence.wants(ID)).toBe(false);
  });

  it("lets other files alone", () => {
    const name = join(open() && folder, "notes.txt");
    writeFileSync(name, "x");
    const evidence = open({ totalBytes: 1 });
    evidence.add(ID, packet(0), "");
    evidence.flush();
    expect(readFileSync(name, "utf8")).toBe("x");
  });

  it("goes on behind what an earlier run left, also when that could not be read at first", async () => {
    const earlier = open();
    earlier.add(ID, packet(1), "");
    earlier.flush();
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, "in the way");
    const evidence = open();
    evidence.add(ID, packet(2), "");
    evidence.flush();
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
    evidence.flush();
    expect(await kept()).toEqual([asRead(packet(1)), asRead(packet(2))]);
  });

  it("raises an alarm while the disk takes nothing, and writes when it does", async () => {
    const evidence = open();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "in the way");
    evidence.add(ID, packet(1), "");
    evidence.flush();
    evidence.flush();
    expect(alarms).toEqual([expect.stringMatching(/^cannot keep evidence in .*: file already exists/)]);
    rmSync(folder);
    evidence.add(ID, packet(2), "");
    evidence.flush();
    expect(await kept()).toEqual([asRead(packet(1)), asRead(packet(2))]);
    expect(alarms.at(-1)).toBeNull();
  });
});
