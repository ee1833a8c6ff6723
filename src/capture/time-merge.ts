import type { FrameBatch } from "./frame-batch.ts";
import type { LiveSource } from "./live-source.ts";

/** Frames wait this long for an older one from another source. */
const WINDOW_MS = 50;

interface Feed {
  readonly source: LiveSource;
  batch: FrameBatch | null;
  /** Next frame of the batch. */
  at: number;
  ended: boolean;
}

/** Takes a run of frames batch[from, to) of one source. */
export type TakeFrames = (batch: FrameBatch, from: number, to: number, source: LiveSource) => void;

/**
 * Puts the frames of several live sources in time order, within a small window, so that what is found
 * does not depend on which source happened to be read first.
 */
export class TimeMerge {
  private readonly feeds: Feed[];

  constructor(sources: readonly LiveSource[]) {
    this.feeds = sources.map((source) => ({ source, batch: null, at: 0, ended: false }));
  }

  /** All sources are at their end and everything was taken. */
  get ended(): boolean {
    return this.feeds.every((feed) => feed.ended && feed.batch === null);
  }

  /** Asks every source that has nothing left for more, and hands on what is due at `nowMs` (wall clock). */
  async pump(nowMs: number, take: TakeFrames): Promise<void> {
    for (const feed of this.feeds) if (feed.batch === null && !feed.ended) await fill(feed);
    if (this.feeds.length === 1) {
      const [only] = this.feeds;
      if (only.batch !== null) hand(only, only.batch.count, take);
      return;
    }
    for (let next = this.oldest(); next !== null; next = this.oldest()) {
      const until = this.dueUntil(next, nowMs);
      if (until === next.at) return;
      hand(next, until, take);
    }
  }

  private oldest(): Feed | null {
    let oldest: Feed | null = null;
    for (const feed of this.feeds) {
      if (feed.batch !== null && (oldest === null || timeOf(feed) < timeOf(oldest))) oldest = feed;
    }
    return oldest;
  }

  /** How far the oldest feed may be read: up to the next frame of any other, or to the window's edge. */
  private dueUntil(feed: Feed, nowMs: number): number {
    let limitMs = Infinity;
    for (const other of this.feeds) {
      if (other === feed) continue;
      if (other.batch !== null) limitMs = Math.min(limitMs, timeOf(other));
      else if (!other.ended) limitMs = Math.min(limitMs, nowMs - WINDOW_MS);
    }
    const batch = feed.batch;
    let until = feed.at;
    while (batch !== null && until < batch.count && frameMs(batch, until) <= limitMs) until++;
    return until;
  }
}

async function fill(feed: Feed): Promise<void> {
  const next = feed.source.next();
  const batch = next instanceof Promise ? await next : next;
  feed.at = 0;
  feed.ended = batch === null;
  feed.batch = batch === null || batch.count === 0 ? null : batch;
}

function hand(feed: Feed, until: number, take: TakeFrames): void {
  const { batch, at } = feed;
  if (batch === null) return;
  take(batch, at, until, feed.source);
  feed.at = until;
  if (until === batch.count) feed.batch = null;
}

function timeOf(feed: Feed): number {
  return feed.batch === null ? Infinity : frameMs(feed.batch, feed.at);
}

function frameMs(batch: FrameBatch, i: number): number {
  return batch.tsSec[i] * 1000 + batch.tsNsec[i] / 1e6;
}
