/**
 * Frames for tests, with correct lengths and checksums:
 *
 *     udp("10.20.1.11:40000", "198.51.100.7:123", payload)
 *     tcp("[fd20::1]:40000", "[2001:db8::7]:443", { seq: 1, flags: SYN }, { vlans: [5] })
 *
 * All give an Ethernet frame. IPv4 or IPv6 follows from the addresses.
 */
import { addressOctets, be, checksum, join } from "./octets.ts";

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

export interface FrameOptions {
  /** 802.1Q tags, outermost first. */
  readonly vlans?: readonly number[];
  readonly srcMac?: string;
  readonly dstMac?: string;
  /** IPv4 identification; by default a new one for every packet, as a host gives. 0: none. */
  readonly id?: number;
  readonly ttl?: number;
  /** IPv4 options, a multiple of 4 octets. */
  readonly options?: ArrayLike<number>;
  /** IPv4 flags and fragment offset as they stand in the header. */
  readonly fragment?: number;
  /** IPv6 extension headers, in order: number and octets, whose first is set to the next header's number. */
  readonly extensions?: readonly (readonly [proto: number, header: ArrayLike<number>])[];
  /** IPv4 total length or IPv6 payload length, where it lies. */
  readonly ipLen?: number;
}

export interface TcpFields {
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly payload?: ArrayLike<number> | string;
  /** TCP options, a multiple of 4 octets. */
  readonly options?: ArrayLike<number>;
}

export interface IcmpFields {
  readonly type: number;
  readonly code?: number;
  /** Octets 4 to 7: identifier and sequence number of an echo. */
  readonly rest?: number;
  readonly payload?: ArrayLike<number> | string;
}

const PROTO_ICMP = 1;
const PROTO_TCP = 6;
const PROTO_UDP = 17;
const PROTO_ICMPV6 = 58;

let lastId = 0;

/** Ethernet II around a payload. */
export function ethernet(type: number, payload: ArrayLike<number>, options: FrameOptions = {}): Buffer {
  const { vlans = [], dstMac = "02:00:00:00:00:02", srcMac = "02:00:00:00:00:01" } = options;
  const tags = vlans.map((id) => join(be(0x8100, 2), be(id, 2)));
  return join(macOctets(dstMac), macOctets(srcMac), ...tags, be(type, 2), payload);
}

/** An IP packet (without a link header) between two addresses. */
export function ipPacket(
  from: string,
  to: string,
  proto: number,
  payload: ArrayLike<number>,
  options: FrameOptions = {},
): Buffer {
  return from.includes(":")
    ? ipv6Packet(from, to, proto, payload, options)
    : ipv4Packet(from, to, proto, payload, options);
}

/** Any IP protocol by its number, between two addresses. */
export function ip(
  from: string,
  to: string,
  proto: number,
  payload: ArrayLike<number>,
  options: FrameOptions = {},
): Buffer {
  const type = from.includes(":") ? 0x86dd : 0x0800;
  return ethernet(type, ipPacket(from, to, proto, payload, options), options);
}

/** A UDP datagram between two endpoints, "10.0.0.1:53" or "[fd20::1]:53". */
export function udp(
  from: string,
  to: string,
  payload: ArrayLike<number> | string,
  options: FrameOptions = {},
): Buffer {
  const [src, dst] = [endpoint(from), endpoint(to)];
  const data = join(payload);
  const header = join(be(src.port, 2), be(dst.port, 2), be(8 + data.length, 2), be(0, 2));
  return ip(src.ip, dst.ip, PROTO_UDP, summed(src.ip, dst.ip, PROTO_UDP, join(header, data), 6), options);
}

/** A TCP segment between two endpoints; without flags it is an ACK. */
export function tcp(from: string, to: string, fields: TcpFields, options: FrameOptions = {}): Buffer {
  const { seq = 0, ack = 0, flags = ACK, payload = [], options: tcpOptions = [] } = fields;
  const [src, dst] = [endpoint(from), endpoint(to)];
  const segment = join(
    be(src.port, 2),
    be(dst.port, 2),
    be(seq, 4),
    be(ack, 4),
    be((20 + tcpOptions.length) << 2, 1),
    be(flags, 1),
    be(0xfaf0, 2), // window
    be(0, 4), // checksum, urgent pointer
    tcpOptions,
    join(payload),
  );
  return ip(src.ip, dst.ip, PROTO_TCP, summed(src.ip, dst.ip, PROTO_TCP, segment, 16), options);
}

/** ICMP or ICMPv6, by the addresses. */
export function icmp(from: string, to: string, fields: IcmpFields, options: FrameOptions = {}): Buffer {
  const { type, code = 0, rest = 0, payload = [] } = fields;
  const message = join(be(type, 1), be(code, 1), be(0, 2), be(rest, 4), join(payload));
  if (from.includes(":")) {
    return ip(from, to, PROTO_ICMPV6, summed(from, to, PROTO_ICMPV6, message, 2), options);
  }
  return ip(from, to, PROTO_ICMP, withSum(message, 2, checksum(message)), options);
}

/** ICMP port unreachable (or another type and code) from `router` about a frame that was sent. */
export function icmpError(router: string, about: Uint8Array, type?: number, code?: number): Buffer {
  const quoted = about.subarray(14, 14 + 64);
  const isV6 = router.includes(":");
  const fields = { type: type ?? (isV6 ? 1 : 3), code: code ?? (isV6 ? 4 : 3), payload: quoted };
  return icmp(router, sourceOf(quoted), fields);
}

function sourceOf(packet: Uint8Array): string {
  if (packet[0] >> 4 === 4) return packet.subarray(12, 16).join(".");
  const hex = Buffer.from(packet.subarray(8, 24)).toString("hex");
  return hex.replace(/(....)(?=.)/g, "$1:");
}

function ipv4Packet(
  from: string,
  to: string,
  proto: number,
  payload: ArrayLike<number>,
  options: FrameOptions,
): Buffer {
  const { ttl = 64, fragment = 0, options: ipOptions = [] } = options;
  const headerLen = 20 + ipOptions.length;
  lastId = (lastId % 0xffff) + 1;
  const header = join(
    be(0x40 | (headerLen >> 2), 1),
    be(0, 1),
    be(options.ipLen ?? headerLen + payload.length, 2),
    be(options.id ?? lastId, 2),
    be(fragment, 2),
    be(ttl, 1),
    be(proto, 1),
    be(0, 2),
    addressOctets(from),
    addressOctets(to),
    ipOptions,
  );
  return join(withSum(header, 10, checksum(header)), payload);
}

function ipv6Packet(
  from: string,
  to: string,
  proto: number,
  payload: ArrayLike<number>,
  options: FrameOptions,
): Buffer {
  const { extensions = [], ttl = 64 } = options;
  const chain = extensions.map(([, header], i) => {
    const octets = join(header);
    octets[0] = extensions[i + 1]?.[0] ?? proto;
    return octets;
  });
  const body = join(...chain, payload);
  return join(
    be(0x60000000, 4),
    be(options.ipLen ?? body.length, 2),
    be(extensions[0]?.[0] ?? proto, 1),
    be(ttl, 1),
    addressOctets(from),
    addressOctets(to),
    body,
  );
}

/** Fills in a checksum that covers the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1). */
function summed(from: string, to: string, proto: number, segment: Buffer, at: number): Buffer {
  const pseudo = join(addressOctets(from), addressOctets(to), be(segment.length, 4), be(proto, 4));
  const sum = checksum(join(pseudo, segment));
  return withSum(segment, at, sum === 0 && proto === PROTO_UDP ? 0xffff : sum);
}

function withSum(data: Buffer, at: number, sum: number): Buffer {
  data.writeUInt16BE(sum, at);
  return data;
}

function endpoint(text: string): { ip: string; port: number } {
  const colon = text.lastIndexOf(":");
  return { ip: text.slice(0, colon).replace(/[[\]]/g, ""), port: Number(text.slice(colon + 1)) };
}

function macOctets(text: string): Buffer {
  return Buffer.from(text.replaceAll(":", ""), "hex");
}
