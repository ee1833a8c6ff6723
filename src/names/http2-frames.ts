import { ByteHold } from "./byte-hold.ts";
import { HpackDecoder } from "./hpack.ts";

/** RFC 9113 §3.4. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const FRAME_HEAD_LEN = 9;
/** Octets of one header block, CONTINUATION frames included; more are counted, not read. */
const MAX_BLOCK_OCTETS = 0x10000;

const HEADERS = 1;
const SETTINGS = 4;
const PUSH_PROMISE = 5;
const CONTINUATION = 9;
const DATA = 0;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const PRIORITY = 0x20;
/** ALTSVC, ORIGIN and PRIORITY_UPDATE (RFC 7838, 8336, 9218) are the highest that are known. */
const MAX_KNOWN_TYPE = 0x10;

/** Whether a client's stream that begins with view[at, end) is HTTP/2 with prior knowledge. */
export function isHttp2Start(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  const stop = Math.min(end, at + PREFACE.length);
  for (let i = at; i < stop; i++) if (view.getUint8(i) !== PREFACE[i - at]) return "no";
  return end - at >= PREFACE.length ? "yes" : "maybe";
}

/** Whether a server's stream begins with its SETTINGS (RFC 9113 §3.4, §6.5): whole settings, of the connection. */
export function isHttp2ServerStart(view: DataView, at: number, end: number): boolean {
  if (end - at < FRAME_HEAD_LEN || view.getUint8(at + 3) !== SETTINGS) return false;
  const lenBytes = view.getUint32(at) >>> 8;
  const isBare = view.getUint8(at + 4) === 0 && view.getUint32(at + 5) === 0;
  return isBare && lenBytes % 6 === 0 && lenBytes <= 6 * 64;
}

/** Flags that a request's HEADERS may have. */
const REQUEST_FLAGS = END_STREAM | END_HEADERS | PADDED | PRIORITY;
const MAX_FRAME_OCTETS = 0x4000; // as long as nobody agreed on more (§4.2)

/**
 * Whether view[at, end), from the middle of a client's stream, is frames of HTTP/2 up to its last octet, and the head
 * of a request among them. What earlier heads left in the table of its compression is not known then.
 */
export function isHttp2Joined(view: DataView, at: number, end: number): boolean {
  let heads = 0;
  while (end - at >= FRAME_HEAD_LEN) {
    const lenBytes = view.getUint32(at) >>> 8;
    const type = view.getUint8(at + 3);
    const streamId = view.getUint32(at + 5);
    if (lenBytes > MAX_FRAME_OCTETS || type > CONTINUATION || streamId > 0x7fffffff) return false;
    if (type === HEADERS) {
      const flags = view.getUint8(at + 4);
      const isRequest = (flags & ~REQUEST_FLAGS) === 0 && (flags & END_HEADERS) !== 0 && streamId % 2 === 1;
      if (!isRequest || lenBytes === 0) return false;
      heads++;
    }
    at += FRAME_HEAD_LEN + lenBytes;
  }
  return at === end && heads > 0;
}

/** What a header block says of a message; fields that nobody here asks for are left out. */
export interface Http2Fields {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: string;
  readonly host: string;
  readonly contentType: string;
  /** Fields that may hold credentials, as lines of HTTP/1. */
  readonly credentials: string;
}

const NO_FIELDS: Http2Fields = {
  method: "",
  scheme: "",
  authority: "",
  path: "",
  protocol: "",
  status: "",
  host: "",
  contentType: "",
  credentials: "",
};

const FIELD_OF: ReadonlyMap<string, keyof Http2Fields> = new Map([
  [":method", "method"],
  [":scheme", "scheme"],
  [":authority", "authority"],
  [":path", "path"],
  [":protocol", "protocol"],
  [":status", "status"],
  ["host", "host"],
  ["content-type", "contentType"],
]);

const MAY_HOLD_CREDENTIALS = /^(?::path|.*(?:authorization|cookie|key|token))$/i;
/** Octets of such fields of one message that are read. */
const MAX_CREDENTIAL_TEXT = 0x4000;
const LONGEST_FIELD = "content-type".length;

/** Takes what one direction says. */
export interface Http2Listener {
  /** Whether a head that comes now is read for what its compression needs alone, and not told. */
  isLeftOut(): boolean;
  /** A message's head, or its trailers. `ends`: no content follows. */
  head(streamId: number, fields: Http2Fields, ends: boolean): void;
  /** A server announced the answer to a request that nobody made (RFC 9113 §8.4). */
  promised(streamId: number, fields: Http2Fields): void;
  /** Content of a stream. */
  data(streamId: number, lenBytes: number): void;
  /** Nothing after this can be read. */
  lost(trouble: string): void;
}

/** Frames of one direction of an HTTP/2 connection, for its whole life (RFC 9113 §4 and §6). */
export class Http2Frames {
  /** Nothing more can be read. */
  done = false;
  private readonly listener: Http2Listener;
  private readonly hpack = new HpackDecoder();
  private readonly frameHead = new ByteHold(FRAME_HEAD_LEN);
  private readonly payload = new ByteHold(MAX_BLOCK_OCTETS);
  private readonly block = new ByteHold(MAX_BLOCK_OCTETS);
  private prefaceLeft: number;
  /** Octets of the frame that are still to come, and what it is. */
  private left = 0;
  private isKept = false;
  private type = 0;
  private flags = 0;
  private streamId = 0;
  /** Of the header block that goes on in CONTINUATION frames; 0: there is none. */
  private blockStream = 0;
  private isPromise = false;
  private endsStream = false;

  constructor(isClient: boolean, listener: Http2Listener) {
    this.listener = listener;
    this.prefaceLeft = isClient ? PREFACE.length : 0;
  }

  get heldBytes(): number {
    return this.payload.capacity + this.block.capacity + this.hpack.heldBytes;
  }

  /** Octets that can go by unseen: nothing in them is a name. */
  get skippable(): number {
    return this.isKept ? 0 : this.left;
  }

  feed(view: DataView, at: number, end: number): void {
    const preface = Math.min(this.prefaceLeft, end - at);
    this.prefaceLeft -= preface;
    let next = at + preface;
    while (next < end && !this.done) {
      if (this.left === 0) {
        next = this.takeHead(view, next, end);
        // A frame without content is over at once.
        if (this.left > 0 || !this.isKept || this.done) continue;
      }
      const stop = Math.min(end, next + this.left);
      this.left -= stop - next;
      if (this.isKept) this.keep(view, next, stop);
      next = stop;
    }
  }

  /** Octets view[at, end) of a frame that is read; what lies whole in a chunk is not copied. */
  private keep(view: DataView, at: number, end: number): void {
    const { payload } = this;
    if (payload.length === 0 && this.left === 0) {
      this.endFrame(view, at, end);
      return;
    }
    payload.append(view, at, end);
    if (this.left > 0) return;
    this.endFrame(payload.view, 0, payload.length);
    payload.clear();
  }

  /** Octets that were never seen. */
  skip(lenBytes: number): void {
    if (this.done) return;
    if (lenBytes <= this.skippable) this.left -= lenBytes;
    else this.lose("http2.frames_lost");
  }

  private takeHead(view: DataView, next: number, end: number): number {
    const head = this.frameHead;
    if (head.length === 0 && end - next >= FRAME_HEAD_LEN) {
      this.beginFrame(view, next);
      return next + FRAME_HEAD_LEN;
    }
    const stop = Math.min(end, next + FRAME_HEAD_LEN - head.length);
    head.append(view, next, stop);
    if (head.length === FRAME_HEAD_LEN) {
      this.beginFrame(head.view, 0);
      head.clear();
    }
    return stop;
  }

  private beginFrame(head: DataView, at: number): void {
    this.left = head.getUint32(at) >>> 8;
    this.type = head.getUint8(at + 3);
    this.flags = head.getUint8(at + 4);
    this.streamId = head.getUint32(at + 5) & 0x7fffffff;
    this.isKept = this.type === HEADERS || this.type === PUSH_PROMISE || this.type === CONTINUATION;
    const goesOn = this.type === CONTINUATION && this.streamId === this.blockStream;
    // §6.10: nothing may come between; whoever breaks that may be understood in another way by its peer.
    if (this.blockStream !== 0 && !goesOn) this.lose("http2.frames_broken");
    else if (this.blockStream === 0 && this.type === CONTINUATION) this.lose("http2.frames_broken");
    else if (this.type > MAX_KNOWN_TYPE && this.streamId > 0x7ffffff) this.lose("http2.frames_broken");
    else if (this.isKept && this.left > MAX_BLOCK_OCTETS) this.lose("http2.headers_too_long");
    else if (this.type === DATA && this.left > 0) this.listener.data(this.streamId, this.left);
  }

  /** A frame with (a part of) a header block is whole: its content is view[at, end). */
  private endFrame(view: DataView, at: number, end: number): void {
    this.isKept = false;
    const { flags, block } = this;
    if (this.type !== CONTINUATION) {
      this.isPromise = this.type === PUSH_PROMISE;
      this.endsStream = !this.isPromise && (flags & END_STREAM) !== 0;
      this.blockStream = this.streamId;
      if ((flags & PADDED) !== 0 && end > at) end -= view.getUint8(at);
      if ((flags & PADDED) !== 0) at += 1;
      if (this.isPromise || (flags & PRIORITY) !== 0) at += this.isPromise ? 4 : 5;
    }
    const isLast = (flags & END_HEADERS) !== 0;
    if (at > end) this.lose("http2.frames_broken");
    else if (isLast && block.length === 0) this.endBlock(view, at, end);
    else if (!block.append(view, at, end)) this.lose("http2.headers_too_long");
    else if (isLast) {
      this.endBlock(block.view, 0, block.length);
      block.clear();
    }
  }

  private endBlock(view: DataView, at: number, end: number): void {
    if (this.listener.isLeftOut()) this.passBlock(view, at, end);
    else this.readBlock(view, at, end);
  }

  private passBlock(view: DataView, at: number, end: number): void {
    this.blockStream = 0;
    if (isIndexed(view, at, end)) return;
    if (!this.hpack.decode(view, at, end, null)) this.lose("http2.headers_unreadable");
  }

  private readBlock(view: DataView, at: number, end: number): void {
    const fields: { -readonly [key in keyof Http2Fields]: string } = { ...NO_FIELDS };
    const isRead = this.hpack.decode(view, at, end, ({ name, value }) => {
      if (value === "") return;
      const field = name.length > LONGEST_FIELD ? undefined : FIELD_OF.get(name);
      if (field !== undefined && fields[field] === "") fields[field] = value;
      // One octet can stand for a field of kilobytes.
      const hasRoom = fields.credentials.length + value.length < MAX_CREDENTIAL_TEXT;
      if (hasRoom && mayHoldCredentials(name)) fields.credentials += `${name}: ${value}\r\n`;
    });
    const streamId = this.blockStream;
    this.blockStream = 0;
    // What was read before the break is proven all the same.
    if (this.isPromise) this.listener.promised(streamId, fields);
    else this.listener.head(streamId, fields, this.endsStream);
    if (!isRead) this.lose("http2.headers_unreadable");
  }

  private lose(trouble: string): void {
    this.done = true;
    this.payload.clear();
    this.block.clear();
    this.listener.lost(trouble);
  }
}

/** Whether a block is nothing but fields of the table (RFC 7541 §6.1): it changes nothing in it. */
function isIndexed(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (view.getUint8(i) < 0x80 || view.getUint8(i) === 0xff) return false;
  return true;
}

/** What was found out of names: most fields have one of a few. */
const knownNames = new Map<string, boolean>();
const MAX_KNOWN_NAMES = 1024;
const MAX_KNOWN_NAME = 64;

function mayHoldCredentials(name: string): boolean {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const may = MAY_HOLD_CREDENTIALS.test(name);
  if (name.length > MAX_KNOWN_NAME) return may;
  if (knownNames.size === MAX_KNOWN_NAMES) knownNames.clear();
  knownNames.set(name, may);
  return may;
}
