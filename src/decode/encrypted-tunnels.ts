import type { Packet } from "./packet.ts";
import { NO_TUNNEL, TUNNEL_IPSEC, TUNNEL_OPENVPN, TUNNEL_WIREGUARD } from "./tunnels.ts";

const PORT_NAT_TRAVERSAL = 4500;
const PORT_OPENVPN = 1194;

/**
 * Which encrypted tunnel the datagram `pkt` has the form of, on any port: TUNNEL_IPSEC, TUNNEL_WIREGUARD,
 * TUNNEL_OPENVPN or NO_TUNNEL. A form needs some forty fixed bits; ports count where a form has fewer.
 */
export function encryptedTunnel(pkt: Packet, view: DataView): number {
  const { payloadAt: at, payloadEnd: end, payloadLen: len } = pkt;
  if (end - at < 14) return NO_TUNNEL;
  if (isWireGuard(view, at, end, len)) return TUNNEL_WIREGUARD;
  if (isOpenVpn(view, at, end, len, pkt.srcPort === PORT_OPENVPN || pkt.dstPort === PORT_OPENVPN)) {
    return TUNNEL_OPENVPN;
  }
  if (isIke(view, at, end, len)) return TUNNEL_IPSEC;
  const isTraversal = pkt.srcPort === PORT_NAT_TRAVERSAL || pkt.dstPort === PORT_NAT_TRAVERSAL;
  if (!isTraversal) return NO_TUNNEL;
  // RFC 3948 §2: four zero octets before IKE, else it is ESP, whose index of parameters is never 0 to 255.
  const spi = view.getUint32(at);
  if (spi === 0) return isIke(view, at + 4, end, len - 4) ? TUNNEL_IPSEC : NO_TUNNEL;
  return spi > 255 && len % 4 === 0 ? TUNNEL_IPSEC : NO_TUNNEL;
}

/**
 * The same for a segment `pkt` of TCP, which may be a connection's first with data: OpenVPN puts its length before each
 * packet, and only the first packets have a form.
 */
export function encryptedTunnelOverTcp(pkt: Packet, view: DataView): number {
  const { payloadAt: at, payloadEnd: end, payloadLen: len } = pkt;
  if (end - at < 16 || view.getUint16(at) !== len - 2) return NO_TUNNEL;
  const isItsPort = pkt.srcPort === PORT_OPENVPN || pkt.dstPort === PORT_OPENVPN;
  return isOpenVpn(view, at + 2, end, len - 2, isItsPort) ? TUNNEL_OPENVPN : NO_TUNNEL;
}

/** Type and three zero octets; handshake messages have fixed lengths, data one that is padded to 16 (whitepaper §5.4). */
function isWireGuard(view: DataView, at: number, end: number, len: number): boolean {
  switch (view.getUint32(at)) {
    case 0x01000000:
      return len === 148;
    case 0x02000000:
      return len === 92;
    case 0x03000000:
      return len === 64;
    case 0x04000000: // the counter is little-endian: nobody sends 2^40 packets on one key
      return len >= 32 && len % 16 === 0 && end - at >= 16 && (view.getInt32(at + 12) & 0x00ffffff) === 0;
    default:
      return false;
  }
}

/** IKE header (RFC 7296 §3.1, RFC 2408 §3.1): initiator's cookie, version, exchange, length of the whole message. */
function isIke(view: DataView, at: number, end: number, len: number): boolean {
  if (end - at < 28 || view.getUint32(at + 24) !== len) return false;
  const version = view.getUint8(at + 17);
  const exchange = view.getUint8(at + 18);
  if (view.getInt32(at) === 0 && view.getInt32(at + 4) === 0) return false;
  if (version === 0x20) return exchange >= 34 && exchange <= 44;
  return version === 0x10 && (exchange <= 6 || exchange === 32 || exchange === 33);
}

/** Opcode in the upper five bits, key id in the rest (OpenVPN network protocol, "Packet types"). */
const HARD_RESET_CLIENT_2 = 7 << 3;
const HARD_RESET_SERVER_2 = 8 << 3;
const HARD_RESET_CLIENT_3 = 10 << 3;

/**
 * The first packet of either side: opcode, session id, then by what protects the control channel nothing, an HMAC with
 * packet id and time, or (tls-crypt) packet id and time with an HMAC; an empty list of acknowledgements, and message 0.
 */
function isOpenVpn(view: DataView, at: number, end: number, len: number, isItsPort: boolean): boolean {
  const first = view.getUint8(at);
  if (first !== HARD_RESET_CLIENT_2 && first !== HARD_RESET_SERVER_2 && first !== HARD_RESET_CLIENT_3) {
    return isItsPort && isOpenVpnData(first, len);
  }
  if (view.getInt32(at + 1) === 0 || end - at < len) return false;
  if (first === HARD_RESET_SERVER_2) return isItsPort || endsAcknowledging(view, at, len);
  if (first === HARD_RESET_CLIENT_3) return len > 54 && isFirstPacketId(view.getUint32(at + 9));
  if (len === 14) return view.getUint8(at + 9) === 0 && view.getInt32(at + 10) === 0;
  if (len === 54 && isFirstPacketId(view.getUint32(at + 9))) return true; // tls-crypt
  const hmacLen = len - 22;
  if (hmacLen !== 16 && hmacLen !== 20 && hmacLen !== 32 && hmacLen !== 48 && hmacLen !== 64)
    return isItsPort;
  return isFirstPacketId(view.getUint32(at + 9 + hmacLen)) && view.getInt32(at + len - 4) === 0;
}

/** Plain answer: one acknowledgement, of message 0, to the client's session; then message 0. */
function endsAcknowledging(view: DataView, at: number, len: number): boolean {
  return (
    len === 26 && view.getUint8(at + 9) === 1 && view.getInt32(at + 10) === 0 && view.getInt32(at + 22) === 0
  );
}

/** Packet ids count from 1; early negotiation sets bits above. */
function isFirstPacketId(id: number): boolean {
  return id === 1 || id === 0x0f000001;
}

/** On its own port the other opcodes are believed: control, acknowledgement, data of version 1 and 2. */
function isOpenVpnData(first: number, len: number): boolean {
  const opcode = first >> 3;
  return len >= 22 && (opcode === 4 || opcode === 5 || opcode === 6 || opcode === 9);
}
