import { decodeEtherType } from "./ethernet.ts";
import { decodeAggregate, decodeIeee80211 } from "./ieee80211.ts";
import { LINK_BASE, MINIMAL_HEADER, WIFI_SWAPPED } from "./inner-layer.ts";
import { decodeLink } from "./link-types.ts";
import { decodeMinimalHeader } from "./minimal-encapsulation.ts";
import { NO_INNER, type Packet, resetLayer, resetPacket } from "./packet.ts";
import { OK, type Status, TUNNEL_TOO_DEEP } from "./status.ts";

/** Longer claims are cut to this (256 times the longest IPv4 packet), so that all offsets stay int32. */
const MAX_WIRE_LEN = 1 << 24;
/** Layers that are opened in one frame, tunnels and headers of the link taken together (DESIGN section 6). */
const MAX_DEPTH = 16;

/**
 * Decodes the frame in view[at, end) of the given link type, down to the first packet with addresses; `wireLen`
 * is its length before capture cut it. Addresses in `pkt` are valid whenever `pkt.ipVersion` is not 0, whatever
 * the status. While `pkt.innerType` is not NO_INNER a tunnel carries another packet: see `decodeInner`.
 */
export function decodeFrame(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  wireLen: number,
  linkType: number,
): Status {
  resetPacket(pkt, at + Math.min(wireLen, MAX_WIRE_LEN));
  const status = decodeLink(pkt, view, at, end, linkType);
  return pkt.innerType === NO_INNER || pkt.ipVersion !== 0 ? status : decodeInner(pkt, view);
}

/**
 * Decodes what the packet at hand carries, down to the next packet with addresses, which takes the place of the
 * one at hand. `pkt.ipVersion` is 0 when there is none.
 */
export function decodeInner(pkt: Packet, view: DataView): Status {
  // A doubtful tunnel with nothing readable in it is none, unless the capture cut what it has.
  const mayBeNone = pkt.innerDoubtful === 1 && pkt.innerEnd >= pkt.innerWireEnd;
  const ipMark = pkt.ipMark;
  let status: Status;
  if (pkt.ipVersion !== 0) {
    resetLayer(pkt, pkt.innerWireEnd);
    pkt.layerAt = pkt.innerAt;
    pkt.vni = pkt.innerVni;
  }
  do {
    const type = pkt.innerType;
    pkt.innerType = NO_INNER;
    if (pkt.depth === MAX_DEPTH) return TUNNEL_TOO_DEEP;
    pkt.depth++;
    pkt.frameWireEnd = pkt.innerWireEnd;
    const { innerAt: at, innerEnd: end } = pkt;
    if (type < LINK_BASE) status = decodeEtherType(pkt, view, at, end, type);
    else if (type === MINIMAL_HEADER) status = decodeMinimalHeader(pkt, view, at, end, ipMark);
    else if (type === WIFI_SWAPPED) status = decodeIeee80211(pkt, view, at, end, 1, true);
    else status = decodeLink(pkt, view, at, end, type - LINK_BASE);
  } while (pkt.innerType !== NO_INNER && pkt.ipVersion === 0);
  return mayBeNone && pkt.ipVersion === 0 ? OK : status;
}

/**
 * Decodes the next of the packets that one frame of the link carries side by side, as `decodeFrame` did the first.
 * Called while `pkt.siblingAt` is not 0, when the packet before was looked at with all that it carries.
 */
export function decodeSibling(pkt: Packet, view: DataView): Status {
  const { siblingAt: at, siblingEnd: end, siblingWireEnd, vni } = pkt;
  resetPacket(pkt, siblingWireEnd);
  pkt.depth = 1;
  pkt.layerAt = at;
  pkt.vni = vni;
  const status = decodeAggregate(pkt, view, at, end);
  return pkt.innerType === NO_INNER || pkt.ipVersion !== 0 ? status : decodeInner(pkt, view);
}
