import { decodeEtherType } from "./ethernet.ts";
import { carries, ETHERTYPE_PPP } from "./inner-layer.ts";
import { decodeIsoNetwork, decodeSnapHeader } from "./llc.ts";
import type { Packet } from "./packet.ts";
import { LINK_TRUNCATED, LINK_UNKNOWN_PAYLOAD, type Status, UNROUTABLE } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

/** Lowest bit of an address octet: it is the last (ITU-T Q.922 §3.2). */
const LAST = 0x01;
const MAX_ADDRESS_LEN = 4;
const CONTROL_UI = 0x03;
// Network layer protocol ids (RFC 2427 §3)
const NLPID_PAD = 0x00;
const NLPID_SIGNALLING = 0x08;
const NLPID_SNAP = 0x80;
const NLPID_PPP = 0xcf;
const DLCI_SIGNALLING = 0;
const DLCI_CISCO_SIGNALLING = 1023;

/** Frame Relay (LINKTYPE_FRELAY) in view[at, end): address, then RFC 2427, or an EtherType as Cisco has it. */
export function decodeFrameRelay(pkt: Packet, view: DataView, at: number, end: number): Status {
  let next = at;
  do {
    if (next >= end) return LINK_TRUNCATED;
    if (next - at === MAX_ADDRESS_LEN) return LINK_UNKNOWN_PAYLOAD;
  } while ((view.getUint8(next++) & LAST) === 0);
  if (end - next < 2) return LINK_TRUNCATED;
  if (next - at === 2) {
    const address = view.getUint16(at);
    const dlci = ((address >> 6) & 0x3f0) | ((address >> 4) & 0x0f);
    if (dlci === DLCI_SIGNALLING || dlci === DLCI_CISCO_SIGNALLING) return UNROUTABLE;
  }
  if (view.getUint8(next) !== CONTROL_UI) {
    return decodeEtherType(pkt, view, next + 2, end, view.getUint16(next));
  }
  next++;
  if (view.getUint8(next) === NLPID_PAD) next++;
  if (next >= end) return LINK_TRUNCATED;
  switch (view.getUint8(next)) {
    case NLPID_SIGNALLING:
      return UNROUTABLE;
    case NLPID_SNAP:
      return decodeSnapHeader(pkt, view, next + 1, end, 0);
    case NLPID_PPP: // RFC 1973
      return carries(pkt, TUNNEL_LINK, ETHERTYPE_PPP, next + 1, end, pkt.frameWireEnd);
    default:
      return decodeIsoNetwork(pkt, view, next, end);
  }
}
