import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { listInputs } from "../../src/capture/capture-inputs.ts";
import { scratchPath } from "./read-all.ts";
import { writePcap } from "./write-pcap.ts";

const at = (sec: number, fraction = 0): Buffer => writePcap([{ data: Buffer.from("abc"), sec, fraction }]);
const directory = scratchPath("inputs");
const inside = (name: string): string => join(directory, name);

beforeAll(() => {
  mkdirSync(join(directory, "below"), { recursive: true });
  mkdirSync(join(directory, "notes"), { recursive: true });
  const files: Record<string, Uint8Array> = {
    "a.pcap": at(300, 2),
    "z.pcap": at(300, 1),
    "b.pcap.gz": gzipSync(at(100)),
    c: at(200),
    "d.pcap1": at(200),
    "empty-capture.pcap": writePcap([]),
    "readme.md": Buffer.from("# notes"),
    "notes.gz": gzipSync("notes"),
    "zero.log": Buffer.alloc(0),
    "zero.pcap": Buffer.alloc(0),
    "text.pcapng": Buffer.from("hello"),
    "cut-head": at(1).subarray(0, 20),
    "cut-record.cap": at(150).subarray(0, -1),
    "below/deep.pcap": at(1),
    "notes/readme.md": Buffer.from("# notes"),
    "day.pcap.xz": Buffer.from("fd377a585a0000", "hex"),
    "day.pcap.1": Buffer.from("hello"),
    "archive.zip": Buffer.from("504b0304", "hex"),
    "sun-01": Buffer.from("736e6f6f70000000", "hex"),
  };
  for (const [name, octets] of Object.entries(files)) writeFileSync(inside(name), octets);
  symlinkSync("nowhere", inside("gone.pcap"));
});

describe("a directory", () => {
  it("in time order, with what is skipped and what is broken", async () => {
    const { paths, skipped, broken } = await listInputs([directory]);
    expect(paths).toEqual(
      ["b.pcap.gz", "c", "d.pcap1", "z.pcap", "a.pcap", "cut-record.cap", "empty-capture.pcap"].map(inside),
    );
    expect(skipped).toEqual(["archive.zip", "notes", "notes.gz", "readme.md", "zero.log"].map(inside));
    expect(broken).toEqual([
      { path: inside("below"), message: expect.stringMatching(/^is a directory with captures in it/) },
      { path: inside("cut-head"), message: "the pcap file header is cut short" },
      { path: inside("day.pcap.1"), message: expect.stringMatching(/^not a capture/) },
      { path: inside("day.pcap.xz"), message: expect.stringMatching(/looks like xz; decompress it first$/) },
      { path: inside("gone.pcap"), message: "no such file or directory (ENOENT)" },
      { path: inside("sun-01"), message: expect.stringMatching(/looks like snoop/) },
      {
        path: inside("text.pcapng"),
        message: expect.stringMatching(/^not a capture: begins with the text "hello"/),
      },
      { path: inside("zero.pcap"), message: expect.stringMatching(/^is empty/) },
    ]);
  });

  it("without any capture is broken", async () => {
    const empty = scratchPath("empty-directory");
    mkdirSync(empty);
    writeFileSync(join(empty, "notes"), "notes");
    expect(await listInputs([empty])).toEqual({
      paths: [],
      first: null,
      skipped: [join(empty, "notes")],
      broken: [{ path: empty, message: "holds no capture" }],
    });
  });
});

describe("a directory with a link in a circle", () => {
  it("is read, the link is named", async () => {
    const folder = scratchPath("circle");
    mkdirSync(folder);
    symlinkSync("a.pcap", join(folder, "a.pcap"));
    copyFileSync(inside("a.pcap"), join(folder, "b.pcap"));
    const { paths, broken } = await listInputs([folder]);
    expect(paths).toEqual([join(folder, "b.pcap")]);
    expect(broken).toEqual([{ path: join(folder, "a.pcap"), message: expect.stringContaining("ELOOP") }]);
  });
});

describe("directories below a directory", () => {
  it("are no matter where they are named as well, lead back, or hold no captures; else they are broken", async () => {
    const folder = scratchPath("tree");
    mkdirSync(join(folder, "days", "friday"), { recursive: true });
    mkdirSync(join(folder, "other"));
    symlinkSync(".", join(folder, "loop"));
    copyFileSync(inside("a.pcap"), join(folder, "a.pcap"));
    copyFileSync(inside("c"), join(folder, "days", "friday", "c.cap"));
    const [days, friday] = [join(folder, "days"), join(folder, "days", "friday")];
    const brokenOf = async (...args: string[]) => (await listInputs(args)).broken.map(({ path }) => path);
    expect(await brokenOf(folder)).toEqual([days]);
    expect(await brokenOf(folder, friday)).toEqual([]);
    expect((await listInputs([folder])).skipped).toEqual([join(folder, "other")]);
  });
});

describe("several arguments", () => {
  it("give the same whatever their order, each file once, standard input last", async () => {
    const args = [
      "-",
      inside("a.pcap"),
      directory,
      inside("c"),
      scratchPath("nowhere.pcap"),
      join(directory, "below"),
    ];
    const forward = await listInputs(args);
    expect(await listInputs(args.toReversed())).toEqual(forward);
    expect(forward.paths.slice(0, 2)).toEqual([join(directory, "below", "deep.pcap"), inside("b.pcap.gz")]);
    expect(forward.paths.filter((path) => path === inside("a.pcap")).length).toBe(1);
    expect(forward.paths).toContain("-");
    expect(forward.broken.map(({ path }) => path)).toContain(scratchPath("nowhere.pcap"));
  });

  it("named files that are no captures are broken, whatever their name", async () => {
    const { paths, skipped, broken } = await listInputs([inside("readme.md")]);
    expect([paths, skipped]).toEqual([[], []]);
    expect(broken).toEqual([{ path: inside("readme.md"), message: expect.stringMatching(/^not a capture/) }]);
    for (const args of [
      [directory, inside("readme.md")],
      [inside("readme.md"), directory],
    ]) {
      expect((await listInputs(args)).broken.map(({ path }) => path)).toContain(inside("readme.md"));
    }
  });
});
