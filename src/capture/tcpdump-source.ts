import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { EarlyLosses } from "./early-losses.ts";
import { FrameBatch } from "./frame-batch.ts";
import { CaptureError } from "./frame-source.ts";
import { InterfaceWatch, interfaceInSysfs } from "./interface-watch.ts";
import {
  CapturePermission,
  CaptureUnsupported,
  type InterfaceState,
  type LiveListener,
  type LiveSource,
  type LiveStats,
} from "./live-source.ts";
import { ChunkOctets, OctetBuffer, readTo } from "./octets.ts";
import { isPcap, PCAP_HEADER_LEN, PcapSource } from "./pcap.ts";
import { systemMessage } from "./system-message.ts";

/** Packets in libpcap's own buffer wait in `-B` KiB; `-U` writes each as soon as tcpdump has it. */
const ARGUMENTS = ["-U", "-B", "65536", "--time-stamp-precision=nano", "-s", "262144", "-w", "-", "-i"];
const BUFFER_LEN = 1 << 22;
const POLL_MS = 50;
/** libpcap hands frames over this long after the first of them, at the latest. */
const LATEST_MS = 1100;
/** Between looks at the interface and its losses. */
const LOOK_MS = 500;
/** The end of what tcpdump says is kept: its last words are the counts, or the error. */
const MAX_NOTES_LEN = 4096;

export interface TcpdumpOptions {
  readonly listener: LiveListener;
  /** How long `next()` waits for frames. */
  readonly pollMs?: number;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Starts tcpdump on an interface: where there is no ring. Frames come up to a second late, as libpcap
 * collects them. Throws CapturePermission, CaptureUnsupported (tcpdump is not installed) or CaptureError.
 */
export async function openTcpdump(name: string, options: TcpdumpOptions): Promise<TcpdumpSource> {
  const child = spawn("tcpdump", [...ARGUMENTS, name], { stdio: ["ignore", "pipe", "pipe"] });
  const notes = new Notes(child);
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new CaptureUnsupported(`tcpdump cannot be started: ${systemMessage(error)}`);
  }
  const chunks = new ChunkOctets(child.stdout[Symbol.asyncIterator](), () => child.stdout.destroy());
  const octets = new OctetBuffer(chunks, BUFFER_LEN);
  await notes.listening(); // before it says so, the signal that asks for counts would end it
  await readTo(octets, PCAP_HEADER_LEN);
  if (!isPcap(octets)) {
    child.kill();
    chunks.close();
    await notes.complete;
    throw startError(notes.lastLine);
  }
  const about = { path: name, compression: null, storedBytes: 0, octets: chunks };
  return new TcpdumpSource(name, child, notes, new PcapSource(octets, about), options);
}

function startError(said: string): CaptureError {
  if (/permi(ssion|tted)/i.test(said)) return new CapturePermission();
  return new CaptureError(/No such device/.test(said) ? "there is no such interface" : `tcpdump: ${said}`);
}

/** What tcpdump says on its standard error: an error, or counts. */
class Notes {
  /** Resolves when the child has ended and all of it was read. */
  readonly complete: Promise<void>;
  #ended = false;
  #text = "";

  constructor(child: Child) {
    child.stderr.setEncoding("latin1");
    child.stderr.on("data", (text: string) => {
      this.#text = (this.#text + text).slice(-MAX_NOTES_LEN);
    });
    this.complete = new Promise((resolve) => {
      child.once("close", () => {
        this.#ended = true;
        resolve();
      });
    });
  }

  async listening(): Promise<void> {
    while (!this.#ended && !this.#text.includes("listening on")) await delay(5);
  }

  /** The last count of this kind that it told: packets "captured", "received by filter", "dropped by kernel". */
  count(kind: string): number {
    let count = 0;
    for (const [, said] of this.#text.matchAll(new RegExp(`(\\d+) packets? ${kind}`, "g")))
      count = Number(said);
    return count;
  }

  /** The last line that is not a count. */
  get lastLine(): string {
    const lines = this.#text.trim().split("\n");
    return lines.findLast((line) => !/\d packets? /.test(line)) ?? "";
  }
}

/** Frames that a child process captures and writes into a pipe. */
export class TcpdumpSource implements LiveSource {
  readonly interface: string;
  readonly linkType: number;
  readonly #child: Child;
  readonly #notes: Notes;
  readonly #frames: PcapSource;
  readonly #pollMs: number;
  readonly #watch: InterfaceWatch;
  readonly #index: number;
  readonly #nothing = new FrameBatch(new Uint8Array(0));
  /** What was asked of `#frames` and not answered in time. */
  #waiting: Promise<FrameBatch | null> | null = null;
  #stopped = false;
  #ended = false;
  #lookAtMs = performance.now() + LOOK_MS;
  #cut = 0;
  #dropped = 0;
  #lossEvents = 0;
  readonly #early: EarlyLosses;

  /** Takes over a child that has written its file header. */
  constructor(
    name: string,
    child: Child,
    notes: Notes,
    frames: PcapSource,
    { listener, pollMs = POLL_MS }: TcpdumpOptions,
  ) {
    this.interface = name;
    this.linkType = frames.facts.linkTypes[0];
    this.#child = child;
    this.#notes = notes;
    this.#frames = frames;
    this.#pollMs = pollMs;
    this.#watch = new InterfaceWatch(listener);
    this.#index = interfaceInSysfs(name).index;
    this.#early = new EarlyLosses(name);
    void notes.complete.then(() => this.#childEnded());
  }

  get state(): InterfaceState {
    return this.#watch.state;
  }

  get descriptor(): null {
    return null;
  }

  next(): FrameBatch | null | Promise<FrameBatch | null> {
    if (performance.now() >= this.#lookAtMs) this.#look();
    const answer = this.#waiting ?? this.#frames.next();
    return answer instanceof Promise ? this.#await(answer) : this.#take(answer);
  }

  stats(): LiveStats {
    this.#readDrops();
    const seen = this.#frames.facts.packets;
    return {
      // What tcpdump says it received lags behind; frames that it has and this process has not are missing here.
      received: seen + this.#dropped,
      seen,
      ignored: 0,
      dropped: this.#dropped,
      lossEvents: this.#lossEvents,
      freezes: 0,
      cut: this.#cut,
      outages: this.#watch.outages,
      missed: this.#early.total(),
    };
  }

  stop(): void {
    this.#stopped = true;
    // What it has not read when the signal comes is lost, and it may read a second late.
    setTimeout(() => this.#child.kill("SIGINT"), LATEST_MS);
  }

  close(): void {
    this.#stopped = true;
    this.#child.kill();
    this.#frames.close();
  }

  async #await(answer: Promise<FrameBatch | null>): Promise<FrameBatch | null> {
    this.#waiting = answer;
    const first = await Promise.race([answer, delay(this.#pollMs, this.#nothing)]);
    if (first === this.#nothing) return first;
    this.#waiting = null;
    return this.#take(first);
  }

  #take(batch: FrameBatch | null): FrameBatch | null | Promise<null> {
    if (batch === null) {
      this.#child.kill(); // it may have closed its output only
      return this.#notes.complete.then(() => null); // with the last counts
    }
    for (let i = 0; i < batch.count; i++) if (batch.caplen[i] < batch.wireLen[i]) this.#cut++;
    return batch;
  }

  #look(): void {
    this.#lookAtMs = performance.now() + LOOK_MS;
    if (!this.#ended) this.#child.kill("SIGUSR1"); // it answers with its counts
    this.#readDrops();
    if (this.#ended || this.#index === -1) return; // sysfs shows another network's interfaces
    const { index, flags } = interfaceInSysfs(this.interface);
    this.#watch.observe(index, flags, this.#index);
  }

  #readDrops(): void {
    this.#addDrops(this.#notes.count("dropped by kernel") - this.#dropped, "it was not read fast enough");
  }

  #addDrops(frames: number, why: string): void {
    if (frames <= 0) return;
    this.#dropped += frames;
    this.#lossEvents++;
    this.#watch.tell("drops", `${frames} frames were lost in tcpdump because ${why}`);
  }

  #childEnded(): void {
    this.#ended = true;
    this.#readDrops();
    if (this.#stopped) return;
    const notes = this.#notes;
    const unread = notes.count("received by filter") - notes.count("captured") - this.#dropped;
    this.#addDrops(unread, "it ended before it read them");
    this.#watch.ended(`tcpdump ended: ${notes.lastLine}`);
  }
}
