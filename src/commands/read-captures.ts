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

const MICROSECONDS = 6;
/** Batches between two looks at signals. */
const BATCHES_A_TURN = 64;

/** Feeds captures to the sensor, in the order of time. Those in `broken` are reported as unreadable inputs. */
export async function readCaptures(
  sensor: FrameTaker,
  paths: readonly string[],
  broken: readonly BrokenInput[],
  hash: boolean,
): Promise<ReadInputs> {
  const stop = new StopSignal();
  const reading = new Reading(sensor, paths, hash, stop);
  const merge = new CaptureMerge(paths, reading);
  try {
    for (let turns = 1; !stop.asked && (await stop.orNull(merge.pump())); turns++) {
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

  constructor(sensor: FrameTaker, paths: readonly string[], hash: boolean, stop: StopSignal) {
    this.sensor = sensor;
    this.paths = paths;
    this.hash = hash;
    this.stop = stop;
    this.progress = new Progress(paths);
  }

  opened(): void {
    this.stop.listen();
  }

  take(batch: FrameBatch, from: number, to: number, source: FrameSource): void {
    if (source !== this.current) this.sensor.beginInput(source.facts);
    this.current = source;
    this.sensor.consume(batch, from, to);
    this.progress.show(source.facts);
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
