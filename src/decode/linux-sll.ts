import { decodeEtherType } from "./ethernet.ts";
import type { Packet } from "./packet.ts";
import { SLL_TRUNCATED, SLL_UNKNOWN_HARDWARE, type Status } from "./status.ts";

const SLL_HEADER_LEN = 16;
const SLL2_HEADER_LEN = 20;

/**
 * Linux cooked capture (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html): packet type, hardware type,
 * address length, address[8], protocol. Protocol 4 (802.3 with LLC) is below every EtherType and is read as
 * a length is.
 */
export function decodeSll(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < SLL_HEADER_LEN) return SLL_TRUNCATED;
  if (!hasEtherTypes(view.getUint16(at + 2))) return SLL_UNKNOWN_HARDWARE;
  return decodeEtherType(pkt, view, at + SLL_HEADER_LEN, end, view.getUint16(at + 14));
}

/** Version 2 (LINKTYPE_LINUX_SLL2.html): protocol, reserved, ifindex, hardware type, packet type, address. */
export function decodeSll2(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < SLL2_HEADER_LEN) return SLL_TRUNCATED;
  if (!hasEtherTypes(view.getUint16(at + 8))) return SLL_UNKNOWN_HARDWARE;
  return decodeEtherType(pkt, view, at + SLL2_HEADER_LEN, end, view.getUint16(at));
}

/** For these ARPHRD_ values the protocol field holds something else than an EtherType. */
function hasEtherTypes(hardware: number): boolean {
  switch (hardware) {
    case 770: // ARPHRD_FRAD
    case 778: // ARPHRD_IPGRE: a GRE protocol type
    case 802: // ARPHRD_IEEE80211_PRISM
    case 803: // ARPHRD_IEEE80211_RADIOTAP
    case 824: // ARPHRD_NETLINK
      return false;
    default:
      return true;
  }
}
