import { carries, LINK_BASE } from "./inner-layer.ts";
import type { Packet } from "./packet.ts";
import { OK, type Status, TUNNEL_TRUNCATED } from "./status.ts";
import { TUNNEL_AMT } from "./tunnels.ts";

const LINKTYPE_RAW = 101;
/** Version 0 and type (RFC 7450 §5.1.4 to §5.1.6), and where the packet begins. */
const QUERY = 4;
const UPDATE = 5;
const DATA = 6;
const CONTROL_LEN = 12;
const DATA_LEN = 2;

/** Automatic multicast tunnelling in view[at, end), the payload of the datagram `pkt`: other messages carry no packet. */
export function decodeAmt(pkt: Packet, view: DataView, at: number, end: number): Status {
  if (end - at < DATA_LEN) return OK;
  const type = view.getUint8(at);
  if (type !== QUERY && type !== UPDATE && type !== DATA) return OK;
  const next = at + (type === DATA ? DATA_LEN : CONTROL_LEN);
  const wireEnd = at + pkt.payloadLen;
  if (next >= wireEnd) return OK;
  if (next >= end) return TUNNEL_TRUNCATED;
  carries(pkt, TUNNEL_AMT, LINK_BASE + LINKTYPE_RAW, next, end, wireEnd);
  pkt.innerDoubtful = 1;
  return OK;
}
