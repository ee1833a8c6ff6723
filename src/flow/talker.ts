import type { Packet } from "../decode/packet.ts";
import { TCP_URG } from "../decode/tcp.ts";
import { ByteHold } from "../names/byte-hold.ts";
import { isHttp2Joined } from "../names/http2-frames.ts";
import { latin1 } from "../names/octet-text.ts";
import type { Conversation } from "./conversation.ts";
import type { End } from "./flow-view.ts";
import type { NameSink } from "./name-sink.ts";
import { SshReader } from "./ssh-reader.ts";
import { type StreamBudget, type StreamReader, TcpStream } from "./tcp-stream.ts";

/** Octets held until a direction's protocol is certain: the longest DNS message and its length. */
const MAX_UNDECIDED = 2 + 0xffff;
/** Chunks of a stream joined in its middle that are tried as the beginning of a message. */
const MAX_TRIES_MID_FLOW = 64;
/** The same of a stream seen from its start: what comes before STARTTLS, or after a SOCKS handshake, is short. */
const MAX_TRIES = 8;
/** Lines of text that are no tries: a dialogue before STARTTLS may be long. */
const MAX_LINES = 512;
const MAX_LINE_OCTETS = 1024;
/** Octets that are looked at anew as a beginning grows; then only when it has doubled. */
const MAX_REPROBED = 1 << 20;

/** One end of a connection that talks: puts its octets in order, finds out what they are, and reads them. */
export class Talker implements StreamReader {
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
  private lines = 0;
  /** What was no request names HTTP all the same. */
  private mentionsHttp = false;
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

  /** The other end's protocol became known: what is held may be understood now. */
  retry(): void {
    if (this.undecided.length > 0) this.probeHeld(true);
  }

  /** What is certain not to be the beginning of a known message was seen, and no gap since. */
  private get preamble(): boolean {
    return !this.midFlow && this.triesLeft < MAX_TRIES;
  }

  mayName(lenBytes: number): boolean {
    return !this.opaque && (this.conversation.readerOf(this.from)?.mayName(lenBytes) ?? true);
  }

  /** Nothing is known of the direction, and nothing is held to find out. */
  get idle(): boolean {
    return this.undecided.length === 0 && this.conversation.readerOf(this.from) === null;
  }

  /** Octets of memory held for messages that are not whole. */
  get heldBytes(): number {
    return this.undecided.capacity + (this.conversation.readerOf(this.from)?.heldBytes ?? 0);
  }

  /** A segment of a direction that is opaque: it waits for the other's names alone. */
  pass(seq: number, pkt: Packet): void {
    this.checkStart(seq, pkt);
    this.chunks++;
  }

  segment(seq: number, pkt: Packet, view: DataView): void {
    const { payloadAt, payloadEnd, payloadLen } = pkt;
    this.checkStart(seq, pkt);
    // Its receiver may take the urgent octet out of the stream (RFC 6093 §3.1): what is read here is then not what is meant.
    if ((pkt.tcpFlags & TCP_URG) !== 0 && this.isClient) this.sink.trouble("stream.urgent");
    this.stream.segment(seq, view, payloadAt, payloadEnd, payloadLen);
    // Asked last: the octets that are there may hold the name.
    if (payloadEnd - payloadAt < payloadLen && this.needsAll) this.sink.trouble("stream.cut_by_snaplen");
    if (this.opaque) this.stream.drop();
  }

  private checkStart(seq: number, pkt: Packet): void {
    if (this.isClient && !this.midFlow && this.stream.isBefore(seq, pkt.payloadLen)) {
      this.sink.trouble("stream.before_start");
    }
  }

  read(view: DataView, at: number, end: number): void {
    const isLooked = !this.opaque;
    this.readNames(view, at, end);
    if (isLooked && this.conversation.isReadable(this.from)) {
      this.conversation.said(this.from, view, at, end);
    }
  }

  private readNames(view: DataView, at: number, end: number): void {
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

  rewritten(): void {
    if (!this.opaque) this.sink.trouble("stream.rewritten");
  }

  close(): void {
    this.stream.close();
    if (this.undecided.length > this.probedLen) this.probeHeld(true);
    const reader = this.conversation.readerOf(this.from);
    // The end that talks to a known client has no names to tell.
    const answers = this.conversation.readerOf(this.from === 0 ? 1 : 0) !== null;
    if (this.undecided.length > 0 && !answers) this.sink.trouble("stream.undecided");
    // What is a banner of SSH for one may be a method for another.
    const isUnread = reader instanceof SshReader || (reader === null && this.mentionsHttp);
    if (isUnread && this.isClient && !this.midFlow && this.conversation.isAnswerAlone) {
      this.sink.trouble("http.request_unread");
    }
    reader?.close();
  }

  private probe(view: DataView, at: number, end: number): void {
    if (this.undecided.length === 0) {
      const known = this.conversation.recognise(this.from, view, at, end, this.preamble);
      if (known === "yes") this.readNames(view, at, end);
      else if (known === "no") this.miss(view, at, end);
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
      this.readNames(held, 0, length);
      return false;
    }
    this.miss(held, 0, length);
    return true;
  }

  private miss(view: DataView, at: number, end: number): void {
    if (this.isClient && !this.midFlow) this.mentionsHttp ||= mentionsHttp(view, at, end);
    if (this.midFlow && isHttp2Joined(view, at, end)) {
      this.giveUp("http2.joined_midway");
      return;
    }
    if (this.triesLeft === 1 && this.isClient && this.lines < MAX_LINES && isLine(view, at, end))
      this.lines++;
    else if (--this.triesLeft <= 0) this.opaque = true;
  }

  private giveUp(trouble: string): void {
    this.undecided.clear();
    this.sink.trouble(trouble);
    this.opaque = true;
  }
}

/**
 * Whether view[at, end) is a short line of text, or several: a command of SMTP, IMAP, POP3, FTP or XMPP. Those begin
 * with a letter, a number or an element; the commands of Redis do not, of which inside connections send thousands.
 */
function isLine(view: DataView, at: number, end: number): boolean {
  if (end - at > MAX_LINE_OCTETS || !BEGINS_LINE[view.getUint8(at)]) return false;
  const last = view.getUint8(end - 1);
  if (last !== 0x0a && last !== 0x3e) return false; // LF, or the end of an element
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i);
    if ((octet < 0x20 && octet !== 0x0a && octet !== 0x0d && octet !== 0x09) || octet === 0x7f) return false;
  }
  return true;
}

const MAX_REQUEST_LINE = 1 << 14;
const HTTP = /http\//i;

/** Whether the version of HTTP, which every request has, stands in view[at, end): probes of other protocols have none. */
function mentionsHttp(view: DataView, at: number, end: number): boolean {
  return HTTP.test(latin1(view, at, Math.min(end, at + MAX_REQUEST_LINE)));
}

const BEGINS_LINE: readonly boolean[] = Array.from({ length: 128 }, (_, octet) =>
  /[\sA-Za-z0-9<]/.test(String.fromCharCode(octet)),
);
