import type { Packet } from "../decode/packet.ts";
import { TCP_SYN } from "../decode/tcp.ts";
import { Conversation } from "./conversation.ts";
import {
  ACK_A,
  ACK_A_SET,
  FLAGS,
  GATE_AJAR,
  GATE_OPEN,
  ISN,
  KEPT_BESIDE,
  ROW_WORDS,
  SYN_ACK_SEEN,
  SYN_SEEN,
} from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";
import { type End, initiatorOf, portOf } from "./flow-view.ts";
import { MessageBudget } from "./message-budget.ts";
import type { NameSink } from "./name-sink.ts";
import { Talker } from "./talker.ts";
import { StreamBudget } from "./tcp-stream.ts";

/** Connections that are read at once, and octets of unfinished messages that all of them may hold. */
const MAX_TALKS = 1 << 17;
const MAX_HELD_TOTAL = 1 << 28;
/** Chunks of one direction without a name after which the other's silence is no longer waited out. */
const MAX_CHUNKS_ALONE = 64;
/** How far behind the last acknowledgement the first data seen may be for the gap to be reordering. */
const MAX_START_GAP = 1 << 16;
interface Talk {
  readonly conversation: Conversation;
  readonly talkers: [Talker | null, Talker | null];
  /** Octets that its talkers hold. */
  held: number;
}

/**
 * The payload of TCP flows whose gate is open, read for names. A flow's gate closes when no name can
 * come any more; its packets then never get here again.
 */
export class Conversations {
  readonly budget = new StreamBudget();
  private readonly talks = new Map<number, Talk>();
  private held = 0;
  private readonly table: FlowTable;
  private readonly sink: NameSink;
  private readonly messages: MessageBudget;

  constructor(table: FlowTable, sink: NameSink, messages: MessageBudget = new MessageBudget()) {
    this.table = table;
    this.sink = sink;
    this.messages = messages;
  }

  /** A segment with payload of a flow whose gate is open, or ajar. */
  segment(row: number, from: End, pkt: Packet, view: DataView): void {
    if (!this.isOpen(row, from)) return;
    const talk = this.talks.get(row) ?? this.open(row);
    if (talk === null) return;
    // A SYN takes a number of its own before its data (RFC 7413).
    const seq = (pkt.tcpFlags & TCP_SYN) === 0 ? pkt.tcpSeq : (pkt.tcpSeq + 1) | 0;
    const talker = talk.talkers[from] ?? this.begin(row, from, seq, talk);
    if (talker.opaque) talker.pass(seq, pkt);
    else {
      this.messages.earn(pkt.payloadEnd - pkt.payloadAt);
      talker.segment(seq, pkt, view);
      this.wake(talk);
      this.weigh(talk);
    }
    if (this.held > MAX_HELD_TOTAL) {
      this.sink.trouble("stream.memory_full");
      this.shut(row);
    } else if (isOver(talk) && (talk.conversation.done || this.isBelieved(row, talk))) {
      this.shut(row);
      // What a server says alone answers something: behind two taps that do not keep the time, it may still come.
      if (talk.talkers[initiatorOf(this.table, row)] === null)
        this.table.words[row * ROW_WORDS + FLAGS] |= GATE_AJAR;
    }
  }

  /** Whether the flow's gate is open, or opens for these octets of this end. */
  private isOpen(row: number, from: End): boolean {
    const w = row * ROW_WORDS + FLAGS;
    const { words } = this.table;
    if ((words[w] & GATE_OPEN) !== 0) return true;
    if (from !== initiatorOf(this.table, row)) return false;
    words[w] = (words[w] | GATE_OPEN) & ~GATE_AJAR;
    return true;
  }

  /** The flow is over: what waits is read, what is unfinished is counted. */
  close(row: number): void {
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    for (const talker of talk.talkers) talker?.close();
    this.forget(row, talk);
  }

  /** What nobody acknowledges may be there for the sensor alone: it closes no gate. */
  private isBelieved(row: number, talk: Talk): boolean {
    const w = row * ROW_WORDS;
    for (const end of [0, 1] as const) {
      const acker = 1 - end;
      const isAcking = (this.table.words[w + FLAGS] & (ACK_A_SET << acker)) !== 0;
      const stream = talk.talkers[end]?.stream;
      if (isAcking && stream?.isAcknowledged(this.table.words[w + ACK_A + acker]) === false) return false;
    }
    return true;
  }

  /** What is held of an end may have a meaning since the other's octets are known; and then what is held of that. */
  private wake({ conversation, talkers }: Talk): void {
    const awaited = conversation.awaitsAnswerOf;
    if (awaited === null) return;
    talkers[awaited]?.retry();
    const next = conversation.awaitsAnswerOf;
    if (next !== null && next !== awaited) talkers[next]?.retry();
  }

  private begin(row: number, from: End, seq: number, talk: Talk): Talker {
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
    const talker = new Talker(from, next, midFlow, isClient, conversation, this.sink, this.budget);
    talk.talkers[from] = talker;
    return talker;
  }

  /** A conversation for a flow that has none; null at the cap. */
  private open(row: number): Talk | null {
    if (this.talks.size >= MAX_TALKS) {
      this.sink.trouble("table.conversations_full");
      this.table.words[row * ROW_WORDS + FLAGS] &= ~GATE_OPEN;
      return null;
    }
    const port = portOf(this.table, row, initiatorOf(this.table, row) === 0 ? 1 : 0);
    const conversation = new Conversation(row, port, this.sink, this.messages);
    const talk: Talk = { conversation, talkers: [null, null], held: 0 };
    this.talks.set(row, talk);
    this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    return talk;
  }

  private weigh(talk: Talk): void {
    const [a, b] = talk.talkers;
    const held = (a?.heldBytes ?? 0) + (b?.heldBytes ?? 0);
    this.held += held - talk.held;
    talk.held = held;
  }

  private shut(row: number): void {
    this.table.words[row * ROW_WORDS + FLAGS] &= ~GATE_OPEN;
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    for (const talker of talk.talkers) talker?.stream.drop();
    this.forget(row, talk);
  }

  private forget(row: number, talk: Talk): void {
    this.held -= talk.held;
    this.talks.delete(row);
  }
}

function isOver(talk: Talk): boolean {
  const [a, b] = talk.talkers;
  if (talk.conversation.done || (a?.opaque && b?.opaque)) return true;
  return isAlone(a, b) || isAlone(b, a);
}

/** One direction is none that is known, and the other had long enough to become one. */
function isAlone(talker: Talker | null, other: Talker | null): boolean {
  return talker?.opaque === true && talker.chunks > MAX_CHUNKS_ALONE && (other === null || other.idle);
}
