import { isGoogleQuic, readGoogleQuic } from "../names/quic-google.ts";
import { isLongHeader, mayBeQuicLong } from "../names/quic-header.ts";
import { FLAGS, KEPT_BESIDE, PACKETS_A, QUIC_CONNECTED, QUIC_DATA_A, ROW_WORDS } from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";
import { type End, initiatorOf } from "./flow-view.ts";
import { QuicConversation, type Shown } from "./quic-conversation.ts";
import { QuicKeyBudget } from "./quic-key-budget.ts";
import type { QuicSink } from "./quic-sink.ts";

/** Flows that are read at once, and octets of messages that all of them may hold. */
const MAX_TALKS = 1 << 15;
const MAX_HELD_TOTAL = 1 << 27;
const VERSION_NEGOTIATION = 0;

/**
 * UDP flows that speak QUIC. Of a flow's packets only those with a long header are looked into; of those with
 * a short one it is kept that they were there, after the handshake.
 */
export class QuicConversations {
  private readonly talks = new Map<number, QuicConversation>();
  private held = 0;
  private readonly shown: Shown = { initials: 0, handshake: false, data: false };
  private readonly table: FlowTable;
  private readonly sink: QuicSink;
  private readonly budget: QuicKeyBudget;
  private readonly maxTalks: number;

  /** `maxTalks` flows are read at once; the oldest gives way. */
  constructor(table: FlowTable, sink: QuicSink, maxTalks: number = MAX_TALKS) {
    this.table = table;
    this.budget = new QuicKeyBudget(table);
    this.sink = sink;
    this.maxTalks = maxTalks;
  }

  /** A datagram view[at, end) for which `isQuicLong` holds; `isCut`: more of it was on the wire. */
  long(row: number, from: End, view: DataView, at: number, end: number, isCut: boolean): void {
    const talk = this.talks.get(row) ?? this.open(row);
    const { shown } = this;
    const before = talk.heldBytes;
    if (isCut) talk.doubts("quic.cut_by_snaplen");
    talk.datagram(shown, from, view, at, end);
    this.held += talk.heldBytes - before;
    if (this.held > MAX_HELD_TOTAL) this.giveUpOldest("quic.memory_full");
    const words = this.table.words;
    const w = row * ROW_WORDS + FLAGS;
    const isResponder = from !== initiatorOf(this.table, row);
    if (isResponder && shown.handshake) words[w] |= QUIC_CONNECTED;
    if (!isResponder) for (let n = shown.initials; n > 0; n--) this.sink.quicInitial(row);
    if (shown.data && (words[w] & QUIC_CONNECTED) !== 0) words[w] |= QUIC_DATA_A << from;
  }

  /** Any other datagram view[at, end) with something in it, of `lenBytes` on the wire. */
  other(row: number, from: End, view: DataView, at: number, end: number, lenBytes: number): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const isLong = isLongHeader(view, at);
    if (!isLong && (words[w + FLAGS] & QUIC_CONNECTED) !== 0) words[w + FLAGS] |= QUIC_DATA_A << from;
    else if (isGoogleQuic(view, at, end)) this.google(row, from, view, at, end);
    else if (!isLong || end - at < 5) return;
    else if (view.getInt32(at + 1) === VERSION_NEGOTIATION) {
      if (from !== initiatorOf(this.table, row)) this.talks.get(row)?.negotiated();
    } else if (this.mayBegin(row, from) && mayBeQuicLong(view, at, end, lenBytes)) {
      (this.talks.get(row) ?? this.open(row)).unknown(view.getInt32(at + 1));
    }
  }

  /** A first packet of a flow, or of a connection where others of QUIC were seen. */
  private mayBegin(row: number, from: End): boolean {
    return this.table.words[row * ROW_WORDS + PACKETS_A + from] === 1 || this.talks.has(row);
  }

  /** The flow is over: what is unfinished is counted. */
  close(row: number): void {
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    talk.close();
    this.forget(row, talk);
  }

  private google(row: number, from: End, view: DataView, at: number, end: number): void {
    const said = readGoogleQuic(view, at, end);
    const talk = this.talks.get(row) ?? this.open(row);
    talk.google(from, said);
    if (said.sni !== null) this.sink.quicInitial(row);
  }

  private open(row: number): QuicConversation {
    if (this.talks.size >= this.maxTalks) this.giveUpOldest("table.quic_full");
    const talk = new QuicConversation(row, this.sink, this.budget);
    this.talks.set(row, talk);
    this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    return talk;
  }

  /** Makes room. A flow whose name was read loses nothing by it. */
  private giveUpOldest(trouble: string): void {
    for (const [row, talk] of this.talks) {
      if (!talk.isNamed) this.sink.trouble(trouble);
      this.forget(row, talk);
      return;
    }
  }

  private forget(row: number, talk: QuicConversation): void {
    this.held -= talk.heldBytes;
    this.talks.delete(row);
  }
}
