import { statSync } from "node:fs";
import type { SourceFacts } from "../capture/frame-source.ts";
import { bytesText, durationText, numberText } from "../report/text-figures.ts";
import { clearStatus, showStatus } from "./say.ts";

const FIRST_AFTER_MS = 1000;
const EVERY_MS = 100;
const DEFAULT_COLUMNS = 80;
const MIN_BAR = 5;
const MAX_BAR = 40;

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
  private readonly enabled = process.stderr.isTTY === true;
  private readonly startedMs = performance.now();
  private readonly totalBytes: number | null;
  private doneBytes = 0;
  private donePackets = 0;
  private shownMs = 0;

  constructor(paths: readonly string[]) {
    this.totalBytes = this.enabled ? totalSize(paths) : null;
  }

  /** To be called every now and then while an input is read. */
  show(facts: SourceFacts): void {
    if (!this.enabled) return;
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.startedMs;
    if (elapsedMs < FIRST_AFTER_MS || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    const bytes = this.doneBytes + facts.readBytes;
    const packets = this.donePackets + facts.packets;
    const columns = process.stderr.columns || DEFAULT_COLUMNS;
    showStatus(progressLine({ bytes, totalBytes: this.totalBytes, packets, elapsedMs }, columns));
  }

  /** An input has been read. */
  finished(facts: SourceFacts): void {
    this.doneBytes += facts.readBytes;
    this.donePackets += facts.packets;
  }

  end(): void {
    clearStatus();
  }
}

/**
 * One line below `columns`: bar and share, octets, packets a second, time left. What there is no room
 * for is left out, the bar first.
 */
export function progressLine(state: ReadState, columns: number): string {
  const { bytes, totalBytes, packets, elapsedMs } = state;
  const figures = [`${numberText(Math.round((packets * 1000) / elapsedMs))} packets/s`, bytesText(bytes)];
  if (totalBytes === null) return fitted(figures, columns);
  const share = Math.min(1, bytes / Math.max(1, totalBytes));
  const leftSec = share === 0 ? null : (elapsedMs / share - elapsedMs) / 1000;
  const head = [
    `${Math.floor(share * 100)} %`.padStart(5),
    leftSec === null ? "" : `${durationText(leftSec)} left`,
  ];
  figures[1] = `${bytesText(bytes)} of ${bytesText(totalBytes)}`;
  const words = fitted([...head.filter((part) => part !== ""), ...figures.reverse()], columns);
  const room = Math.min(MAX_BAR, columns - 1 - words.length - 3);
  if (room < MIN_BAR) return words;
  const filled = Math.round(share * room);
  return `[${"#".repeat(filled)}${"-".repeat(room - filled)}] ${words}`;
}

/** The first parts that fit; the last column stays free, because some terminals wrap there. */
function fitted(parts: readonly string[], columns: number): string {
  let line = "";
  for (const part of parts) {
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
