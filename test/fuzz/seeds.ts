import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CaptureError } from "../../src/capture/frame-source.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import { fragments } from "../traffic/fragments.ts";
import { clientHello, dnsQuery } from "../traffic/messages.ts";
import { icmp, icmpError, ip, tcp, udp } from "../traffic/packets.ts";

/** A frame to begin from. */
export interface Seed {
  readonly linkType: number;
  readonly data: Uint8Array;
}

/** Frames of one capture, in order: what belongs together stays together. */
export type Talk = readonly Seed[];

const MAX_FRAMES_OF_ONE = 400;
const MAX_FILE_BYTES = 1 << 18;

/** Capture files below the folders that are there, in a fixed order, without what describes them. */
export function captureFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => !/\.(tsv|md|json|txt)$/.test(path))
      .map((path) => join(folder, path))
      .filter((path) => statSync(path).isFile() && statSync(path).size <= MAX_FILE_BYTES)
      .sort(),
  );
}

/** The frames of the captures that can be read. */
export async function talksOf(paths: readonly string[]): Promise<Talk[]> {
  const talks: Talk[] = [made()];
  for (const path of paths) {
    const frames: Seed[] = [];
    try {
      const source = await openCapture(path);
      for (let batch = await source.next(); batch !== null; batch = await source.next()) {
        for (let i = 0; i < batch.count && frames.length < MAX_FRAMES_OF_ONE; i++) {
          const at = batch.offset[i];
          frames.push({ linkType: batch.linkType[i], data: batch.bytes.slice(at, at + batch.caplen[i]) });
        }
      }
      source.close();
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
    }
    if (frames.length > 0) talks.push(frames);
  }
  return talks;
}

/** Traffic that captures seldom have. */
function made(): Talk {
  const [host, outside] = ["10.20.1.11", "198.51.100.7"];
  const question = udp(
    `${host}:5000`,
    "10.20.0.53:53",
    Buffer.concat([dnsQuery("a.example"), Buffer.alloc(600)]),
  );
  const hello = tcp(`${host}:5001`, `${outside}:443`, { seq: 1, payload: clientHello("b.example", [], 900) });
  const v6 = udp("[fd20::1]:5002", "[2001:db8::7]:9000", Buffer.alloc(700), {
    extensions: [
      [0, Buffer.alloc(8)],
      [43, Buffer.alloc(24)],
      [60, Buffer.alloc(8)],
    ],
  });
  const authenticated = Buffer.concat(
    Array.from({ length: 9 }, () => Buffer.from([51, 4, ...Buffer.alloc(22)])),
  );
  const frames = [
    ip(host, outside, 51, authenticated),
    question,
    hello,
    v6,
    ...fragments(question, { size: 200 }),
    ...fragments(hello, { size: 256 }),
    ...fragments(v6, { size: 160 }),
    icmpError("10.20.0.1", question),
    icmpError("10.20.0.1", fragments(question, { size: 200 })[1]),
    icmp("fd20::1", "2001:db8::7", { type: 128, rest: 1, payload: "ping" }),
  ];
  return frames.map((data) => ({ linkType: 1, data }));
}
