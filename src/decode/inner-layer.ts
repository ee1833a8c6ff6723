import { NO_VNI, type Packet } from "./packet.ts";
import { OK, type Status } from "./status.ts";

/**
 * `Packet.innerType` is an EtherType, or a LINKTYPE_ number with this added. Decoders call each other directly
 * for IP alone; everything else that one layer can carry goes through here, so that nesting is counted and
 * bounded in one place (link.ts).
 */
export const LINK_BASE = 0x10000;
/** What stands behind an IP header that was made shorter (RFC 2004): addresses without a header of their own. */
export const MINIMAL_HEADER = 0x20000;
/** An 802.11 frame whose two control octets stand the other way round. */
export const WIFI_SWAPPED = 0x20001;

/** EtherTypes under which tunnels carry what has none of its own (IEEE registration authority). */
export const ETHERTYPE_BRIDGED = 0x6558; // an Ethernet frame (RFC 1701)
export const ETHERTYPE_PPP = 0x880b;

/** This layer carries another in view[at, end), which on the wire ended at `wireEnd`. */
export function carries(
  pkt: Packet,
  tunnel: number,
  type: number,
  at: number,
  end: number,
  wireEnd: number,
): Status {
  pkt.tunnel = tunnel;
  pkt.innerType = type;
  pkt.innerAt = at;
  pkt.innerEnd = end;
  pkt.innerWireEnd = wireEnd;
  pkt.innerVni = NO_VNI;
  pkt.innerDoubtful = 0;
  return OK;
}
