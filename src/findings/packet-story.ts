import { decodeFrame, decodeInner } from "../decode/link.ts";
import { NO_INNER, NO_VLAN, Packet } from "../decode/packet.ts";
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, protocolName } from "../decode/protocols.ts";
import { STATUSES } from "../decode/status.ts";
import { TUNNELS } from "../decode/tunnels.ts";
import { formatAddress } from "../policy/address-text.ts";
import { dnsStory, httpStory, quicStory, type Story, tlsStory } from "./payload-story.ts";

/** A packet for people: what happens in it, and its fields, a header each. */
export interface PacketStory {
  /** Who sent it to whom: addresses, with ports where there are any; "" where it has none. */
  readonly from: string;
  readonly to: string;
  readonly summary: string;
  readonly headers: readonly { readonly name: string; readonly fields: string }[];
}

// RFC 9293 §3.1
const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const URG = 32;

/** Tunnels inside each other that are shown. */
const MAX_LAYERS = 16;

const pkt = new Packet();

/** Decodes a captured packet. Octets of it are shown escaped; what does not decode says why. */
export function describePacket(octets: Uint8Array, wireLen: number, linkType: number): PacketStory {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let status = decodeFrame(pkt, view, 0, octets.length, wireLen, linkType);
  const headers: { name: string; fields: string }[] = [];
  if (pkt.macOffset >= 0) headers.push({ name: "ethernet", fields: linkFields(octets) });
  for (let n = 0; n < MAX_LAYERS && pkt.innerType !== NO_INNER && pkt.fragAt === 0; n++) {
    const { ipVersion, tunnel } = pkt;
    headers.push({
      name: `ipv${ipVersion}`,
      fields: `${sourceText()} > ${destinationText()}, ${TUNNELS[tunnel]}`,
    });
    status = decodeInner(pkt, view);
    if (pkt.macOffset >= 0) headers.push({ name: "ethernet", fields: linkFields(octets) });
  }
  if (pkt.ipVersion === 0) return { from: "", to: "", summary: STATUSES[status].meaning, headers };
  const [src, dst] = [sourceText(), destinationText()];
  const proto = protocolName(pkt.l4Proto);
  headers.push({ name: `ipv${pkt.ipVersion}`, fields: `${src} > ${dst}, ${proto}` });
  const story = transportStory(view);
  if (story.fields !== "") headers.push({ name: proto, fields: story.fields });
  const payload = payloadStory(view);
  if (payload !== null) headers.push({ name: payload.protocol, fields: payload.fields });
  return {
    from: endText(src, pkt.srcPort),
    to: endText(dst, pkt.dstPort),
    summary: payload?.summary ?? story.summary,
    headers,
  };
}

function sourceText(): string {
  return formatAddress([pkt.src0, pkt.src1, pkt.src2, pkt.src3]);
}

function destinationText(): string {
  return formatAddress([pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3]);
}

function linkFields(octets: Uint8Array): string {
  const mac = (at: number): string =>
    [...octets.subarray(at, at + 6)].map((octet) => octet.toString(16).padStart(2, "0")).join(":");
  const vlan = pkt.vlan === NO_VLAN ? "" : `, VLAN ${pkt.vlan}`;
  return `${mac(pkt.macOffset + 6)} > ${mac(pkt.macOffset)}${vlan}`;
}

function endText(address: string, port: number): string {
  return pkt.l4Proto === PROTO_TCP || pkt.l4Proto === PROTO_UDP
    ? `${address.includes(":") ? `[${address}]` : address}:${port}`
    : address;
}

function transportStory(view: DataView): { summary: string; fields: string } {
  const { srcPort, dstPort, payloadLen } = pkt;
  const ports = `${srcPort} > ${dstPort}`;
  if (pkt.l4Proto === PROTO_TCP) {
    const flags = flagText(pkt.tcpFlags);
    const data = payloadLen > 0 ? `, ${payloadLen} octets of data` : "";
    const numbers = `seq ${pkt.tcpSeq >>> 0}, ack ${pkt.tcpAck >>> 0}`;
    return { summary: `TCP ${flags}${data}`, fields: `${ports}, ${flags}, ${numbers}${data}` };
  }
  if (pkt.l4Proto === PROTO_UDP)
    return { summary: `UDP, ${payloadLen} octets`, fields: `${ports}, ${payloadLen} octets` };
  if (pkt.l4Proto === PROTO_ICMP || pkt.l4Proto === PROTO_ICMPV6) {
    const type = icmpText(pkt.ipVersion, pkt.icmpType);
    return {
      summary: `ICMP ${type}`,
      fields: `type ${pkt.icmpType} (${type}), code ${pkt.icmpCode}, ${view.byteLength} octets`,
    };
  }
  return { summary: `${protocolName(pkt.l4Proto)}, ${payloadLen} octets`, fields: "" };
}

function payloadStory(view: DataView): Story | null {
  const { payloadAt: at, payloadEnd: end, l4Proto, srcPort, dstPort } = pkt;
  if (end <= at || pkt.fragOffset !== 0) return null;
  const isDnsPort = [srcPort, dstPort].some((port) => port === 53 || port === 5353 || port === 5355);
  if (l4Proto === PROTO_UDP) return dnsStory(view, at, end, isDnsPort) ?? quicStory(view, at, end);
  if (l4Proto !== PROTO_TCP) return null;
  if (isDnsPort && end - at > 2) return dnsStory(view, at + 2, end, true); // RFC 1035 §4.2.2: a length goes before
  return tlsStory(view, at, end) ?? httpStory(view, at, end);
}

function flagText(flags: number): string {
  const names: [number, string][] = [
    [SYN, "SYN"],
    [FIN, "FIN"],
    [RST, "RST"],
    [PSH, "PSH"],
    [ACK, "ACK"],
    [URG, "URG"],
  ];
  const set = names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return set.length === 0 ? "no flags" : set.join(" ");
}

/** RFC 792 and RFC 4443; others by number. */
function icmpText(version: number, type: number): string {
  const names = version === 4 ? ICMP_TYPES : ICMPV6_TYPES;
  return names[type] ?? `type ${type}`;
}

const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "destination unreachable",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
};
const ICMPV6_TYPES: Readonly<Record<number, string>> = {
  1: "destination unreachable",
  2: "packet too big",
  3: "time exceeded",
  128: "echo request",
  129: "echo reply",
};
