import { statSync } from "node:fs";
import type { SourceFacts } from "../capture/frame-source.ts";
import { bytesText, durationText, numberText } from "../report/text-figures.ts";
import { clearStatus, showStatus } from "./say.ts";
import { obeysEscapes } from "./terminal.ts";

const FIRST_AFTER_MS = 1000;
const EVERY_MS = 100;
const DEFAULT_COLUMNS = 80;
const BAR_COLUMNS = 16;
/** On narrower terminals the figures need the room. */
const BAR_FROM_COLUMNS = 60;

/** How far reading has come. */
export interface ReadState {
  readonly bytes: number;
  /** Null where it is not known: a pipe. */
  readonly totalBytes: number | null;
  readonly packets: number;
  readonly elapsedMs: number;
}

/** A progress bar on stderr: on a terminal, for what takes more than a second. */
export class Progress {
  private readonly enabled = obeysEscapes(process.stderr);
  private readonly startedMs = this.enabled ? performance.now() : 0; // its first use loads a module of Node
  private readonly totalBytes: number | null;
  private readonly inputs = new Set<SourceFacts>();
  private shownMs = 0;

  constructor(paths: readonly string[]) {
    this.totalBytes = this.enabled ? totalSize(paths) : null;
  }

  /** To be called every now and then while an input is read; several may be read at the same time. */
  show(facts: SourceFacts): void {
    if (!this.enabled) return;
    this.inputs.add(facts);
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.startedMs;
    if (elapsedMs < FIRST_AFTER_MS || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    let bytes = 0;
    let packets = 0;
    for (const { readBytes, packets: read } of this.inputs) {
      bytes += readBytes;
      packets += read;
    }
    const columns = process.stderr.columns || DEFAULT_COLUMNS;
    showStatus(progressLine({ bytes, totalBytes: this.totalBytes, packets, elapsedMs }, columns));
  }

  end(): void {
    clearStatus();
  }
}

/** One line below `columns`: bar, share, time left, octets, packets a second; what has no room is left out. */
export function progressLine(state: ReadState, columns: number): string {
  const { bytes, totalBytes, packets, elapsedMs } = state;
  const rate = `${numberText(Math.round((packets * 1000) / elapsedMs))} packets/s`;
  if (totalBytes === null) return fitted([bytesText(bytes), rate], columns);
  const share = Math.min(1, bytes / Math.max(1, totalBytes));
  const left = share === 0 ? "" : `${durationText((elapsedMs * (1 - share)) / share / 1000)} left`;
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR_COLUMNS - filled)}]`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const words = [percent, left, `${bytesText(bytes)} of ${bytesText(totalBytes)}`, rate];
  return fitted(columns < BAR_FROM_COLUMNS ? words : [bar, ...words], columns);
}

/** The first parts that fit; the last column stays free, because some terminals wrap there. */
function fitted(parts: readonly string[], columns: number): string {
  let line = "";
  for (const part of parts) {
    if (part === "") continue;
    const longer = line === "" ? part : `${line}  ${part}`;
    if (longer.length >= columns) break;
    line = longer;
  }
  return line;
}

/** Size of all inputs together, null when one of them is not a file. */
function totalSize(paths: readonly string[]): number | null {
  let total = 0;
  for (const path of paths) {
    const stat = path === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return null;
    total += stat.size;
  }
  return total;
}
