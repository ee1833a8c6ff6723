import { ETHERTYPE_IPV4 } from "./ethernet.ts";
import { carries } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status } from "./status.ts";
import { TUNNEL_FOU, TUNNEL_IPSEC } from "./tunnels.ts";

const IPV4_LEN = 20;
/** Version 4, five words of header: nearly all packets. */
const PLAIN_IPV4 = 0x45;
const ESP_HEADER_LEN = 8;
const NEXT_IPV4 = 4;
/** Lengths of the integrity check that an association may have agreed on (RFC 8221 §6). */
const CHECK_LENS = [0, 12, 16, 24, 32];

/** Whether a sound IPv4 header stands in view[at, end): with the length, forty bits that noise does not have. */
export function hasIpv4Header(view: DataView, at: number, end: number): boolean {
  const headerLen = (view.getUint8(at) & 0x0f) * 4;
  if (headerLen < IPV4_LEN || end - at < headerLen) return false;
  let sum = 0;
  for (let i = at; i < at + headerLen; i += 2) sum += view.getUint16(i);
  sum = (sum >> 16) + (sum & 0xffff);
  return ((sum >> 16) + sum) % 0xffff === 0;
}

/**
 * A datagram that is nothing but an IPv4 packet of its whole length: IP right over UDP, on whatever port both ends agreed
 * (Linux calls it "foo over UDP" and "bareudp"). view[at, end) has 20 octets or more and begins with version 4.
 */
export function decodeBareIpv4(pkt: Packet, view: DataView, at: number, end: number): Status {
  const isIpv4 = view.getUint16(at + 2) === pkt.payloadLen && hasIpv4Header(view, at, end);
  if (!isIpv4) return OK;
  carries(pkt, TUNNEL_FOU, ETHERTYPE_IPV4, at, end, at + pkt.payloadLen);
  pkt.innerDoubtful = 1; // no port says so: a message of another protocol may be made to look like it
  return OK;
}

/**
 * ESP (RFC 4303 §2) in view[at, end), of `len` octets on the wire: opened where it carries an IPv4 packet that is not
 * encrypted (RFC 2410), which nothing in it says. The packet's own length, padding, next header and integrity check
 * have to add up; what is encrypted does not.
 */
export function decodeEspNull(pkt: Packet, view: DataView, at: number, end: number, len: number): Status {
  const inner = at + ESP_HEADER_LEN;
  if (end - at < len || end - inner < IPV4_LEN + 2) return OK;
  if (view.getUint8(inner) !== PLAIN_IPV4 || !hasIpv4Header(view, inner, end)) return OK;
  const innerEnd = inner + view.getUint16(inner + 2);
  for (const checkLen of CHECK_LENS) {
    const trailerEnd = end - checkLen;
    if (trailerEnd - 2 < innerEnd || view.getUint8(trailerEnd - 1) !== NEXT_IPV4) continue;
    if (innerEnd + view.getUint8(trailerEnd - 2) + 2 !== trailerEnd) continue;
    return carries(pkt, TUNNEL_IPSEC, ETHERTYPE_IPV4, inner, innerEnd, innerEnd);
  }
  return OK;
}
