import { be, checksum, join } from "./octets.ts";

export interface FragmentOptions {
  /** Octets of the datagram in each fragment, a multiple of 8. */
  readonly size?: number;
  readonly id?: number;
  /** IPv6: octets of extension headers that stand before the fragment header. */
  readonly unfragmentable?: number;
}

/** One piece of a datagram: [from, to) of what follows the IP header, and whether more is to come. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly more: boolean;
}

const ETHERNET_LEN = 12;
const IPV6_LEN = 40;
const FRAGMENT = 44;

let lastId = 0x70000000;

/** The frame (Ethernet, tagged or not, around IPv4 or IPv6) in fragments, as a router or a sender makes them. */
export function fragments(frame: Buffer, options: FragmentOptions = {}): Buffer[] {
  const { size = 1400 } = options;
  const id = options.id ?? ++lastId;
  const length = splitFrame(frame, options.unfragmentable).data.length;
  const pieces: Piece[] = [];
  for (let from = 0; from < length; from += size) {
    pieces.push({ from, to: Math.min(length, from + size), more: from + size < length });
  }
  return pieces.map((piece) => fragment(frame, piece, { ...options, id }));
}

/** Any piece of the frame's datagram; `to` beyond its end repeats its octets. */
export function fragment(frame: Buffer, { from, to, more }: Piece, options: FragmentOptions = {}): Buffer {
  const { link, head, data } = splitFrame(frame, options.unfragmentable);
  const octets =
    to <= data.length
      ? data.subarray(from, to)
      : Buffer.from(Array.from({ length: to - from }, (_, i) => data[(from + i) % data.length]));
  return head[0] >> 4 === 4
    ? join(link, ipv4Head(head, from, octets.length, more, options.id ?? 1), octets)
    : join(
        link,
        ipv6Head(head, frameProto(frame, options), from, octets.length, more, options.id ?? 1),
        octets,
      );
}

function ipv4Head(head: Buffer, from: number, length: number, more: boolean, id: number): Buffer {
  const out = Buffer.from(head);
  out.writeUInt16BE(head.length + length, 2);
  out.writeUInt16BE(id & 0xffff, 4);
  out.writeUInt16BE((more ? 0x2000 : 0) | (from >> 3), 6);
  out.writeUInt16BE(0, 10);
  out.writeUInt16BE(checksum(out), 10);
  return out;
}

function ipv6Head(
  head: Buffer,
  next: number,
  from: number,
  length: number,
  more: boolean,
  id: number,
): Buffer {
  const out = Buffer.from(head);
  out.writeUInt16BE(head.length - IPV6_LEN + 8 + length, 4);
  // The last header that is not split names the fragment header.
  if (head.length === IPV6_LEN) out[6] = FRAGMENT;
  else out[IPV6_LEN] = FRAGMENT;
  return join(out, [next, 0], be(from | (more ? 1 : 0), 2), be(id, 4));
}

function frameProto(frame: Buffer, { unfragmentable = 0 }: FragmentOptions): number {
  const { head } = splitFrame(frame, unfragmentable);
  return unfragmentable === 0 ? head[6] : head[IPV6_LEN];
}

function splitFrame(frame: Buffer, unfragmentable = 0): { link: Buffer; head: Buffer; data: Buffer } {
  let at = ETHERNET_LEN;
  while (frame.readUInt16BE(at) === 0x8100) at += 4;
  at += 2;
  const headLen = frame[at] >> 4 === 4 ? (frame[at] & 0x0f) * 4 : IPV6_LEN + unfragmentable;
  return {
    link: frame.subarray(0, at),
    head: frame.subarray(at, at + headLen),
    data: frame.subarray(at + headLen),
  };
}
