import { DtlsFragment, mayBeDtlsHello, nextDtlsFragment } from "../names/dtls.ts";
import { latin1 } from "../names/octet-text.ts";
import { type CryptoPiece, QuicCryptoStream } from "../names/quic-crypto-stream.ts";
import { ClientHello, readClientHello } from "../names/tls-client-hello.ts";
import { MAX_HELLO_LEN } from "../names/tls-records.ts";
import { FLAGS, KEPT_BESIDE, ROW_WORDS } from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";
import type { End } from "./flow-view.ts";

/** Takes what is found in DTLS flows. `from`: the end that sent it. */
export interface DtlsSink {
  dtlsHello(row: number, from: End, hello: ClientHello): void;
  /** Something could not be read as it should; a name in the coverage table. */
  trouble(name: string): void;
}

/** Flows whose hello is not whole, and octets that all of them may hold. */
const MAX_TALKS = 1 << 14;
const MAX_HELD_TOTAL = 1 << 26;
/** Hellos of one flow that are told; a client sends two, and more when it begins anew. */
const MAX_TOLD = 64;

interface Talk {
  messageSeq: number;
  bodyLen: number;
  body: QuicCryptoStream | null;
  /** The body was whole, and is kept to tell what is sent again from what is new. */
  isWhole: boolean;
  /** Message sequence and random of the hellos that were told: retries are sent whole. */
  readonly told: Set<string>;
}

const fragment = new DtlsFragment();
const hello = new ClientHello();

/** Datagrams of UDP flows that begin DTLS: their ClientHello, in pieces and in any order. */
export class DtlsConversations {
  private readonly talks = new Map<number, Talk>();
  private held = 0;
  private readonly table: FlowTable;
  private readonly sink: DtlsSink;

  constructor(table: FlowTable, sink: DtlsSink) {
    this.table = table;
    this.sink = sink;
  }

  /** Whether the datagram view[at, end) holds a piece of a hello; `isCut`: more of it was on the wire. */
  take(row: number, from: End, view: DataView, at: number, end: number, isCut: boolean): boolean {
    if (!mayBeDtlsHello(view, at, end) || !nextDtlsFragment(fragment, view, at, end)) return false;
    if (isCut) this.sink.trouble("dtls.cut_by_snaplen");
    const talk = this.talks.get(row) ?? this.open(row);
    do {
      this.add(row, from, talk, view);
    } while (nextDtlsFragment(fragment, view, fragment.next, end));
    return true;
  }

  /** The flow is over: what is unfinished is counted. */
  close(row: number): void {
    const talk = this.talks.get(row);
    if (talk === undefined) return;
    if (isUnfinished(talk)) this.sink.trouble("dtls.hello_unfinished");
    this.drop(talk);
    this.talks.delete(row);
  }

  private add(row: number, from: End, talk: Talk, view: DataView): void {
    const { at, end, offset, messageSeq, bodyLen } = fragment;
    if (bodyLen > MAX_HELLO_LEN) {
      this.sink.trouble("dtls.hello_too_long");
      return;
    }
    if (offset === 0 && end - at === bodyLen) {
      this.tell(row, from, talk, messageSeq, view, at, end);
      return;
    }
    if (talk.messageSeq !== messageSeq || talk.bodyLen !== bodyLen) this.drop(talk);
    talk.messageSeq = messageSeq;
    talk.bodyLen = bodyLen;
    let piece = this.hold(talk, view);
    if (piece === "conflict" && talk.isWhole) {
      this.drop(talk);
      piece = this.hold(talk, view);
    }
    if (piece !== "ok")
      this.sink.trouble(piece === "conflict" ? "dtls.hello_conflict" : "dtls.hello_too_long");
    const { body } = talk;
    if (body !== null && !talk.isWhole && body.wholeBytes >= bodyLen) {
      talk.isWhole = true;
      this.tell(row, from, talk, messageSeq, body.view, 0, bodyLen);
    } else if (this.held > MAX_HELD_TOTAL) this.giveUpOldest("dtls.memory_full");
  }

  /** Adds the fragment to the body. */
  private hold(talk: Talk, view: DataView): CryptoPiece {
    const body = talk.body ?? new QuicCryptoStream();
    talk.body = body;
    const before = body.heldBytes;
    const piece = body.add(fragment.offset, view, fragment.at, fragment.end);
    this.held += body.heldBytes - before;
    return piece;
  }

  private tell(
    row: number,
    from: End,
    talk: Talk,
    seq: number,
    view: DataView,
    at: number,
    end: number,
  ): void {
    const random = latin1(view, at, Math.min(at + 34, end));
    const key = `${seq} ${random}`;
    if (talk.told.has(key)) return;
    if (talk.told.size < MAX_TOLD) talk.told.add(key);
    const status = readClientHello(hello, view, at, end, true);
    if (status !== "ok") this.sink.trouble(status);
    this.sink.dtlsHello(row, from, hello);
  }

  private open(row: number): Talk {
    if (this.talks.size >= MAX_TALKS) this.giveUpOldest("table.dtls_full");
    const talk: Talk = { messageSeq: 0, bodyLen: 0, body: null, isWhole: false, told: new Set() };
    this.talks.set(row, talk);
    this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    return talk;
  }

  /** Makes room. A flow whose hello was read loses nothing by it. */
  private giveUpOldest(trouble: string): void {
    for (const [row, talk] of this.talks) {
      if (isUnfinished(talk)) this.sink.trouble(trouble);
      this.drop(talk);
      this.talks.delete(row);
      return;
    }
  }

  private drop(talk: Talk): void {
    this.held -= talk.body?.heldBytes ?? 0;
    talk.body = null;
    talk.isWhole = false;
  }
}

function isUnfinished({ body, isWhole }: Talk): boolean {
  return body !== null && !isWhole;
}
