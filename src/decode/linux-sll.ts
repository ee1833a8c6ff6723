import { decodeEtherType } from "./ethernet.ts";
import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { SLL_TRUNCATED, SLL_UNKNOWN_HARDWARE, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

const SLL_HEADER_LEN = 16;
const SLL2_HEADER_LEN = 20;

/**
 * Linux cooked capture (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html): packet type, hardware type,
 * address length, address[8], protocol. Protocol 4 (802.3 with LLC) is below every EtherType and is read as
 * a length is.
 */
export function decodeSll(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < SLL_HEADER_LEN) return SLL_TRUNCATED;
  return decodeDevice(pkt, view, at + SLL_HEADER_LEN, end, view.getUint16(at + 2), view.getUint16(at + 14));
}

/** Version 2 (LINKTYPE_LINUX_SLL2.html): protocol, reserved, ifindex, hardware type, packet type, address. */
export function decodeSll2(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < SLL2_HEADER_LEN) return SLL_TRUNCATED;
  return decodeDevice(pkt, view, at + SLL2_HEADER_LEN, end, view.getUint16(at + 8), view.getUint16(at));
}

/** `protocol` is an EtherType (GRE's types are), but for devices (ARPHRD_ values) that give it another meaning, or none. */
function decodeDevice(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  hardware: number,
  protocol: number,
): Status {
  switch (hardware) {
    case 770: // ARPHRD_FRAD
      return carries(pkt, TUNNEL_LINK, LINK_BASE + 107, at, end, pkt.frameWireEnd);
    case 801: // ARPHRD_IEEE80211
      return carries(pkt, TUNNEL_LINK, LINK_BASE + 105, at, end, pkt.frameWireEnd);
    case 802: // ARPHRD_IEEE80211_PRISM
      return carries(pkt, TUNNEL_LINK, LINK_BASE + 119, at, end, pkt.frameWireEnd);
    case 803: // ARPHRD_IEEE80211_RADIOTAP
      return carries(pkt, TUNNEL_LINK, LINK_BASE + 127, at, end, pkt.frameWireEnd);
    case 824: // ARPHRD_NETLINK
      return SLL_UNKNOWN_HARDWARE;
    default:
      return decodeEtherType(pkt, view, at, end, protocol);
  }
}
