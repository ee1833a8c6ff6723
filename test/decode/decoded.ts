import { decodeFrame, decodeInner } from "../../src/decode/link.ts";
import { NOTES } from "../../src/decode/note.ts";
import { NO_INNER, Packet } from "../../src/decode/packet.ts";
import { readSourceRoute, SourceRoute } from "../../src/decode/source-route.ts";
import { STATUSES } from "../../src/decode/status.ts";
import { TUNNELS } from "../../src/decode/tunnels.ts";
import { hex, placed } from "../names/octets.ts";

/** One frame and what must come of it. Facts that are left out are not looked at. */
export interface DecodeCase {
  readonly why: string;
  readonly link: number;
  /** Commented hex, or octets. */
  readonly frame: string | Uint8Array;
  readonly wireLen?: number;
  readonly status: string;
  readonly notes?: readonly string[];
  readonly facts?: Partial<Facts>;
}

/** The innermost packet of a frame in words; offsets count from the frame's first octet. */
export interface Facts {
  readonly status: string;
  /** Of all layers. */
  readonly notes: readonly string[];
  /** What carried the packet, outermost first. */
  readonly tunnels: readonly string[];
  readonly vni: number;
  readonly mac: number | null;
  readonly vlan: number;
  readonly version: number;
  readonly src: string | null;
  readonly dst: string | null;
  /** Addresses of a source route, the header's own destination first. */
  readonly route: readonly string[];
  readonly fragOffset: number;
  readonly proto: number;
  readonly ports: readonly [src: number, dst: number];
  readonly tcp: readonly [flags: number, seq: number, ack: number] | null;
  readonly icmp: readonly [type: number, code: number] | null;
  readonly marks: readonly [ip: number, l4: number];
  /** Where it begins, where what was captured of it ends, how long it was on the wire. */
  readonly payload: readonly [at: number, end: number, len: number] | null;
}

export interface Around {
  /** What lies before and after the frame. */
  readonly fill?: number;
  readonly wireLen?: number | undefined;
  readonly pkt?: Packet;
}

export function octetsOf({ frame }: DecodeCase): Uint8Array {
  return typeof frame === "string" ? hex(frame) : frame;
}

/** Decodes a frame that lies in the middle of a buffer. */
export function decoded(frame: Uint8Array, link: number, around: Around = {}): Facts {
  const { fill = 0, wireLen = frame.length, pkt = new Packet() } = around;
  const { view, at, end } = placed(frame, fill);
  let status = decodeFrame(pkt, view, at, end, wireLen, link);
  let notes = pkt.notes;
  const tunnels: string[] = [];
  while (pkt.innerType !== NO_INNER && pkt.fragAt === 0) {
    tunnels.push(TUNNELS[pkt.tunnel]);
    status = decodeInner(pkt, view);
    notes |= pkt.notes;
  }
  return {
    ...factsOf(pkt, STATUSES[status].name, at),
    notes: noteNames(notes),
    tunnels,
    route: routeOf(pkt, view),
  };
}

function routeOf(pkt: Packet, view: DataView): string[] {
  if (pkt.routeAt === 0) return [];
  const route = new SourceRoute();
  readSourceRoute(route, pkt, view);
  return Array.from({ length: route.count }, (_, i) =>
    addressText(pkt.ipVersion, ...route.words.subarray(4 * i, 4 * i + 4)),
  );
}

function noteNames(bits: number): string[] {
  return NOTES.filter((_, bit) => (bits & (1 << bit)) !== 0).map(({ name }) => name);
}

function factsOf(pkt: Packet, status: string, at: number): Omit<Facts, "notes" | "tunnels" | "route"> {
  const hasAddresses = pkt.ipVersion !== 0;
  const isTcp = pkt.l4Proto === 6 && pkt.fragOffset === 0;
  const isIcmp = pkt.l4Proto === 1 || pkt.l4Proto === 58;
  return {
    status,
    vni: pkt.vni,
    mac: pkt.macOffset < 0 ? null : pkt.macOffset - at,
    vlan: pkt.vlan,
    version: pkt.ipVersion,
    src: hasAddresses ? addressText(pkt.ipVersion, pkt.src0, pkt.src1, pkt.src2, pkt.src3) : null,
    dst: hasAddresses ? addressText(pkt.ipVersion, pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3) : null,
    fragOffset: pkt.fragOffset,
    proto: pkt.l4Proto,
    ports: [pkt.srcPort, pkt.dstPort],
    tcp: isTcp ? [pkt.tcpFlags, pkt.tcpSeq, pkt.tcpAck] : null,
    icmp: isIcmp ? [pkt.icmpType, pkt.icmpCode] : null,
    marks: [pkt.ipMark, pkt.l4Mark],
    payload: pkt.payloadAt === 0 ? null : [pkt.payloadAt - at, pkt.payloadEnd - at, pkt.payloadLen],
  };
}

/** "192.0.2.1", or 32 hex digits. */
function addressText(version: number, ...words: readonly number[]): string {
  const text = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  if (version === 6) return text;
  const [, mapped, v4] = /^(0{20}ffff)(.{8})$/.exec(text) ?? [];
  if (mapped === undefined) return `not v4-mapped: ${text}`;
  return Buffer.from(v4, "hex").join(".");
}
