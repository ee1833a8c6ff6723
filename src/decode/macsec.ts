import { carries } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { ETHERNET_MACSEC, ETHERNET_TRUNCATED, type Status } from "./status.ts";
import { TUNNEL_LINK } from "./tunnels.ts";

/** TCI, short length, packet number. */
const SECTAG_LEN = 6;
const SCI_LEN = 8;
const HAS_SCI = 0x20;
/** Encrypted, changed: without both the frame is authenticated and can be read. */
const CONCEALED = 0x0c;

/** MACsec security tag (IEEE 802.1AE §9.3) in view[at, end): the tag control information comes first. */
export function decodeMacsec(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < SECTAG_LEN) return ETHERNET_MACSEC;
  const control = view.getUint8(at);
  if ((control & CONCEALED) !== 0) return ETHERNET_MACSEC;
  const type = at + SECTAG_LEN + ((control & HAS_SCI) === 0 ? 0 : SCI_LEN);
  if (end - type < 2) return ETHERNET_TRUNCATED;
  return carries(pkt, TUNNEL_LINK, view.getUint16(type), type + 2, end, pkt.frameWireEnd);
}
