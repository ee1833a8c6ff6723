import { carries, ETHERTYPE_BRIDGED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { ETHERNET_BACKBONE_TRUNCATED, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

const TAG_LEN = 4;

/** Backbone service tag (IEEE 802.1ah; 802.1Q §9.7) in view[at, end): flags and service id, then a whole frame. */
export function decodeBackbone(pkt: Packet, _view: DataView, at: number, end: number): Status {
  if (end - at < TAG_LEN) return ETHERNET_BACKBONE_TRUNCATED;
  return carries(pkt, TUNNEL_LINK, ETHERTYPE_BRIDGED, at + TAG_LEN, end, pkt.frameWireEnd);
}
