import { hash } from "node:crypto";
import { chloName, type GoogleHello } from "../names/quic-google.ts";
import { isLongHeader, QuicPacket, readLongHeader } from "../names/quic-header.ts";
import { type QuicVersion, quicVersion } from "../names/quic-versions.ts";
import { ClientHello, readClientHello } from "../names/tls-client-hello.ts";
import { HANDSHAKE_CLIENT_HELLO, HANDSHAKE_SERVER_HELLO } from "../names/tls-records.ts";
import { readServerHello, ServerHello } from "../names/tls-server-hello.ts";
import type { End } from "./flow-view.ts";
import { copied, QuicConnection } from "./quic-connection.ts";
import type { QuicKeyBudget } from "./quic-key-budget.ts";
import type { QuicSink } from "./quic-sink.ts";

/**
 * Packets of one datagram that are looked at, and Initial packets that are tried with keys. Those are made for one
 * connection id, which all in a datagram have (RFC 9000 §12.2): making keys is what costs most.
 */
const MAX_PACKETS = 16;
const MAX_TRIES = 4;
/** Connections of one flow that are followed at once, and remembered once they were read. */
const MAX_OPEN = 8;
const MAX_READ = 16;

const packet = new QuicPacket();
const clientHello = new ClientHello();
const serverHello = new ServerHello();

/** What one datagram showed beside names. */
export interface Shown {
  /** Initial packets. */
  initials: number;
  /** A Handshake packet, or a ServerHello that is no retry. */
  handshake: boolean;
  /** A packet with a short header behind others. */
  data: boolean;
}

/** The QUIC of one flow: its connections, until their hello was read and answered. */
export class QuicConversation {
  /** A name was read, or it is certain that none was sent. */
  isNamed = false;
  /** Octets of memory held for messages. */
  heldBytes = 0;
  private readonly row: number;
  private readonly sink: QuicSink;
  private readonly budget: QuicKeyBudget;
  private connections: QuicConnection[] = [];
  /** Hellos that were told of, by the connection id of their keys: each once, however often it is sent. */
  private readonly read = new Map<string, string>();
  /** Why a name may be missing, to be told at the end unless one was read. */
  private doubt: string | null = null;
  private googleName: string | null = null;
  /** A packet of a version that is not known came, and no word that the server does not know it either. */
  private isUnknown = false;
  /** Of the datagram that is being read. */
  private tries = 0;
  /** The connection that its keys were made for. */
  private begun: QuicConnection | null = null;

  constructor(row: number, sink: QuicSink, budget: QuicKeyBudget) {
    this.row = row;
    this.sink = sink;
    this.budget = budget;
  }

  /** A datagram view[at, end) that begins with a long header of a known version. */
  datagram(shown: Shown, from: End, view: DataView, at: number, end: number): void {
    shown.initials = 0;
    shown.handshake = false;
    shown.data = false;
    this.tries = 0;
    this.begun = null;
    for (let n = 0; at < end; n++) {
      if (!isLongHeader(view, at)) {
        shown.data = view.getUint8(at) !== 0; // else padding around packets
        break;
      }
      const status = readLongHeader(packet, view, at, end);
      if (status !== "ok") this.sink.trouble(status);
      if (status !== "ok" || quicVersion(packet.version) === undefined) break;
      if (n === MAX_PACKETS) {
        this.sink.trouble("quic.too_many_packets");
        break;
      }
      if (packet.kind === "initial") this.initial(shown, from, view);
      else if (packet.kind === "handshake") this.handshake(shown, from, view);
      at = packet.end;
    }
    this.settle();
  }

  /** Something in the flow was not read: a name may be missing. */
  doubts(trouble: string): void {
    this.doubt ??= trouble;
  }

  /** A datagram of a version that is not known, an int32: its name is told by no other's. */
  unknown(version: number): void {
    // Those that clients send to be told of others (RFC 9000 §15) are nobody's.
    if ((version & 0x0f0f0f0f) === 0x0a0a0a0a) this.doubts("quic.version_unknown");
    else this.isUnknown = true;
  }

  /** The server told of the versions that it has: it took none of what came before. */
  negotiated(): void {
    this.isUnknown = false;
    this.sink.trouble("quic.version_negotiated");
  }

  /** A datagram of Google's QUIC. */
  google(from: End, { version, sni }: GoogleHello): void {
    if (sni === null) this.doubts("quic.chlo_unreadable");
    else this.tellGoogle(from, version, sni);
  }

  /** The flow is over: what was not read is counted. */
  close(): void {
    for (const connection of this.connections) this.abandon(connection);
    if (this.isUnknown) this.sink.trouble("quic.version_unknown");
    else if (!this.isNamed && this.doubt !== null) this.sink.trouble(this.doubt);
  }

  private initial(shown: Shown, from: End, view: DataView): void {
    shown.initials++;
    if (this.tries >= MAX_TRIES) {
      this.sink.trouble("quic.too_many_packets"); // whatever was named before, this may be another
      return;
    }
    for (const connection of this.connections) {
      if (!connection.owns(from, view, packet)) continue;
      this.tries++;
      const payload = connection.open(from, view, packet);
      if (payload === null) continue;
      this.take(shown, connection, from, payload);
      return;
    }
    const version = quicVersion(packet.version);
    if (version === undefined) return;
    const begun = this.begin(from, view, version);
    if (begun === null) return;
    const payload = begun.open(from, view, packet);
    if (payload === null) {
      this.doubts("quic.initial_unreadable");
      return;
    }
    if (this.connections.length === MAX_OPEN) this.abandon(this.connections.shift());
    this.connections.push(begun);
    this.take(shown, begun, from, payload);
  }

  /** The connection whose first packet this may be; null where its keys are not made. */
  private begin(from: End, view: DataView, version: QuicVersion): QuicConnection | null {
    if (this.begun?.owns(from, view, packet) === true) {
      this.tries++;
      return this.begun;
    }
    if (this.begun !== null) {
      // RFC 9000 §12.2: a datagram is of one connection.
      this.sink.trouble("quic.too_many_packets");
      return null;
    }
    if (!this.budget.take(this.row, from)) {
      this.sink.trouble("quic.too_many_connections");
      return null;
    }
    this.begun = new QuicConnection(from, copied(view, packet.dcidAt, packet.dcidEnd), version);
    return this.begun;
  }

  private take(shown: Shown, connection: QuicConnection, from: End, payload: Buffer): void {
    const trouble = connection.take(from, payload);
    if (trouble !== "ok") this.sink.trouble(trouble);
    if (from === connection.client) this.readHellos(connection);
    else if (readsAnswer(connection)) {
      connection.isAnswered = true;
      shown.handshake = true;
    }
  }

  private handshake(shown: Shown, from: End, view: DataView): void {
    shown.handshake = true;
    for (const connection of this.connections) {
      if (from !== connection.client && connection.owns(from, view, packet)) connection.isAnswered = true;
    }
  }

  private readHellos(connection: QuicConnection): void {
    const stream = connection.hello;
    if (connection.version.quicCrypto) {
      const sni = chloName(stream.view, 0, stream.wholeBytes);
      if (sni === null) return;
      connection.isNamed = true;
      this.tellGoogle(connection.client, connection.version.name, sni);
      return;
    }
    while (stream.next()) if (stream.type === HANDSHAKE_CLIENT_HELLO) this.tell(connection);
    if (stream.isTooLong) this.sink.trouble("quic.hello_too_long");
  }

  /** What the hello to which the stream points says; nothing when it was told before. */
  private tell(connection: QuicConnection): void {
    const { client, version, dcid } = connection;
    const { view, at, end } = connection.hello;
    connection.isNamed = true;
    this.isNamed = true;
    const digest = hash("sha256", copied(view, at, end), "base64");
    for (const known of this.read.values()) if (known === digest) return;
    this.remember(dcid.toString("hex"), digest);
    const status = readClientHello(clientHello, view, at, end);
    if (status !== "ok") this.sink.trouble(status);
    const { names } = clientHello;
    this.sink.quicHello(this.row, client, { version: version.name, names, hello: clientHello });
  }

  /** Whether an unfinished hello, as far as it goes, has a name. */
  private namesInPart({ hello }: QuicConnection): boolean {
    if (!hello.partial() || hello.type !== HANDSHAKE_CLIENT_HELLO) return false;
    readClientHello(clientHello, hello.view, hello.at, hello.end);
    return clientHello.names.length > 0;
  }

  private tellGoogle(from: End, version: string, sni: string): void {
    this.isNamed = true;
    if (this.googleName === sni) return; // a CHLO is repeated with what the server gave
    this.googleName = sni;
    this.sink.quicHello(this.row, from, { version, names: sni === "" ? [] : [sni], hello: null });
  }

  private remember(dcid: string, digest: string): void {
    if (this.read.size === MAX_READ) {
      const [oldest] = this.read.keys();
      this.read.delete(oldest);
    }
    this.read.set(dcid, digest);
  }

  /** Forgets connections that have nothing more to tell. */
  private settle(): void {
    this.connections = this.connections.filter(({ isNamed, isAnswered }) => !isNamed || !isAnswered);
    this.heldBytes = this.connections.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  /** A name in an unfinished hello is one all the same; without it the hello may have hidden one. */
  private abandon(connection: QuicConnection | undefined): void {
    if (connection === undefined || connection.isNamed) return;
    // A late copy of a part of what was read before.
    if (this.read.has(connection.dcid.toString("hex"))) return;
    if (this.namesInPart(connection)) this.tell(connection);
    else this.sink.trouble("quic.hello_unfinished");
  }
}

/** Whether the server's stream holds its hello, and that is no request to try again. */
function readsAnswer({ answer }: QuicConnection): boolean {
  while (answer.next()) {
    if (answer.type !== HANDSHAKE_SERVER_HELLO) continue;
    readServerHello(serverHello, answer.view, answer.at, answer.end);
    if (!serverHello.retry) return true;
  }
  return false;
}
