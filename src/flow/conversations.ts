import type { Packet } from "../decode/packet.ts";
import { TCP_SYN, TCP_URG } from "../decode/tcp.ts";
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
/** Octets that are looked at anew as a beginning grows; then only when it has doubled. */
const MAX_REPROBED = 1 << 20;

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
  private readonly isClient: boolean;
  private triesLeft: number;
  private reprobed = 0;
  private probedLen = 0;

  constructor(
    from: End,
    next: number,
    midFlow: boolean,
    isClient: boolean,
    conversation: Conversation,
    sink: NameSink,
    budget: StreamBudget,
  ) {
    this.from = from;
    this.conversation = conversation;
    this.sink = sink;
    this.midFlow = midFlow;
    this.isClient = isClient;
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

  segment(seq: number, pkt: Packet, view: DataView): void {
    const { payloadAt, payloadEnd, payloadLen } = pkt;
    if (payloadEnd - payloadAt < payloadLen && this.needsAll) this.sink.trouble("stream.cut_by_snaplen");
    if (this.isClient && !this.midFlow && this.stream.isBefore(seq, payloadLen)) {
      this.sink.trouble("stream.before_start");
    }
    // Its receiver may take the urgent octet out of the stream (RFC 6093 §3.1): what is read here is then not what is meant.
    if ((pkt.tcpFlags & TCP_URG) !== 0 && this.isClient && !this.opaque) this.sink.trouble("stream.urgent");
    this.stream.segment(seq, view, payloadAt, payloadEnd, payloadLen);
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
      if (at < end && !this.conversation.enterTunnel(this.from)) this.giveUp("stream.tunnels_too_deep");
    }
  }

  gap(lenBytes: number): void {
    const reader = this.conversation.readerOf(this.from);
    if (reader !== null) reader.gap(lenBytes);
    else if (this.undecided.length > 0) this.giveUp("stream.gap_at_start");
    else {
      if (this.isClient && !this.midFlow && this.needsAll) this.sink.trouble("stream.gap_at_start");
      this.triesLeft = Math.max(this.triesLeft, MAX_TRIES_MID_FLOW);
    }
  }

  close(): void {
    this.stream.close();
    if (this.undecided.length > this.probedLen) this.probeHeld(true);
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
      else {
        this.undecided.append(view, at, end);
        this.probedLen = end - at;
      }
      return;
    }
    const fits = this.undecided.append(view, at, end);
    const length = this.undecided.length;
    if (fits && this.reprobed > MAX_REPROBED && length < 2 * this.probedLen) return;
    if (!this.probeHeld(fits)) return;
    // What was held is a preamble; this chunk may begin what follows it.
    if (!this.opaque) this.probe(view, at, end);
  }

  /** True when what is held is the beginning of nothing that is known, and was given up. */
  private probeHeld(mayWait: boolean): boolean {
    const held = this.undecided.view;
    const length = this.undecided.length;
    this.reprobed += length;
    this.probedLen = length;
    const known = this.conversation.recognise(this.from, held, 0, length, this.preamble);
    if (known === "maybe" && mayWait) return false;
    this.undecided.clear();
    if (known === "yes") {
      this.read(held, 0, length);
      return false;
    }
    this.miss();
    return true;
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
    // A SYN takes a number of its own before its data (RFC 7413).
    const seq = (pkt.tcpFlags & TCP_SYN) === 0 ? pkt.tcpSeq : (pkt.tcpSeq + 1) | 0;
    const direction = talk.directions[from] ?? this.begin(row, from, seq, talk);
    direction.segment(seq, pkt, view);
    if (isOver(talk) && (talk.conversation.done || this.isBelieved(row, talk))) this.shut(row);
  }

  /** The flow is over: what waits is read, what is unfinished is counted. */
  close(row: number): void {
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    for (const direction of talk.directions) direction?.close();
    this.talks.delete(row);
  }

  /** What nobody acknowledges may be there for the sensor alone: it closes no gate. */
  private isBelieved(row: number, talk: Talk): boolean {
    const w = row * ROW_WORDS;
    for (const end of [0, 1] as const) {
      const acker = 1 - end;
      const isAcking = (this.table.words[w + FLAGS] & (ACK_A_SET << acker)) !== 0;
      const stream = talk.directions[end]?.stream;
      if (isAcking && stream?.isAcknowledged(this.table.words[w + ACK_A + acker]) === false) return false;
    }
    return true;
  }

  private begin(row: number, from: End, seq: number, talk: Talk): Direction {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const flags = words[w + FLAGS];
    const midFlow = (flags & (SYN_SEEN | SYN_ACK_SEEN)) === 0;
    const isClient = initiatorOf(this.table, row) === from;
    let next = seq;
    if (!midFlow && isClient) {
      const first = (words[w + ISN] + 1) | 0;
      // Data before the SYN: the SYN was a stray one. A keep-alive probe is a single octet before it.
      if (((seq - first) | 0) >= -1) next = first;
    } else if ((flags & (ACK_A_SET << (1 - from))) !== 0) {
      // What the other end acknowledged is where this one's unread octets begin.
      const acked = words[w + ACK_A + 1 - from];
      const ahead = (seq - acked) | 0;
      if (ahead > 0 && ahead < MAX_START_GAP) next = acked;
    }
    const { conversation } = talk;
    const direction = new Direction(from, next, midFlow, isClient, conversation, this.sink, this.budget);
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
