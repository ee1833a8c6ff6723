import { carries, LINK_BASE, WIFI_SWAPPED } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_CAPWAP } from "./tunnels.ts";

const HEADER_LEN = 8;
/** Version 0, type 0: no DTLS header stands before (RFC 5415 §4.2). */
const PLAIN = 0;
const BINDING_WIFI = 1;
const NATIVE = 0x0100;
const FRAGMENT = 0x0080;
const KEEP_ALIVE = 0x0008;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_IEEE802_11 = 105;
/** Version of an 802.11 frame: the lowest bits of its first octet. */
const WIFI_VERSION = 0x03;

/**
 * CAPWAP data (RFC 5415 §4.3) in view[at, end), the payload of the datagram `pkt`: preamble, header length in words,
 * binding, flags, fragment; then a frame of Ethernet or of 802.11, of which controllers send the control octets turned.
 */
export function decodeCapwap(pkt: Packet, view: DataView, at: number, end: number): Status {
  const wireEnd = at + pkt.payloadLen;
  if (end - at < HEADER_LEN || view.getUint8(at) !== PLAIN) return OK;
  const fields = view.getUint32(at) & 0xffffff;
  const flags = fields & 0x1ff;
  const headerLen = 4 * (fields >> 19);
  const binding = (fields >> 9) & 0x1f;
  if (headerLen < HEADER_LEN || (flags & KEEP_ALIVE) !== 0) return OK;
  const next = at + headerLen;
  if (next >= wireEnd) return OK;
  if (next + 2 > end) return TUNNEL_TRUNCATED;
  const isFragment = (flags & FRAGMENT) !== 0;
  const isNative = (flags & NATIVE) !== 0;
  if (isNative && binding !== BINDING_WIFI) return OK;
  const linkType = isNative ? wifiType(view, next) : LINK_BASE + LINKTYPE_ETHERNET;
  // Of a fragment the first is read as far as it goes; the others say nothing by themselves.
  if (isFragment && view.getUint16(at + 6) >> 3 !== 0) return OK;
  carries(pkt, TUNNEL_CAPWAP, linkType, next, end, wireEnd);
  pkt.innerDoubtful = 1;
  return OK;
}

function wifiType(view: DataView, at: number): number {
  const isTurned = (view.getUint8(at) & WIFI_VERSION) !== 0 && (view.getUint8(at + 1) & WIFI_VERSION) === 0;
  return isTurned ? WIFI_SWAPPED : LINK_BASE + LINKTYPE_IEEE802_11;
}
