import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { CaptureError, type PacketTime } from "./frame-source.ts";
import { NotACapture } from "./not-a-capture.ts";
import { openCapture } from "./open-capture.ts";
import { systemMessage } from "./system-message.ts";

/** What a command line names, sorted out. */
export interface CaptureInputs {
  /** Captures to open one after another, by the time of their first packet, then by path. */
  readonly paths: string[];
  /** Time of the earliest first packet; null where only pipes are read. */
  first: PacketTime | null;
  /** What else lies in the directories and is not meant to be a capture. */
  readonly skipped: string[];
  /** What should be a capture and cannot be read as one. */
  readonly broken: BrokenInput[];
}

export interface BrokenInput {
  readonly path: string;
  /** One sentence for people, without the path. */
  readonly message: string;
}

interface Candidate {
  readonly path: string;
  /** The directory that it was found in, null when the user named it. */
  readonly directory: string | null;
}

interface Found {
  readonly path: string;
  /** Null when there is no packet, or when looking would use it up (a pipe). */
  readonly first: PacketTime | null;
}

/**
 * Names that promise a capture: day.pcap, day.pcap3 (as `tcpdump -C` numbers them), day.pcap.1, day.cap.gz, and what is
 * compressed as we cannot read it.
 */
const CAPTURE_NAME = /\.(pcapng|pcap\d*|cap|dmp|snoop)(\.\d+)?(\.(gz|zst|xz|bz2|lz4|lzma|br|z|zip|7z))?$/i;

/** Entries below a directory that are looked at for captures which nobody named. */
const MAX_LOOKS = 10_000;

/**
 * Puts captures, directories of captures and "-" into the order in which they are to be read, whatever the
 * order of `args`. A file that is named twice is read once. Each is opened for a moment to see its first
 * packet; pipes are not, and come last. What lies below a directory is not read: captures there are broken.
 */
export async function listInputs(args: readonly string[]): Promise<CaptureInputs> {
  const inputs: CaptureInputs = { paths: [], first: null, skipped: [], broken: [] };
  const found: Found[] = [];
  const barren = new Set<string>();
  const candidates = listCandidates(args, inputs, barren);
  for (const { path, directory } of withoutRepeats(candidates)) {
    try {
      found.push({ path, first: await firstPacketTime(path) });
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      const isNone = error instanceof NotACapture && !error.isForeign;
      if (isNone && directory !== null && !CAPTURE_NAME.test(path)) {
        inputs.skipped.push(path);
        continue;
      }
      inputs.broken.push({ path, message: error.message });
    }
    if (directory !== null) barren.delete(directory);
  }
  for (const path of barren) inputs.broken.push({ path, message: "holds no capture" });
  inputs.paths.push(...found.sort(byFirstPacket).map(({ path }) => path));
  inputs.first = found[0]?.first ?? null;
  inputs.skipped.sort();
  inputs.broken.sort(byPath);
  return inputs;
}

/** Files to look into. Directories are entered into `barren`, what cannot be listed into `inputs`. */
function listCandidates(args: readonly string[], inputs: CaptureInputs, barren: Set<string>): Candidate[] {
  const candidates: Candidate[] = [];
  const known = new Set(args.map(realPath));
  for (const arg of new Set(args)) {
    try {
      if (arg === "-" || !statSync(arg).isDirectory()) {
        candidates.push({ path: arg, directory: null });
        continue;
      }
      for (const name of readdirSync(arg)) {
        const path = join(arg, name);
        if (isFile(path)) candidates.push({ path, directory: arg });
        else if (!known.has(realPath(path))) passOver(path, known, inputs);
      }
      barren.add(arg);
    } catch (error) {
      inputs.broken.push({ path: arg, message: systemMessage(error) });
    }
  }
  return candidates;
}

/** Something in a directory that is no file: broken where there are captures in it. */
function passOver(path: string, known: ReadonlySet<string>, { skipped, broken }: CaptureInputs): void {
  const message = whyNotPassedOver(path, known);
  if (message === null) skipped.push(path);
  else broken.push({ path, message });
}

/** Null where no capture lies below the path that is not read anyway. */
function whyNotPassedOver(path: string, known: ReadonlySet<string>): string | null {
  const seen = new Set(known);
  const open = [path];
  let looks = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const real = realPath(folder);
    if (seen.has(real) || !isDirectory(folder)) continue;
    seen.add(real);
    try {
      for (const name of readdirSync(folder)) {
        if (CAPTURE_NAME.test(name))
          return "is a directory with captures in it; name it as well, or they are not read";
        if (++looks > MAX_LOOKS)
          return "is a directory with more in it than is looked at; name those with captures as well";
        open.push(join(folder, name));
      }
    } catch (error) {
      return systemMessage(error);
    }
  }
  return null;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Or what cannot be looked at, such as a link that leads nowhere or in a circle: opening it says so. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return true;
  }
}

/** Keeps the first of several names of a file: named before listed, then by path, so that no order matters. */
function withoutRepeats(candidates: Candidate[]): Candidate[] {
  const byRealPath = new Map<string, Candidate>();
  const rank = ({ directory }: Candidate): number => (directory === null ? 0 : 1);
  for (const candidate of candidates.sort((a, b) => rank(a) - rank(b) || byPath(a, b))) {
    const real = realPath(candidate.path);
    if (!byRealPath.has(real)) byRealPath.set(real, candidate);
  }
  return [...byRealPath.values()];
}

function realPath(path: string): string {
  try {
    return path === "-" ? path : realpathSync(path);
  } catch {
    return path;
  }
}

/** Throws CaptureError when `path` is not a capture, or a broken one. */
async function firstPacketTime(path: string): Promise<PacketTime | null> {
  if (path === "-" || !isFile(path)) return null;
  const source = await openCapture(path);
  try {
    const batch = await source.next();
    return batch && { sec: batch.tsSec[0], nsec: batch.tsNsec[0] };
  } finally {
    source.close();
  }
}

function byFirstPacket(a: Found, b: Found): number {
  if (a.first === null || b.first === null)
    return Number(a.first === null) - Number(b.first === null) || byPath(a, b);
  return a.first.sec - b.first.sec || a.first.nsec - b.first.nsec || byPath(a, b);
}

/** By code units: the same order in every locale. */
function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
