import { statSync } from "node:fs";
import type { SourceFacts } from "../capture/frame-source.ts";

const FIRST_AFTER_MS = 1000;
const EVERY_MS = 100;
const BAR_COLUMNS = 24;

/** A progress bar on stderr: on a terminal, for what takes more than a second. */
export class Progress {
  private readonly enabled = process.stderr.isTTY === true;
  private readonly startedMs = performance.now();
  private readonly totalBytes: number;
  private doneBytes = 0;
  private donePackets = 0;
  private shownMs = 0;

  constructor(paths: readonly string[]) {
    this.totalBytes = this.enabled ? paths.reduce((sum, path) => sum + sizeOf(path), 0) : 0;
  }

  show(facts: SourceFacts): void {
    if (!this.enabled) return;
    const nowMs = performance.now();
    if (nowMs - this.startedMs < FIRST_AFTER_MS || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    const bytes = this.doneBytes + facts.readBytes;
    const packets = this.donePackets + facts.packets;
    process.stderr.write(`\r\x1b[2K${progressLine(bytes, this.totalBytes, packets, nowMs - this.startedMs)}`);
  }

  finished(facts: SourceFacts): void {
    this.doneBytes += facts.readBytes;
    this.donePackets += facts.packets;
  }

  end(): void {
    if (this.shownMs > 0) process.stderr.write("\r\x1b[2K");
  }
}

/** One line: bar, share, octets, packets a second, time left. `totalBytes` 0: not known. */
export function progressLine(bytes: number, totalBytes: number, packets: number, elapsedMs: number): string {
  const rate = `${Math.round((packets / elapsedMs) * 1000).toLocaleString("en")} packets/s`;
  if (totalBytes === 0) return `${megabytes(bytes)}  ${rate}`;
  const share = Math.min(1, bytes / totalBytes);
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = "#".repeat(filled) + "-".repeat(BAR_COLUMNS - filled);
  const leftSec = share === 0 ? 0 : Math.ceil((elapsedMs / share - elapsedMs) / 1000);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `[${bar}] ${percent} %  ${megabytes(bytes)}  ${rate}  ${leftSec} s left`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function sizeOf(path: string): number {
  return path === "-" ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}
