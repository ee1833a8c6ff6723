import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { decompressZstdFrames } from "./fzstd-frames.ts";
import { type OctetBuffer, storedChunks } from "./octets.ts";

/** For both ways; RFC 8878, section 3.1.1.1.2 asks decoders for 8 MiB, `zstd -19` uses that, `--ultra` more. */
const WINDOW_LIMIT = "--memory=128MB";
const MAX_COMPLAINT_LEN = 1000;

/**
 * Decompresses zstd (RFC 8878), any number of frames: with the `zstd` program where it is installed,
 * which is fast and verifies checksums, else within this process. Throws after the last octets that
 * could be had when the input is cut or damaged.
 */
export async function* unzstd(stored: OctetBuffer): AsyncGenerator<Uint8Array> {
  const program = await startZstd();
  yield* program ? decompressWith(program, stored) : decompressZstdFrames(stored);
}

async function startZstd(): Promise<ChildProcessWithoutNullStreams | null> {
  const program = spawn("zstd", ["--decompress", "--stdout", "--quiet", WINDOW_LIMIT], { stdio: "pipe" });
  try {
    await once(program, "spawn");
    return program;
  } catch {
    return null; // not installed, or not to be run
  }
}

async function* decompressWith(
  program: ChildProcessWithoutNullStreams,
  stored: OctetBuffer,
): AsyncGenerator<Uint8Array> {
  let complaint = "";
  program.stderr.setEncoding("latin1");
  program.stderr.on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MAX_COMPLAINT_LEN);
  });
  const ended = once(program, "close");
  // When the program gives up, its input breaks: its exit status tells that better.
  const fed = pipeline(storedChunks(stored), program.stdin).catch(() => {});
  try {
    yield* program.stdout as AsyncIterable<Uint8Array>;
    const [status] = await ended;
    await fed;
    if (stored.failure !== null) throw new Error(stored.failure);
    if (status !== 0) throw new Error(`zstd: ${reason(complaint)}`);
  } finally {
    program.kill();
  }
}

/** From "/*stdin*\ : Decoding error (36) : Data corruption detected", the part after the input's name. */
function reason(complaint: string): string {
  const line = complaint.trim().split("\n")[0] ?? "";
  return line.replace(/^zstd: /, "").replace(/^\/\*stdin\*\\ ?: /, "") || "cannot be decompressed";
}
