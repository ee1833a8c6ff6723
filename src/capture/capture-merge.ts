import { statSync } from "node:fs";
import type { FrameBatch } from "./frame-batch.ts";
import { CaptureError, type FrameSource } from "./frame-source.ts";
import { openCapture } from "./open-capture.ts";

/** Captures that are read at the same time: each has a buffer of a megabyte or more, and a file descriptor. */
export const MAX_OPEN = 64;

interface Feed {
  readonly path: string;
  readonly source: FrameSource;
  /** Its place among the paths: frames of one instant are taken in this order. */
  readonly place: number;
  batch: FrameBatch | null;
  /** Next frame of the batch. */
  at: number;
}

/** Is told what the captures hold. */
export interface CaptureTaker {
  /** A run of frames batch[from, to) of one capture. */
  take(batch: FrameBatch, from: number, to: number, source: FrameSource): void;
  /** A capture was opened. */
  opened(source: FrameSource): void;
  /** A capture was read to its end, or `close` ended it; its facts are complete. */
  ended(source: FrameSource): void;
  /** A capture cannot be opened any more: one sentence for people, without the path. */
  unreadable(path: string, message: string): void;
}

/**
 * Reads captures that may overlap in time (the two directions of a tap, several mirrors) as if they were one:
 * frames come in time order over all of them, and in the order of each file. A capture is opened when its
 * first frame is due. Pipes cannot be looked into beforehand and are read alone, where they stand.
 */
export class CaptureMerge {
  /** More captures overlapped than are read at once: some were read late, and their frames out of order. */
  overlapTooDeep = false;
  private readonly paths: readonly string[];
  private readonly taker: CaptureTaker;
  private readonly active: Feed[] = [];
  /** Opened, with its first frame at hand, and not yet due. */
  private upcoming: Feed | null = null;
  private opened = 0;

  /** `paths` in the order of their first frames, pipes last. */
  constructor(paths: readonly string[], taker: CaptureTaker) {
    this.paths = paths;
    this.taker = taker;
  }

  /** Hands on all frames that are due before some capture has to be read on; false at the end of all. */
  async pump(): Promise<boolean> {
    for (const feed of [...this.active]) if (feed.batch === null) await this.fill(feed);
    if (this.upcoming === null) await this.openNext();
    if (this.active.length === 0) {
      if (this.upcoming === null) return this.opened < this.paths.length;
      this.admit(this.upcoming);
      await this.openNext();
    }
    this.handOn();
    return true;
  }

  /** Ends all captures where they stand; what was read of them is handed on. */
  close(): void {
    this.upcoming?.source.close();
    this.upcoming = null;
    for (let feed = this.oldest(); feed?.batch != null; feed = this.oldest()) this.hand(feed, feed.batch);
    for (const feed of this.active.splice(0)) this.end(feed);
  }

  private handOn(): void {
    for (;;) {
      const oldest = this.oldest();
      if (oldest === null || oldest.batch === null) return;
      if (this.upcoming !== null && isBefore(this.upcoming, oldest)) {
        if (this.active.length < MAX_OPEN) {
          this.admit(this.upcoming);
          return; // the one after it may be due as well
        }
        this.overlapTooDeep = true;
      }
      this.hand(oldest, oldest.batch);
      if (oldest.batch === null) return;
    }
  }

  private hand(oldest: Feed, batch: FrameBatch): void {
    const to = this.dueUntil(oldest, batch);
    this.taker.take(batch, oldest.at, to, oldest.source);
    oldest.at = to;
    if (to === batch.count) oldest.batch = null;
  }

  private oldest(): Feed | null {
    let oldest: Feed | null = null;
    for (const feed of this.active) if (oldest === null || isBefore(feed, oldest)) oldest = feed;
    return oldest;
  }

  /** How far the oldest capture may be read: up to the next frame of any other. At least its own next frame. */
  private dueUntil(oldest: Feed, batch: FrameBatch): number {
    let next: Feed | null = this.active.length < MAX_OPEN ? this.upcoming : null;
    for (const feed of this.active) {
      if (feed !== oldest && (next === null || isBefore(feed, next))) next = feed;
    }
    if (next === null || next.batch === null) return batch.count;
    const sec = next.batch.tsSec[next.at];
    const nsec = next.batch.tsNsec[next.at];
    let to = oldest.at + 1;
    for (; to < batch.count; to++) {
      const later = batch.tsSec[to] - sec || batch.tsNsec[to] - nsec;
      if (later > 0 || (later === 0 && next.place < oldest.place)) break;
    }
    return to;
  }

  private admit(feed: Feed): void {
    this.active.push(feed);
    if (feed === this.upcoming) this.upcoming = null;
  }

  /** Opens the next capture that holds a frame, unless it is a pipe and others are not through. */
  private async openNext(): Promise<void> {
    while (this.upcoming === null && this.opened < this.paths.length) {
      const path = this.paths[this.opened];
      if (this.active.length > 0 && isPipe(path)) return;
      const place = this.opened++;
      const source = await this.open(path);
      if (source === null) continue;
      const feed: Feed = { path, source, place, batch: null, at: 0 };
      this.upcoming = feed;
      await this.fill(feed);
    }
  }

  private async open(path: string): Promise<FrameSource | null> {
    try {
      const source = await openCapture(path);
      this.taker.opened(source);
      return source;
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.taker.unreadable(path, error.message);
      return null;
    }
  }

  /** Reads on; a capture that has ended is let go. */
  private async fill(feed: Feed): Promise<void> {
    do {
      const next = feed.source.next();
      feed.batch = next instanceof Promise ? await next : next;
    } while (feed.batch !== null && feed.batch.count === 0);
    feed.at = 0;
    if (feed.batch !== null) return;
    if (feed === this.upcoming) this.upcoming = null;
    else if (this.active.includes(feed)) this.active.splice(this.active.indexOf(feed), 1);
    this.end(feed);
  }

  private end(feed: Feed): void {
    feed.source.close(); // a pipe that stays open would keep the process
    this.taker.ended(feed.source);
  }
}

/** Whether the next frame of `a` comes first. */
function isBefore(a: Feed, b: Feed): boolean {
  if (a.batch === null || b.batch === null) return b.batch === null && a.batch !== null;
  const later = a.batch.tsSec[a.at] - b.batch.tsSec[b.at] || a.batch.tsNsec[a.at] - b.batch.tsNsec[b.at];
  return later < 0 || (later === 0 && a.place < b.place);
}

function isPipe(path: string): boolean {
  return path === "-" || statSync(path, { throwIfNoEntry: false })?.isFile() === false;
}
