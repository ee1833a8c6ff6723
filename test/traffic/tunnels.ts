/** Frames inside frames, for tests: every encapsulation that is opened, between two endpoints of its own. */
import { addressOctets, be, join } from "./octets.ts";
import { ethernet, ip, udp } from "./packets.ts";

/** The tunnel's own endpoints, in the direction of the packet. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

export interface Encapsulation {
  readonly name: string;
  /** IP versions that it can carry; omitted: whole frames, so anything. */
  readonly carries?: readonly (4 | 6)[];
  /** It has no addresses of its own: nothing but another header of the link. */
  readonly isLink?: boolean;
  /** How `enclave.mirrors` names it, where it can. */
  readonly mirror?: string;
  /** An Ethernet frame around an Ethernet frame. */
  wrap(frame: Buffer, ends: Ends): Buffer;
}

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN = 0x8100;
const MACS_LEN = 12;

/** EtherType and packet of a frame, tags taken off. */
export function payloadOf(frame: Buffer): { type: number; packet: Buffer } {
  let at = MACS_LEN;
  while (frame.readUInt16BE(at) === VLAN) at += 4;
  return { type: frame.readUInt16BE(at), packet: frame.subarray(at + 2) };
}

/** The frame with a VLAN tag more. */
export function tagged(frame: Buffer, vlan: number): Buffer {
  return join(frame.subarray(0, MACS_LEN), be(VLAN, 2), be(vlan, 2), frame.subarray(MACS_LEN));
}

function packetOf(frame: Buffer): Buffer {
  return payloadOf(frame).packet;
}

/** What is right over IP: `proto` around `header` and the frame, or what it carries. */
function overIp(
  name: string,
  proto: number,
  body: (frame: Buffer, ends: Ends) => Buffer,
  more: Partial<Encapsulation> = {},
): Encapsulation {
  return { name, ...more, wrap: (frame, ends) => ip(ends.from, ends.to, proto, body(frame, ends)) };
}

function overUdp(
  name: string,
  port: number,
  body: (frame: Buffer) => Buffer,
  more: Partial<Encapsulation> = {},
): Encapsulation {
  const end = (address: string, p: number) =>
    address.includes(":") ? `[${address}]:${p}` : `${address}:${p}`;
  return { name, ...more, wrap: (frame, { from, to }) => udp(end(from, 50000), end(to, port), body(frame)) };
}

function overLink(name: string, type: number, body: (frame: Buffer) => Buffer): Encapsulation {
  return { name, isLink: true, wrap: (frame) => ethernet(type, body(frame)) };
}

/** Next protocol of NSH and of VXLAN GPE. */
function nextProtocol(frame: Buffer): number {
  return payloadOf(frame).type === IPV4 ? 1 : 2;
}

function pppOf(frame: Buffer): Buffer {
  return join([0xff, 0x03], be(payloadOf(frame).type === IPV4 ? 0x0021 : 0x0057, 2), packetOf(frame));
}

function nsh(frame: Buffer): Buffer {
  return join([0x0f, 0xc2, 0x02, nextProtocol(frame)], be(0x108, 4), packetOf(frame));
}

const lastNumbers = new Map<string, number>();

/** Sequence numbers as a mirror gives them: each session from each end has its own. */
function nextNumber(session: string, { from, to }: Ends): Buffer {
  const key = `${session} ${from} ${to}`;
  const number = (lastNumbers.get(key) ?? 0) + 1;
  lastNumbers.set(key, number);
  return be(number, 4);
}

const BOTTOM_LABEL = be(0x00064140, 4);
const IP_ANY = [4, 6] as const;

export const ENCAPSULATIONS: readonly Encapsulation[] = [
  overIp("ipip", 4, packetOf, { carries: [4], mirror: "ipip: true" }),
  overIp("6in4", 41, packetOf, { carries: [6], mirror: "ipip: true" }),
  overIp("gre", 47, (frame) => join(be(0, 2), be(payloadOf(frame).type, 2), packetOf(frame)), {
    carries: IP_ANY,
    mirror: "gre: true",
  }),
  overIp("gre with a key, bridged", 47, (frame) => join([0x20, 0, 0x65, 0x58], be(7, 4), frame), {
    mirror: "gre: true",
  }),
  overIp(
    "gre with all flags",
    47,
    (frame) => join([0xb0, 0], be(payloadOf(frame).type, 2), be(0, 4), be(7, 4), be(1, 4), packetOf(frame)),
    { carries: IP_ANY },
  ),
  overIp(
    "pptp",
    47,
    (frame) => {
      const ppp = pppOf(frame);
      return join([0x30, 0x01, 0x88, 0x0b], be(ppp.length, 2), be(9, 2), be(1, 4), ppp);
    },
    { carries: IP_ANY },
  ),
  overIp("erspan 1", 47, (frame) => join([0, 0, 0x88, 0xbe], frame), { mirror: "erspan: true" }),
  overIp(
    "erspan 2",
    47,
    (frame, ends) =>
      join([0x10, 0, 0x88, 0xbe], nextNumber("2", ends), [0x10, 0x64, 0, 0x64], be(1, 4), frame),
    { mirror: "erspan: true" },
  ),
  overIp(
    "erspan 3",
    47,
    (frame, ends) =>
      join([0x10, 0, 0x22, 0xeb], nextNumber("3", ends), [0x20, 0x64, 0, 0x65], be(1, 4), be(0, 4), frame),
    { mirror: "erspan: true" },
  ),
  overIp("etherip", 97, (frame) => join([0x30, 0], frame)),
  overIp("ethernet in ip", 143, (frame) => frame),
  overIp("mpls in ip", 137, (frame) => join(BOTTOM_LABEL, packetOf(frame)), { carries: IP_ANY }),
  overIp("nsh in ip", 145, nsh, { carries: IP_ANY }),
  overIp("l2tp 3 in ip", 115, (frame) => join(be(5, 4), be(0xabcdef, 4), frame)),
  overIp("pim register", 103, (frame) => join([0x21, 0], be(0, 6), packetOf(frame)), { carries: IP_ANY }),
  overUdp("vxlan", 4789, (frame) => join(be(0x08000000, 4), be(100 << 8, 4), frame), {
    mirror: "vxlan: 4789",
  }),
  overUdp("vxlan on 8472", 8472, (frame) => join(be(0x08000000, 4), be(100 << 8, 4), frame)),
  overUdp(
    "vxlan gpe",
    4790,
    (frame) => join([0x0c, 0, 0, nextProtocol(frame)], be(7 << 8, 4), packetOf(frame)),
    {
      carries: IP_ANY,
    },
  ),
  overUdp("geneve", 6081, (frame) => join([1, 0, 0x65, 0x58], be(7 << 8, 4), be(0x01020300, 4), frame), {
    mirror: "geneve: 6081",
  }),
  overUdp(
    "gtp-u",
    2152,
    (frame) => join([0x32, 255], be(packetOf(frame).length + 4, 2), be(1, 8), packetOf(frame)),
    {
      carries: IP_ANY,
    },
  ),
  overUdp("teredo", 3544, packetOf, { carries: [6] }),
  overUdp("l2tp 2", 1701, (frame) => join([0, 2, 0, 1, 0, 1], pppOf(frame)), { carries: IP_ANY }),
  overUdp("lisp", 4341, (frame) => join(be(1, 8), packetOf(frame)), { carries: IP_ANY }),
  overUdp("mpls over udp", 6635, (frame) => join(BOTTOM_LABEL, packetOf(frame)), { carries: IP_ANY }),
  overUdp("gre over udp", 4754, (frame) => join(be(0, 2), be(payloadOf(frame).type, 2), packetOf(frame)), {
    carries: IP_ANY,
  }),
  overUdp("ip in udp", 40123, packetOf, { carries: [4] }),
  overIp(
    "esp without encryption",
    50,
    (frame) => join(be(0x01020304, 4), be(1, 4), packetOf(frame), [1, 1, 4], Buffer.alloc(12)),
    { carries: [4] },
  ),
  overUdp(
    "gue",
    6080,
    (frame) => join([0, payloadOf(frame).type === IPV4 ? 4 : 41], be(0, 2), packetOf(frame)),
    {
      carries: IP_ANY,
    },
  ),
  overUdp("capwap", 5247, (frame) => join([0], be(0x100200, 3), be(0, 4), frame)),
  overUdp("capwap with 802.11", 5247, (frame) => join([0], be(0x100300, 3), be(0, 4), wifiOf(frame))),
  overUdp("amt", 2268, (frame) => join([6, 0], packetOf(frame)), { carries: IP_ANY }),
  overUdp("tzsp", 37008, (frame) => join([1, 0, 0, 1, 1], frame)),
  overLink("mpls", 0x8847, (frame) => join(be(0x00064040, 4), BOTTOM_LABEL, packetOf(frame))),
  overLink("pseudo-wire", 0x8847, (frame) => join(BOTTOM_LABEL, frame)),
  overLink("pseudo-wire with control word", 0x8847, (frame) => join(BOTTOM_LABEL, be(0, 4), frame)),
  overLink("802.1ah", 0x88e7, (frame) => join(be(1, 4), frame)),
  overLink("pppoe", 0x8864, (frame) => {
    const ppp = pppOf(frame).subarray(2);
    return join([0x11, 0, 0, 1], be(ppp.length, 2), ppp);
  }),
  overLink("nsh", 0x894f, nsh),
  { name: "snap", isLink: true, wrap: (frame) => snap(frame) },
];

function snap(frame: Buffer): Buffer {
  const { type, packet } = payloadOf(frame);
  const body = join([0xaa, 0xaa, 3, 0, 0, 0], be(type, 2), packet);
  return ethernet(body.length, body);
}

/** IPv4 alone: the destination stands in the minimal header, the tunnel's end in the packet's own (RFC 2004). */
export function minimal(frame: Buffer, { from, to }: Ends): Buffer {
  const packet = packetOf(frame);
  const headerLen = (packet[0] & 0x0f) * 4;
  const header = join([packet[9], 0x80, 0, 0], packet.subarray(16, 20), packet.subarray(12, 16));
  return ip(from, to, 55, join(header, packet.subarray(headerLen, packet.readUInt16BE(2))), {
    id: packet.readUInt16BE(4),
  });
}

/** A frame as another link type has it. */
export interface LinkForm {
  readonly name: string;
  readonly linkType: number;
  form(frame: Buffer): Buffer;
}

function llcOf(frame: Buffer): Buffer {
  const { type, packet } = payloadOf(frame);
  if (type < 0x0600) return packet; // a length: it is LLC already
  return join([0xaa, 0xaa, 3, 0, 0, 0], be(type, 2), packet);
}

/** Data within a cell: destination, source, cell. */
function wifiOf(frame: Buffer): Buffer {
  const cell = Buffer.from("0a0000000003", "hex");
  return join([0x88, 0, 0, 0], frame.subarray(0, MACS_LEN), cell, be(0, 2), be(0, 2), llcOf(frame));
}

/** The second of two in an aggregate; the first is a bridge's own. */
function aggregateOf(frame: Buffer): Buffer {
  const macs = frame.subarray(0, MACS_LEN);
  const spanning = Buffer.concat([Buffer.from([0x42, 0x42, 3]), Buffer.alloc(35)]);
  const llc = llcOf(frame);
  const first = join(macs, be(spanning.length, 2), spanning);
  const cell = Buffer.from("0a0000000003", "hex");
  return join([0x88, 0, 0, 0], macs, cell, be(0, 2), [0x80, 0], first, macs, be(llc.length, 2), llc);
}

function nlpidOf(frame: Buffer): Buffer {
  return join([payloadOf(frame).type === IPV4 ? 0xcc : 0x8e], packetOf(frame));
}

export const LINK_FORMS: readonly LinkForm[] = [
  { name: "raw IP", linkType: 101, form: packetOf },
  { name: "PPP", linkType: 9, form: pppOf },
  { name: "Cisco HDLC", linkType: 104, form: (frame) => join([0x0f, 0], frame.subarray(MACS_LEN)) },
  { name: "Frame Relay", linkType: 107, form: (frame) => join([0x18, 0x41, 3], nlpidOf(frame)) },
  { name: "802.11", linkType: 105, form: wifiOf },
  { name: "802.11, the second of an aggregate", linkType: 105, form: aggregateOf },
  {
    name: "Endace",
    linkType: 197,
    form: (frame) =>
      join(be(0, 8), [2, 4], be(18 + frame.length, 2), be(0, 2), be(frame.length, 2), [0, 0], frame),
  },
  {
    name: "802.11 with radiotap",
    linkType: 127,
    form: (frame) => join([0, 0, 8, 0], be(0, 4), wifiOf(frame)),
  },
  {
    name: "802.11 with PPI",
    linkType: 192,
    form: (frame) => join([0, 0, 8, 0, 105, 0, 0, 0], wifiOf(frame)),
  },
  {
    name: "NFLOG",
    linkType: 239,
    form: (frame) => {
      const packet = packetOf(frame);
      const len = Buffer.alloc(2);
      len.writeUInt16LE(4 + packet.length);
      return join([2, 0, 0, 0], len, [9, 0], packet);
    },
  },
  {
    name: "Linux cooked",
    linkType: 113,
    form: (frame) => join(be(0, 2), be(1, 2), be(6, 2), be(0, 8), frame.subarray(MACS_LEN)),
  },
  {
    name: "token ring",
    linkType: 6,
    form: (frame) => join([0x10, 0x40], frame.subarray(0, MACS_LEN), llcOf(frame)),
  },
];

/** The IP version that a frame carries, tags aside; 0 for none. */
export function versionOf(frame: Buffer): 0 | 4 | 6 {
  const { type } = payloadOf(frame);
  if (type === IPV4) return 4;
  return type === IPV6 ? 6 : 0;
}

/** Source address of the packet in a frame. */
export function isFrom(frame: Buffer, address: string): boolean {
  const { packet } = payloadOf(frame);
  const octets = addressOctets(address);
  const at = octets.length === 4 ? 12 : 8;
  return packet.subarray(at, at + octets.length).equals(octets);
}
