import { decodeEtherType } from "./ethernet.ts";
import { decodeIsoNetwork } from "./llc.ts";
import type { Packet } from "./packet.ts";
import { LINK_TRUNCATED, type Status, UNROUTABLE } from "./status.ts";

const HEADER_LEN = 4;
const TYPE_CDP = 0x2000;
const TYPE_ISO = 0xfefe;

/** Cisco HDLC (LINKTYPE_C_HDLC) in view[at, end): address, control, EtherType; SLARP has that of RARP. */
export function decodeCiscoHdlc(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < HEADER_LEN) return LINK_TRUNCATED;
  const type = view.getUint16(at + 2);
  if (type === TYPE_CDP) return UNROUTABLE;
  const next = at + HEADER_LEN;
  if (type !== TYPE_ISO) return decodeEtherType(pkt, view, next, end, type);
  // A padding octet may stand before the protocol's own first one.
  const isPadded = end - next >= 2 && view.getUint8(next) === 0x03;
  return decodeIsoNetwork(pkt, view, isPadded ? next + 1 : next, end);
}
