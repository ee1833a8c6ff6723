import type { FrameBatch } from "./frame-batch.ts";
import type { LiveSource } from "./live-source.ts";

/** Frames wait this long for an older one from another source: twice what a ring may hold them back. */
const WINDOW_MS = 40;
/** How long to wait for frames when there are none at all. */
const IDLE_MS = 50;
/** One look hands on about so many frames at the most: other work wants its turn. */
const MOST_FRAMES = 8192;

interface Feed {
  readonly source: LiveSource;
  /** Place among its likes: frames of the same time go in this order. */
  readonly rank: number;
  batch: FrameBatch | null;
  /** Next frame of the batch. */
  at: number;
  ended: boolean;
}

/** Takes a run of frames batch[from, to) of one source. */
export type TakeFrames = (batch: FrameBatch, from: number, to: number, source: LiveSource) => void;

/**
 * Puts the frames of several live sources in time order, within a small window, so that what is found
 * does not depend on which source happened to be read first. Several sources must not wait in `next()`.
 */
export class TimeMerge {
  /** Frames that came too late to be put in order: the machine had no time for the ring, or the clock was set back. */
  late = 0;
  private feeds: Feed[];
  /** Time of the latest frame that was handed on. */
  private handedSec = Number.NEGATIVE_INFINITY;
  private handedNsec = 0;
  private readonly arrived: (batch: FrameBatch, source: LiveSource) => void;
  /** Up to when frames need not wait for sources that have nothing, and the latest time that a frame can have. */
  private dueSec = 0;
  private dueNsec = 0;
  private latestSec = 0;

  /** `arrived` is given each batch once, before any of it is handed on. */
  constructor(
    sources: readonly LiveSource[],
    arrived: (batch: FrameBatch, source: LiveSource) => void = () => {},
  ) {
    this.feeds = sources.map((source, rank) => ({ source, rank, batch: null, at: 0, ended: false }));
    this.arrived = arrived;
  }

  /** Takes in another source, in the place of those that ended. */
  add(source: LiveSource): void {
    const rank = 1 + Math.max(-1, ...this.feeds.map((feed) => feed.rank));
    this.feeds = this.feeds.filter((feed) => feed.batch !== null || !feed.ended);
    this.feeds.push({ source, rank, batch: null, at: 0, ended: false });
  }

  /** All sources are at their end and everything was taken. */
  get ended(): boolean {
    return this.feeds.every((feed) => feed.ended && feed.batch === null);
  }

  /** Sources that had nothing to give when they were asked last. */
  get waiting(): LiveSource[] {
    return this.feeds.filter((feed) => feed.batch === null && !feed.ended).map((feed) => feed.source);
  }

  /**
   * Asks every source that has nothing left for more, and hands on what is due at `nowMs` (the clock of the
   * frames' times). How long to wait until the next call, in milliseconds: 0 when something was handed on.
   */
  async pump(nowMs: number, take: TakeFrames): Promise<number> {
    for (const feed of this.feeds) await this.fill(feed);
    if (this.feeds.length === 1) {
      const [only] = this.feeds;
      if (only.batch !== null) hand(only, only.batch.count, take);
      return only.ended ? IDLE_MS : 0; // it waits by itself
    }
    this.setDue(nowMs);
    let handed = 0;
    for (let next = this.oldest(); next !== null && handed < MOST_FRAMES; next = this.oldest()) {
      const until = this.dueUntil(next);
      if (until === next.at) break;
      handed += until - next.at;
      this.noteOrder(next, until);
      hand(next, until, take);
      if (next.batch === null) await this.fill(next);
    }
    return handed > 0 ? 0 : this.waitMs(nowMs);
  }

  private noteOrder({ batch, at }: Feed, until: number): void {
    if (batch === null) return;
    const { tsSec, tsNsec } = batch;
    for (; at < until; at++) {
      const apart = tsSec[at] - this.handedSec;
      if (apart > 0 || (apart === 0 && tsNsec[at] >= this.handedNsec)) {
        this.handedSec = tsSec[until - 1];
        this.handedNsec = tsNsec[until - 1];
        return;
      }
      this.late++;
    }
  }

  private async fill(feed: Feed): Promise<void> {
    if (feed.batch !== null || feed.ended) return;
    const next = feed.source.next();
    const batch = next instanceof Promise ? await next : next;
    feed.at = 0;
    feed.ended = batch === null;
    feed.batch = batch === null || batch.count === 0 ? null : batch;
    if (feed.batch !== null) this.arrived(feed.batch, feed.source);
  }

  private setDue(nowMs: number): void {
    const dueMs = nowMs - WINDOW_MS;
    this.dueSec = Math.floor(dueMs / 1000);
    this.dueNsec = Math.floor((dueMs - this.dueSec * 1000) * 1e6);
    this.latestSec = Math.ceil(nowMs / 1000);
  }

  private oldest(): Feed | null {
    let oldest: Feed | null = null;
    for (const feed of this.feeds) {
      if (feed.batch === null) continue;
      if (oldest === null || isBefore(feed.batch, feed.at, oldest)) oldest = feed;
    }
    return oldest;
  }

  /** How far the oldest feed may be read: up to the next frame of any other, or to the window's edge. */
  private dueUntil(feed: Feed): number {
    const { batch } = feed;
    if (batch === null) return feed.at;
    let until = batch.count;
    for (const other of this.feeds) {
      if (other === feed || (other.batch === null && other.ended)) continue;
      let at = feed.at;
      if (other.batch === null) while (at < until && this.isDue(batch, at)) at++;
      else while (at < until && !isAfter(batch, at, feed.rank, other)) at++;
      until = at;
    }
    return until;
  }

  /** No source that has nothing now can bring an older one. A frame of the future is of before a step of the clock. */
  private isDue({ tsSec, tsNsec }: FrameBatch, at: number): boolean {
    const sec = tsSec[at];
    return sec < this.dueSec || (sec === this.dueSec && tsNsec[at] <= this.dueNsec) || sec > this.latestSec;
  }

  /** Until the oldest frame that was not handed on is due. */
  private waitMs(nowMs: number): number {
    const held = this.oldest();
    if (held === null || held.batch === null) return IDLE_MS;
    const heldMs = held.batch.tsSec[held.at] * 1000 + held.batch.tsNsec[held.at] / 1e6;
    return Math.min(WINDOW_MS, Math.max(1, Math.ceil(heldMs + WINDOW_MS - nowMs)));
  }
}

function hand(feed: Feed, until: number, take: TakeFrames): void {
  const { batch, at } = feed;
  if (batch === null) return;
  take(batch, at, until, feed.source);
  feed.at = until;
  if (until === batch.count) feed.batch = null;
}

/** Whether frame `at` is older than the next of `other`, whose rank is lower. */
function isBefore({ tsSec, tsNsec }: FrameBatch, at: number, other: Feed): boolean {
  const { batch } = other;
  if (batch === null) return true;
  const apart = tsSec[at] - batch.tsSec[other.at];
  return apart < 0 || (apart === 0 && tsNsec[at] < batch.tsNsec[other.at]);
}

/** Whether frame `at` of a feed of this rank has to wait for the next of `other`. */
function isAfter({ tsSec, tsNsec }: FrameBatch, at: number, rank: number, other: Feed): boolean {
  const { batch } = other;
  if (batch === null) return false;
  const apart = tsSec[at] - batch.tsSec[other.at];
  if (apart !== 0) return apart > 0;
  const fine = tsNsec[at] - batch.tsNsec[other.at];
  return fine > 0 || (fine === 0 && rank > other.rank);
}
