import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS, ETHERTYPE_NSH } from "./ethernet.ts";
import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_VXLAN } from "./tunnels.ts";

const HEADER_LEN = 8;
/** The network id is valid: there is no VXLAN without (RFC 7348 §5). */
const VALID_VNI = 0x08;
/** Generic protocol extension: the fourth octet names what is inside (draft-ietf-nvo3-vxlan-gpe §3). */
const HAS_PROTOCOL = 0x04;
/** Group policy: octets 1 to 3 mean something (draft-smith-vxlan-group-policy §2.1). */
const HAS_POLICY = 0x80;
/** Bits that some extension gives a meaning: group policy, GPE's version, B, O and P. */
const KNOWN_FLAGS = 0xbf;

/** VXLAN with its extensions in view[at, end), the payload of the datagram `pkt`: flags, network id, a frame. */
export function decodeVxlan(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (end - at < HEADER_LEN) return end < wireEnd && wireEnd - at > HEADER_LEN ? TUNNEL_TRUNCATED : OK;
  const flags = view.getUint8(at);
  if ((flags & VALID_VNI) === 0 || wireEnd - at === HEADER_LEN) return OK;
  const hasProtocol = (flags & HAS_PROTOCOL) !== 0;
  const type = hasProtocol ? typeOf(view.getUint8(at + 3)) : unsaidType(view, at, end, flags);
  if (type === 0) return OK;
  carries(pkt, TUNNEL_VXLAN, type, at + HEADER_LEN, end, wireEnd);
  pkt.innerVni = view.getUint32(at + 4) >>> 8;
  // Group policy fills octets 1 to 3; else they are zero but for the protocol, as is the last one.
  const middle = view.getInt32(at) & (hasProtocol ? 0x00ffff00 : 0x00ffffff);
  const isStrict = (flags & ~KNOWN_FLAGS) === 0 && view.getUint8(at + 7) === 0;
  pkt.innerDoubtful = isStrict && (middle === 0 || (flags & HAS_POLICY) !== 0) ? 0 : 1;
  return OK;
}

/** Some speak GPE without saying so: then what follows begins like what the fourth octet names. */
function unsaidType(view: DataView, at: number, end: number, flags: number): number {
  if ((flags & HAS_POLICY) !== 0 || end - at === HEADER_LEN) return ETHERTYPE_BRIDGED;
  const version = view.getUint8(at + HEADER_LEN) >> 4;
  const named = typeOf(view.getUint8(at + 3));
  if (named === ETHERTYPE_IPV4 && version === 4) return named;
  return named === ETHERTYPE_IPV6 && version === 6 ? named : ETHERTYPE_BRIDGED;
}

/** Next protocol of GPE; 0 for those that are not known. */
function typeOf(nextProtocol: number): number {
  switch (nextProtocol) {
    case 1:
      return ETHERTYPE_IPV4;
    case 2:
      return ETHERTYPE_IPV6;
    case 3:
      return ETHERTYPE_BRIDGED;
    case 4:
      return ETHERTYPE_NSH;
    case 5:
      return ETHERTYPE_MPLS;
    default:
      return 0;
  }
}
