import { QuicCryptoStream } from "../names/quic-crypto-stream.ts";
import { readInitialFrames } from "../names/quic-frames.ts";
import type { QuicPacket } from "../names/quic-header.ts";
import { type InitialKeys, initialKeys, openInitial } from "../names/quic-keys.ts";
import { type QuicVersion, quicVersion } from "../names/quic-versions.ts";
import type { End } from "./flow-view.ts";

const CLIENT = "client";
const SERVER = "server";

/** One connection, from its client's first Initial on: keys, and both directions' CRYPTO streams. */
export class QuicConnection {
  /** The end that sent the first Initial, and the connection id that all keys follow from. */
  readonly client: End;
  readonly dcid: Buffer;
  readonly version: QuicVersion;
  readonly hello = new QuicCryptoStream();
  readonly answer = new QuicCryptoStream();
  /** A ClientHello was read; the server was seen to answer it. */
  isNamed = false;
  isAnswered = false;
  /** Connection ids by which the ends were seen to call themselves; null before. */
  private clientCid: Buffer | null = null;
  private serverCid: Buffer | null = null;
  private readonly clientKeys = new Map<QuicVersion, InitialKeys>();
  private readonly serverKeys = new Map<QuicVersion, InitialKeys>();

  constructor(client: End, dcid: Buffer, version: QuicVersion) {
    this.client = client;
    this.dcid = dcid;
    this.version = version;
  }

  /** Octets of memory held for messages. */
  get heldBytes(): number {
    return this.hello.heldBytes + this.answer.heldBytes;
  }

  /** Whether a packet from this end is addressed to this connection, as far as connection ids tell. */
  owns(from: End, view: DataView, { dcidAt, dcidEnd }: QuicPacket): boolean {
    if (from !== this.client) return isSame(this.clientCid, view, dcidAt, dcidEnd);
    return isSame(this.dcid, view, dcidAt, dcidEnd) || isSame(this.serverCid, view, dcidAt, dcidEnd);
  }

  /**
   * The payload of an Initial packet from this end, or null when its keys are not this connection's. An end
   * may have changed over to a compatible version: the connection id stays, the keys do not (RFC 9369 §4.1).
   */
  open(from: End, view: DataView, packet: QuicPacket): Buffer | null {
    const version = quicVersion(packet.version);
    if (version === undefined) return null;
    const keys = this.keysOf(from, version);
    const payload = openInitial(keys, view, packet.at, packet.pnAt, packet.end);
    if (payload === null) return null;
    if (from === this.client) this.clientCid ??= copied(view, packet.scidAt, packet.scidEnd);
    else this.serverCid ??= copied(view, packet.scidAt, packet.scidEnd);
    return payload;
  }

  /** Puts a payload's CRYPTO frames into its direction's stream; says what is wrong with them. */
  take(from: End, payload: Buffer): string {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const stream = from === this.client ? this.hello : this.answer;
    let trouble = "ok";
    const status = readInitialFrames(view, 0, payload.length, this.version.framing, (offset, at, end) => {
      const piece = stream.add(offset, view, at, end);
      if (piece !== "ok") trouble = piece === "conflict" ? "quic.hello_conflict" : "quic.hello_too_long";
    });
    return trouble === "ok" ? status : trouble;
  }

  private keysOf(from: End, version: QuicVersion): InitialKeys {
    const isClient = from === this.client;
    const known = isClient ? this.clientKeys : this.serverKeys;
    let keys = known.get(version);
    if (keys === undefined) {
      keys = initialKeys(version, this.dcid, isClient ? CLIENT : SERVER);
      known.set(version, keys);
    }
    return keys;
  }
}

function isSame(cid: Buffer | null, view: DataView, at: number, end: number): boolean {
  if (cid === null || cid.length !== end - at) return false;
  for (let i = 0; i < cid.length; i++) if (cid[i] !== view.getUint8(at + i)) return false;
  return true;
}

/** The octets of view[at, end), to be kept. */
export function copied(view: DataView, at: number, end: number): Buffer {
  return Buffer.from(Buffer.from(view.buffer, view.byteOffset + at, end - at));
}
