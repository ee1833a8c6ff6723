import type { Packet } from "../decode/packet.ts";
import { ByteHold } from "../names/byte-hold.ts";
import { Conversation } from "./conversation.ts";
import { ACK_A, ACK_A_SET, FLAGS, GATE_OPEN, ISN, ROW_WORDS, SYN_ACK_SEEN, SYN_SEEN } from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";
import { type End, initiatorOf, portOf } from "./flow-view.ts";
import type { NameSink } from "./name-sink.ts";
import { StreamBudget, type StreamReader, TcpStream } from "./tcp-stream.ts";

/** Octets held until a direction's protocol is certain: the longest DNS message and its length. */
const MAX_UNDECIDED = 2 + 0xffff;
/** Chunks of a stream joined in its middle that are tried as the beginning of a message. */
const MAX_TRIES_MID_FLOW = 64;
/** The same of a stream seen from its start: what comes before STARTTLS, or after a SOCKS handshake, is short. */
const MAX_TRIES = 8;
/** Chunks of one direction without a name after which the other's silence is no longer waited out. */
const MAX_CHUNKS_ALONE = 64;
/** How far behind the last acknowledgement the first data seen may be for the gap to be reordering. */
const MAX_START_GAP = 1 << 16;

/** One direction: puts octets in order, finds out what they are, and reads them. */
class Direction implements StreamReader {
  readonly stream: TcpStream;
  /** The direction's protocol is none that is known. */
  opaque = false;
  chunks = 0;
  private readonly from: End;
  private readonly conversation: Conversation;
  private readonly sink: NameSink;
  private readonly undecided = new ByteHold(MAX_UNDECIDED);
  private readonly midFlow: boolean;
  private triesLeft: number;

  constructor(
    from: End,
    next: number,
    midFlow: boolean,
    conversation: Conversation,
    sink: NameSink,
    budget: StreamBudget,
  ) {
    this.from = from;
    this.conversation = conversation;
    this.sink = sink;
    this.midFlow = midFlow;
    this.triesLeft = midFlow ? MAX_TRIES_MID_FLOW : MAX_TRIES;
    this.stream = new TcpStream(next, this, budget);
  }

  /** Octets that go unseen now could hide a name. */
  get needsAll(): boolean {
    if (this.opaque) return false;
    return this.conversation.readerOf(this.from)?.needsAll ?? !this.preamble;
  }

  /** What is certain not to be the beginning of a known message was seen, and no gap since. */
  private get preamble(): boolean {
    return !this.midFlow && this.triesLeft < MAX_TRIES;
  }

  /** Nothing is known of the direction, and nothing is held to find out. */
  get idle(): boolean {
    return this.undecided.length === 0 && this.conversation.readerOf(this.from) === null;
  }

  read(view: DataView, at: number, end: number): void {
    this.chunks++;
    while (at < end && !this.opaque) {
      const reader = this.conversation.readerOf(this.from);
      if (reader === null) {
        this.probe(view, at, end);
        return;
      }
      if (reader.done) return;
      at = reader.read(view, at, end);
      if (at < end) this.opaque = !this.conversation.enterTunnel(this.from);
    }
  }

  gap(lenBytes: number): void {
    const reader = this.conversation.readerOf(this.from);
    if (reader !== null) reader.gap(lenBytes);
    else if (this.undecided.length > 0) this.giveUp("stream.gap_at_start");
    else this.triesLeft = Math.max(this.triesLeft, MAX_TRIES_MID_FLOW);
  }

  close(): void {
    this.stream.close();
    // The end that talks to a known client has no names to tell.
    const answers = this.conversation.readerOf(this.from === 0 ? 1 : 0) !== null;
    if (this.undecided.length > 0 && !answers) this.sink.trouble("stream.undecided");
    this.conversation.readerOf(this.from)?.close();
  }

  private probe(view: DataView, at: number, end: number): void {
    if (this.undecided.length === 0) {
      const known = this.conversation.recognise(this.from, view, at, end, this.preamble);
      if (known === "yes") this.read(view, at, end);
      else if (known === "no") this.miss();
      else this.undecided.append(view, at, end);
      return;
    }
    const fits = this.undecided.append(view, at, end);
    const held = this.undecided.view;
    const length = this.undecided.length;
    const known = this.conversation.recognise(this.from, held, 0, length, this.preamble);
    if (known === "maybe" && fits) return;
    this.undecided.clear();
    if (known === "yes") {
      this.read(held, 0, length);
      return;
    }
    this.miss();
    // What was held is a preamble; this chunk may begin what follows it.
    if (!this.opaque) this.probe(view, at, end);
  }

  private miss(): void {
    if (--this.triesLeft <= 0) this.opaque = true;
  }

  private giveUp(trouble: string): void {
    this.undecided.clear();
    this.sink.trouble(trouble);
    this.opaque = true;
  }
}

interface Talk {
  readonly conversation: Conversation;
  readonly directions: [Direction | null, Direction | null];
}

/**
 * The payload of TCP flows whose gate is open, read for names. A flow's gate closes when no name can
 * come any more; its packets then never get here again.
 */
export class Conversations {
  readonly budget = new StreamBudget();
  private readonly talks = new Map<number, Talk>();
  private readonly table: FlowTable;
  private readonly sink: NameSink;

  constructor(table: FlowTable, sink: NameSink) {
    this.table = table;
    this.sink = sink;
  }

  /** A segment with payload of a flow whose gate is open. */
  segment(row: number, from: End, pkt: Packet, view: DataView): void {
    let talk = this.talks.get(row);
    if (talk === undefined) {
      const port = portOf(this.table, row, initiatorOf(this.table, row) === 0 ? 1 : 0);
      talk = { conversation: new Conversation(row, port, this.sink), directions: [null, null] };
      this.talks.set(row, talk);
    }
    const direction = talk.directions[from] ?? this.begin(row, from, pkt, talk);
    if (pkt.payloadEnd - pkt.payloadAt < pkt.payloadLen && direction.needsAll)
      this.sink.trouble("stream.cut_by_snaplen");
    direction.stream.segment(pkt.tcpSeq, view, pkt.payloadAt, pkt.payloadEnd, pkt.payloadLen);
    if (isOver(talk)) this.shut(row);
  }

  /** The flow is over: what waits is read, what is unfinished is counted. */
  close(row: number): void {
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    for (const direction of talk.directions) direction?.close();
    this.talks.delete(row);
  }

  private begin(row: number, from: End, pkt: Packet, talk: Talk): Direction {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const flags = words[w + FLAGS];
    const midFlow = (flags & (SYN_SEEN | SYN_ACK_SEEN)) === 0;
    let next = pkt.tcpSeq;
    if (!midFlow && initiatorOf(this.table, row) === from) next = words[w + ISN] + 1;
    else if ((flags & (ACK_A_SET << (1 - from))) !== 0) {
      // What the other end acknowledged is where this one's unread octets begin.
      const acked = words[w + ACK_A + 1 - from];
      const ahead = (pkt.tcpSeq - acked) | 0;
      if (ahead > 0 && ahead < MAX_START_GAP) next = acked;
    }
    const direction = new Direction(from, next, midFlow, talk.conversation, this.sink, this.budget);
    talk.directions[from] = direction;
    return direction;
  }

  private shut(row: number): void {
    const talk = this.talks.get(row);
    for (const direction of talk?.directions ?? []) direction?.stream.drop();
    this.talks.delete(row);
    this.table.words[row * ROW_WORDS + FLAGS] &= ~GATE_OPEN;
  }
}

function isOver(talk: Talk): boolean {
  const [a, b] = talk.directions;
  if (talk.conversation.done || (a?.opaque && b?.opaque)) return true;
  return isAlone(a, b) || isAlone(b, a);
}

/** One direction is none that is known, and the other had long enough to become one. */
function isAlone(talker: Direction | null, other: Direction | null): boolean {
  return talker?.opaque === true && talker.chunks > MAX_CHUNKS_ALONE && (other === null || other.idle);
}
