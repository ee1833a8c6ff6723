import { RecentOctets, RecentPool } from "./recent-octets.ts";

/** Takes one direction's octets in order. */
export interface StreamReader {
  /** Whether the next `lenBytes` octets may name a destination, or say where something begins that may. */
  mayName(lenBytes: number): boolean;
  /** In-order octets; the memory is valid during the call alone. */
  read(view: DataView, at: number, end: number): void;
  /** Octets that never came: `lenBytes` of them are missing before the next read. */
  gap(lenBytes: number): void;
  /** Octets that were read came again, and were others. */
  rewritten(): void;
}

interface Waiting {
  readonly seq: number;
  readonly bytes: Uint8Array;
  /** Octets of the segment that capture cut off. */
  readonly cut: number;
}

const NONE_WAITING: Waiting[] = [];

/** What a waiting segment costs beside its octets: without it, tiny segments would be held for nothing. */
const WAITING_COST = 160;
/** Octets that one direction may hold out of order; more than the largest hello that is read. */
const MAX_WAITING = 1 << 18;
/** Octets that all streams together may hold. */
const MAX_WAITING_TOTAL = 1 << 26;
/** How far back a retry may reach; half of what sequence numbers can tell. */
const MAX_BEHIND = 1 << 30;

/** Memory that all streams share the limit of. */
export class StreamBudget {
  held = 0;
  /** Times that a limit made a stream go on without waiting for what was missing. */
  overruns = 0;
  readonly recent = new RecentPool();
}

/** Puts one direction of a TCP connection in order: overlaps are cut away, the first copy of an octet counts. */
export class TcpStream {
  private next: number;
  /** What lies before this was never read, and is no copy. */
  private start: number;
  /** By sequence number; most streams never have any. */
  private waiting: Waiting[] = NONE_WAITING;
  private held = 0;
  private readonly recent: RecentOctets;
  private readonly budget: StreamBudget;
  private readonly reader: StreamReader;

  /** `next`: sequence number that the first octet is expected at. */
  constructor(next: number, reader: StreamReader, budget: StreamBudget) {
    this.next = next | 0;
    this.start = this.next;
    this.reader = reader;
    this.budget = budget;
    this.recent = new RecentOctets(budget.recent);
  }

  /** Whether octets of the segment lie before all that was read; a keep-alive probe sends a single one. */
  isBefore(seq: number, wireLen: number): boolean {
    return wireLen > 1 && ((seq - this.start) | 0) < 0;
  }

  /** Whether an acknowledgement covers anything of this stream. */
  isAcknowledged(ack: number): boolean {
    return ((ack - this.start) | 0) > 0;
  }

  /** A segment: captured octets in view[at, end), `wireLen` octets on the wire. */
  segment(seq: number, view: DataView, at: number, end: number, wireLen: number): void {
    if (((seq - this.next) | 0) > 0) {
      this.wait(seq, view, at, end, wireLen);
      return;
    }
    this.take(seq, view, at, end, wireLen - (end - at));
    if (this.waiting.length > 0) this.drain();
  }

  /** No more segments will come: what waits is read, with the gaps before it. */
  close(): void {
    this.flush();
    this.recent.drop();
  }

  /** Gives up what waits without reading it. */
  drop(): void {
    this.waiting = NONE_WAITING;
    this.budget.held -= this.held;
    this.held = 0;
    this.recent.drop();
  }

  private flush(): void {
    while (this.waiting.length > 0) this.skipGap();
  }

  /** Reads what is new of a segment that begins at or before `next`; `cut` octets after it are missing. */
  private take(seq: number, view: DataView, at: number, end: number, cut: number): void {
    const old = (this.next - seq) | 0;
    if (old < 0) return; // half of all numbers away: neither before nor after, and in nobody's window
    const fresh = end - at - old;
    // The one octet of a keep-alive probe may be any (RFC 9293 §3.8.4).
    const isProbe = old === 1 && end - at === 1;
    if (old > 0 && !isProbe && this.recent.differs(seq, view, at, Math.min(end, at + old))) {
      this.reader.rewritten();
    }
    if (fresh > 0) {
      this.advance(fresh);
      const mayName = this.reader.mayName(fresh);
      this.reader.read(view, at + old, end);
      if (mayName) this.recent.keep(seq + old, view, at + old, end);
    }
    const missing = Math.min(cut, fresh + cut);
    if (missing > 0) {
      this.advance(missing);
      this.reader.gap(missing);
    }
  }

  private wait(seq: number, view: DataView, at: number, end: number, wireLen: number): void {
    const len = end - at;
    const cost = len + WAITING_COST;
    if (this.held + cost > MAX_WAITING || this.budget.held + cost > MAX_WAITING_TOTAL) {
      this.budget.overruns++;
      // What waits comes first; a segment that does not even fit then is beyond any window.
      this.flush();
      const gap = (seq - this.next) | 0;
      if (gap > 0) this.passGap(gap);
      this.take(seq, view, at, end, wireLen - len);
      return;
    }
    const bytes = new Uint8Array(len);
    bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, len));
    if (this.waiting === NONE_WAITING) this.waiting = [];
    let i = this.waiting.length;
    while (i > 0 && ((this.waiting[i - 1].seq - seq) | 0) > 0) i--;
    this.waiting.splice(i, 0, { seq, bytes, cut: wireLen - len });
    this.held += cost;
    this.budget.held += cost;
  }

  private drain(): void {
    while (this.waiting.length > 0 && ((this.waiting[0].seq - this.next) | 0) <= 0) this.takeFirst();
  }

  private skipGap(): void {
    const gap = (this.waiting[0].seq - this.next) | 0;
    if (gap > 0) this.passGap(gap);
    this.takeFirst();
  }

  private passGap(lenBytes: number): void {
    this.advance(lenBytes);
    this.reader.gap(lenBytes);
  }

  private advance(lenBytes: number): void {
    this.next = (this.next + lenBytes) | 0;
    const behind = (this.next - this.start) | 0;
    if (behind < 0 || behind > MAX_BEHIND) this.start = (this.next - MAX_BEHIND) | 0;
  }

  private takeFirst(): void {
    const first = this.waiting.shift();
    if (first === undefined) return;
    const cost = first.bytes.length + WAITING_COST;
    this.held -= cost;
    this.budget.held -= cost;
    const view = new DataView(first.bytes.buffer);
    this.take(first.seq, view, 0, first.bytes.length, first.cut);
  }
}
