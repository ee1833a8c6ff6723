import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CaptureError } from "../../src/capture/frame-source.ts";
import { hashFile } from "../../src/capture/hash-file.ts";
import { NotACapture } from "../../src/capture/not-a-capture.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import { readOctets, readSource, scratchFile, scratchPath } from "./read-all.ts";
import { writePcap } from "./write-pcap.ts";
import { PcapngWriter } from "./write-pcapng.ts";

const ngHead = new PcapngWriter().section();

describe("what is no capture", () => {
  it.each<[string, Buffer | string, string]>([
    ["nothing", "", "is empty; expected pcap or pcapng, or gzip or zstd of either"],
    [
      "text",
      "# hosts of the lab",
      'not a capture: begins with the text "# hosts of the l"; expected pcap or pcapng, or gzip or zstd of either',
    ],
    [
      "binary",
      Buffer.from("7f454c460201010000000000000000001b5d", "hex"),
      "not a capture: begins with 7f 45 4c 46 02 01 01 00; expected pcap or pcapng, or gzip or zstd of either",
    ],
    [
      "terminal codes",
      "\x1b[2J\x1b[31m",
      "not a capture: begins with 1b 5b 32 4a 1b 5b 33 31; expected pcap or pcapng, or gzip or zstd of either",
    ],
    [
      "one octet of a magic",
      Buffer.of(0xd4),
      "not a capture: begins with d4; expected pcap or pcapng, or gzip or zstd of either",
    ],
    [
      "snoop",
      "snoop\0\0\0\0\0\0\x02",
      "not a capture that is known here: looks like snoop; convert it with `editcap -F pcapng`",
    ],
    [
      "Network Monitor",
      "GMBU\0\x02",
      "not a capture that is known here: looks like Microsoft Network Monitor 2; convert it with `editcap -F pcapng`",
    ],
    [
      "xz",
      Buffer.from("fd377a585a000004", "hex"),
      "not a capture that is known here: looks like xz; decompress it first",
    ],
    [
      "type of a section without byte order",
      "\n\r\r\nabcdefghijkl",
      'not a capture: begins with the text "\\n\\r\\r\\nabcdefghijkl"; expected pcap or pcapng, or gzip or zstd of either',
    ],
  ])("%s", async (_, octets, message) => {
    const opening = openCapture(scratchFile("foreign", Buffer.from(octets as string)));
    await expect(opening).rejects.toBeInstanceOf(NotACapture);
    // What a program converts is a capture, of somebody else's format.
    await expect(opening).rejects.toMatchObject({ message, isForeign: message.includes("editcap") });
  });
});

describe("what cannot be opened", () => {
  it.each([
    ["/nonexistent/day.pcap", "no such file or directory (ENOENT)"],
    ["/", "is a directory or device; expected a file or a pipe"],
    ["/dev/null", "is empty; expected pcap or pcapng, or gzip or zstd of either"],
  ])("%s", async (path, message) => {
    const opening = openCapture(path);
    await expect(opening).rejects.toBeInstanceOf(CaptureError);
    await expect(opening).rejects.toMatchObject({ message });
  });
});

describe("format by content, not by name", () => {
  it("pcapng in a .pcap", async () => {
    const path = scratchFile("really-ng.pcap", ngHead);
    expect((await readSource(await openCapture(path))).facts).toMatchObject({
      path,
      format: "pcapng",
      packets: 0,
      damage: null,
    });
  });
});

/** A frame source on a pipe that this process fills: the path of a named pipe, or of its read end. */
async function readThroughPipe(octets: Buffer, pieceLen: number) {
  const path = scratchPath(`pipe-${pieceLen}`);
  await once(spawn("mkfifo", [path]), "close");
  const writer = spawn("sh", ["-c", `cat > "$0"`, path], { stdio: ["pipe", "ignore", "inherit"] });
  const source = openCapture(path);
  for (let at = 0; at < octets.length; at += pieceLen) {
    writer.stdin.write(octets.subarray(at, at + pieceLen));
    if (at % (50 * pieceLen) === 0) await new Promise(setImmediate);
  }
  writer.stdin.end();
  return readSource(await source);
}

describe("pipes", () => {
  const frames = Array.from({ length: 2000 }, (_, i) => ({ data: Buffer.alloc(1 + (i % 300), i), sec: i }));
  const octets = writePcap(frames);

  it.skipIf(!existsSync("/dev/fd")).each([7, 1000, 100_000])("in pieces of %i octets", async (pieceLen) => {
    const part = pieceLen === 7 ? octets.subarray(0, 20_000) : octets;
    const piped = await readThroughPipe(part, pieceLen);
    const whole = await readOctets(part);
    expect(piped.frames).toEqual(whole.frames);
    expect(piped.facts.damage).toEqual(whole.facts.damage);
    expect(piped.facts).toMatchObject({ storedBytes: 0, readBytes: part.length });
  });
});

describe("hashFile", () => {
  it("is the SHA-256 of what is stored", () => {
    // FIPS 180-4 example, "abc"
    const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(hashFile(scratchFile("abc", Buffer.from("abc")))).toBe(sha256);
  });

  it("cannot be had of standard input, or of what cannot be read", () => {
    expect(hashFile("-")).toBeNull();
    expect(() => hashFile("/nonexistent")).toThrow(new CaptureError("no such file or directory (ENOENT)"));
    mkdirSync(scratchPath("directory"), { recursive: true });
    expect(() => hashFile(scratchPath("directory"))).toThrow(CaptureError);
  });
});
