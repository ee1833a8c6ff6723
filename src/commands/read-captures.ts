import type { BrokenInput } from "../capture/capture-inputs.ts";
import { CaptureError, type FrameSource } from "../capture/frame-source.ts";
import { hashFile } from "../capture/hash-file.ts";
import { openCapture } from "../capture/open-capture.ts";
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

const MICROSECONDS = 6;
/** Batches between two looks at signals. */
const BATCHES_A_TURN = 64;

/** Feeds captures to the sensor, one after another. Those in `broken` are reported as unreadable inputs. */
export async function readCaptures(
  sensor: Sensor,
  paths: readonly string[],
  broken: readonly BrokenInput[],
  hash: boolean,
): Promise<ReadInputs> {
  const inputs: RunInput[] = [];
  const coverage: InputCoverage[] = [];
  let tsDigits = 0;
  const stop = new StopSignal();
  const progress = new Progress(paths);
  for (const path of paths) {
    if (stop.asked) break;
    const read = await readOne(sensor, path, hash, progress, stop);
    inputs.push(read.input);
    coverage.push(read.coverage);
    tsDigits = Math.max(tsDigits, read.tsDigits);
  }
  progress.end();
  stop.forget();
  for (const { path, message } of broken) {
    inputs.push(unreadable(path, message));
    coverage.push({ path, packets: 0, dropped: 0, filtered: false, damage: message });
  }
  return { inputs, coverage, tsDigits: tsDigits === 0 ? MICROSECONDS : tsDigits, interrupted: stop.asked };
}

async function readOne(sensor: Sensor, path: string, hash: boolean, progress: Progress, stop: StopSignal) {
  let source: FrameSource;
  try {
    source = await openCapture(path);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    // It was readable when the inputs were listed: the file changed, or it is a pipe.
    say(`${path}: ${error.message}`);
    const coverage = { path, packets: 0, dropped: 0, filtered: false, damage: error.message };
    return { input: unreadable(path, error.message), coverage, tsDigits: 0 };
  }
  stop.listen();
  sensor.beginInput(source.facts);
  try {
    await feed(sensor, source, progress, stop);
  } finally {
    source.close(); // a pipe that stays open would keep the process
  }
  const { facts } = source;
  const damage = facts.damage === null ? null : `${facts.damage.message} at byte ${facts.damage.offset}`;
  if (damage !== null) say(`${path}: ${damage}; judged up to there`);
  return {
    input: {
      path,
      sha256: hash ? hashOf(path) : null,
      format: facts.compression === null ? facts.format : `${facts.format}+${facts.compression}`,
      linkTypes: facts.linkTypes,
      packets: facts.packets,
      bytes: facts.bytes,
      first: facts.first,
      last: facts.last,
      damage,
    },
    coverage: { path, packets: facts.packets, dropped: facts.dropped, filtered: facts.filtered, damage },
    tsDigits: facts.packets === 0 ? 0 : facts.tsDigits,
  };
}

async function feed(
  sensor: Sensor,
  source: FrameSource,
  progress: Progress,
  stop: StopSignal,
): Promise<void> {
  for (let batches = 1; !stop.asked; batches++) {
    const next = source.next();
    const batch = next instanceof Promise ? await stop.orNull(next) : next;
    if (batch === null) break;
    sensor.consume(batch);
    progress.show(source.facts);
    if (batches % BATCHES_A_TURN === 0) await new Promise(setImmediate); // lets signals through
  }
  progress.finished(source.facts);
}

function unreadable(path: string, damage: string): RunInput {
  return {
    path,
    sha256: null,
    format: null,
    linkTypes: [],
    packets: 0,
    bytes: 0,
    first: null,
    last: null,
    damage,
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
