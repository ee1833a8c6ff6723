import { decodeEtherType } from "./ethernet.ts";
import type { Packet } from "./packet.ts";
import { ETHERNET_TRUNCATED, type Status } from "./status.ts";

const ADDRESSES_LEN = 12;

/** Ethernet with a switch chip's tag of `tagLen` octets between addresses and EtherType (LINKTYPE_DSA_TAG_ values). */
export function decodeSwitchTag(
  pkt: Packet,
  view: DataView,
  at: number,
  end: number,
  tagLen: number,
): Status {
  const type = at + ADDRESSES_LEN + tagLen;
  if (end - type < 2) return ETHERNET_TRUNCATED;
  pkt.macOffset = at;
  return decodeEtherType(pkt, view, type + 2, end, view.getUint16(type));
}
