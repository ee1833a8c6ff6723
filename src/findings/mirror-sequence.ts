import type { Packet } from "../decode/packet.ts";

/** Numberings that are followed at once: mirrors have one or a few. */
const MAX_SESSIONS = 64;
/** How far behind the highest number a packet may come and still be reordering or a copy. */
const WINDOW = 1024;
/** A step beyond this is a numbering that began anew, whose gap is unknown. */
const MAX_STEP = 1 << 20;

interface Session {
  readonly ends: readonly number[];
  readonly id: number;
  highest: number;
  /** By number modulo WINDOW, whether it was seen. */
  readonly seen: Uint8Array;
}

/** Follows the sequence numbers that a mirror gives its own packets (ERSPAN): what is missing was not seen. */
export class MirrorSequence {
  /** Numbers that never came, numberings that began anew, and packets of sessions that there was no room for. */
  missing = 0;
  private readonly sessions: Session[] = [];

  /** A packet whose `mirrorSeqAt` says where its number is. */
  take(pkt: Packet, view: DataView): void {
    const seq = view.getInt32(pkt.mirrorSeqAt);
    const session = this.sessionOf(pkt);
    if (session === null) {
      if (this.sessions.length === MAX_SESSIONS) this.missing++;
      else this.open(pkt, seq);
      return;
    }
    const step = (seq - session.highest) | 0;
    if (step > MAX_STEP || step <= -WINDOW) this.restart(session, seq);
    else if (step > 0) this.advance(session, seq, step);
    else if (session.seen[seq & (WINDOW - 1)] === 0) {
      session.seen[seq & (WINDOW - 1)] = 1;
      this.missing--; // it was late, not lost
    }
  }

  private advance(session: Session, seq: number, step: number): void {
    const { seen } = session;
    for (let k = Math.min(step, WINDOW) - 1; k > 0; k--) seen[(seq - k) & (WINDOW - 1)] = 0;
    seen[seq & (WINDOW - 1)] = 1;
    this.missing += step - 1;
    session.highest = seq;
  }

  private restart(session: Session, seq: number): void {
    this.missing++;
    session.seen.fill(1);
    session.highest = seq;
  }

  private open(pkt: Packet, seq: number): void {
    // What came before the first packet seen belongs to the time before the capture.
    const seen = new Uint8Array(WINDOW).fill(1);
    this.sessions.push({ ends: endsOf(pkt), id: pkt.mirrorSession, highest: seq, seen });
  }

  private sessionOf(pkt: Packet): Session | null {
    for (const session of this.sessions) if (isOf(session, pkt)) return session;
    return null;
  }
}

function isOf({ ends, id }: Session, pkt: Packet): boolean {
  return (
    id === pkt.mirrorSession &&
    ends[3] === pkt.src3 &&
    ends[7] === pkt.dst3 &&
    ends[2] === pkt.src2 &&
    ends[6] === pkt.dst2 &&
    ends[1] === pkt.src1 &&
    ends[5] === pkt.dst1 &&
    ends[0] === pkt.src0 &&
    ends[4] === pkt.dst0
  );
}

function endsOf(pkt: Packet): number[] {
  return [pkt.src0, pkt.src1, pkt.src2, pkt.src3, pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3];
}
