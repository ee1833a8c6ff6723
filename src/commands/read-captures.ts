import type { BrokenInput } from "../capture/capture-inputs.ts";
import { CaptureMerge, type CaptureTaker, MAX_OPEN } from "../capture/capture-merge.ts";
import type { FrameBatch } from "../capture/frame-batch.ts";
import { CaptureError, type FrameSource } from "../capture/frame-source.ts";
import { hashFile } from "../capture/hash-file.ts";
import type { InputCoverage } from "../findings/coverage.ts";
import type { RunInput } from "../report/run.ts";
import type { Sensor } from "../sensor.ts";
import { Progress } from "./progress.ts";
import { say } from "./say.ts";

/** What was read of the inputs of a run. */
export interface ReadInputs {
  readonly inputs: RunInput[];
  readonly coverage: InputCoverage[];
  /** Finest precision of all captures, in decimals of a second. */
  readonly tsDigits: number;
  /** Stopped by Ctrl-C or SIGTERM before the end. */
  readonly interrupted: boolean;
}

/** What frames are fed to. */
export type FrameTaker = Pick<Sensor, "beginInput" | "consume">;

/** Frames batch[from, to) that are due, one capture's. */
export interface DueFrames {
  readonly batch: FrameBatch;
  readonly from: number;
  readonly to: number;
  readonly source: FrameSource;
}

/** Says when frames are taken in, in place of at once, and when to stop. */
export interface Pace {
  /** Feeds them to the sensor when their time has come. */
  play(due: DueFrames): Promise<void>;
  readonly stopped: AbortSignal;
}

const MICROSECONDS = 6;
/** Batches between two looks at signals. */
const BATCHES_A_TURN = 64;

/**
 * Feeds captures to the sensor, in the order of time. Those in `broken` are reported as unreadable inputs. `pace`:
 * null for as fast as it goes.
 */
export async function readCaptures(
  sensor: FrameTaker,
  paths: readonly string[],
  broken: readonly BrokenInput[],
  hash: boolean,
  pace: Pace | null = null,
): Promise<ReadInputs> {
  const stop = new StopSignal(pace?.stopped ?? null);
  const reading = new Reading(sensor, paths, hash, stop, pace);
  const merge = new CaptureMerge(paths, reading);
  try {
    for (let turns = 1; !stop.asked && (await stop.orNull(merge.pump())); turns++) {
      await reading.playDue();
      if (turns % BATCHES_A_TURN === 0) await new Promise(setImmediate); // lets signals through
    }
  } finally {
    merge.close();
  }
  if (merge.overlapTooDeep) say(`more than ${MAX_OPEN} captures overlap in time: not all were read in order`);
  stop.forget();
  const { inputs, coverage, tsDigits } = reading.result(broken);
  return { inputs, coverage, tsDigits: tsDigits === 0 ? MICROSECONDS : tsDigits, interrupted: stop.asked };
}

/** Takes frames to the sensor, and notes what became of each capture. */
class Reading implements CaptureTaker {
  private readonly read = new Map<string, { input: RunInput; coverage: InputCoverage }>();
  private tsDigits = 0;
  private current: FrameSource | null = null;
  private readonly sensor: FrameTaker;
  private readonly paths: readonly string[];
  private readonly hash: boolean;
  private readonly stop: StopSignal;
  private readonly progress: Progress;
  private readonly pace: Pace | null;
  /** What waits for its pace: valid until captures are read on. */
  private due: DueFrames[] = [];

  constructor(
    sensor: FrameTaker,
    paths: readonly string[],
    hash: boolean,
    stop: StopSignal,
    pace: Pace | null,
  ) {
    this.sensor = sensor;
    this.paths = paths;
    this.hash = hash;
    this.stop = stop;
    this.pace = pace;
    this.progress = new Progress(paths);
  }

  opened(): void {
    this.stop.listen();
  }

  take(batch: FrameBatch, from: number, to: number, source: FrameSource): void {
    if (this.pace !== null) {
      this.due.push({ batch, from, to, source });
      return;
    }
    if (source !== this.current) this.sensor.beginInput(source.facts);
    this.current = source;
    this.sensor.consume(batch, from, to);
    this.progress.show(source.facts);
  }

  /** Takes in what is due at its pace; what is due after a stop is left out, as it was never shown. */
  async playDue(): Promise<void> {
    const { due, pace } = this;
    if (pace === null || due.length === 0) return;
    this.due = [];
    for (const frames of due) {
      if (pace.stopped.aborted) return;
      if (frames.source !== this.current) this.sensor.beginInput(frames.source.facts);
      this.current = frames.source;
      await pace.play(frames);
    }
  }

  ended({ facts }: FrameSource): void {
    const { path, packets, dropped, filtered } = facts;
    const damage = facts.damage === null ? null : `${facts.damage.message} at byte ${facts.damage.offset}`;
    if (damage !== null) say(`${path}: ${damage}; judged up to there`);
    const input = {
      path,
      sha256: this.hash ? hashOf(path) : null,
      format: facts.compression === null ? facts.format : `${facts.format}+${facts.compression}`,
      linkTypes: facts.linkTypes,
      packets,
      bytes: facts.bytes,
      first: facts.first,
      last: facts.last,
      damage,
    };
    this.read.set(path, { input, coverage: { path, packets, dropped, filtered, damage } });
    if (packets > 0) this.tsDigits = Math.max(this.tsDigits, facts.tsDigits);
  }

  /** It was readable when the inputs were listed: the file changed, or it is a pipe. */
  unreadable(path: string, message: string): void {
    say(`${path}: ${message}`);
    this.read.set(path, unreadable(path, message));
  }

  result(broken: readonly BrokenInput[]): Pick<ReadInputs, "inputs" | "coverage" | "tsDigits"> {
    this.progress.end();
    const all = this.paths.map((path) => this.read.get(path)).filter((read) => read !== undefined);
    all.push(...broken.map(({ path, message }) => unreadable(path, message)));
    const inputs = all.map(({ input }) => input);
    return { inputs, coverage: all.map(({ coverage }) => coverage), tsDigits: this.tsDigits };
  }
}

function unreadable(path: string, damage: string): { input: RunInput; coverage: InputCoverage } {
  const nothing = {
    sha256: null,
    format: null,
    linkTypes: [],
    packets: 0,
    bytes: 0,
    first: null,
    last: null,
  };
  return {
    input: { path, ...nothing, damage },
    coverage: { path, packets: 0, dropped: 0, filtered: false, damage },
  };
}

/** SHA-256 of a file; null, with a notice, when it can be read no more. */
function hashOf(path: string): string | null {
  try {
    return hashFile(path);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    say(`${path}: no SHA-256: ${error.message}`);
    return null;
  }
}

/**
 * Ctrl-C and SIGTERM end the reading; what was read is judged and reported. A second one ends the
 * process, and so does the first before there is anything to report.
 */
class StopSignal {
  asked = false;
  private listening = false;
  private wake: (() => void) | null = null;
  private readonly onSignal = (): void => {
    this.asked = true;
    this.forget();
    this.wake?.();
  };

  /** `also`: another way to ask for it. */
  constructor(also: AbortSignal | null) {
    also?.addEventListener("abort", this.onSignal);
  }

  listen(): void {
    if (this.listening || this.asked) return;
    this.listening = true;
    process.on("SIGINT", this.onSignal);
    process.on("SIGTERM", this.onSignal);
  }

  forget(): void {
    this.listening = false;
    process.off("SIGINT", this.onSignal);
    process.off("SIGTERM", this.onSignal);
  }

  /** What `pending` brings, or null as soon as the signal comes: a pipe may be silent for hours. */
  orNull<T>(pending: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      this.wake = () => resolve(null);
      pending.then(resolve, reject);
    });
  }
}
