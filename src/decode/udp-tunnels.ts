import { decodeAmt } from "./amt.ts";
import { decodeEspNull } from "./bare-ipv4.ts";
import { decodeCapwap } from "./capwap.ts";
import { ETHERTYPE_MPLS } from "./ethernet.ts";
import { decodeGeneve } from "./geneve.ts";
import { decodeGre } from "./gre.ts";
import { decodeGtp } from "./gtp.ts";
import { decodeGue } from "./gue.ts";
import { carries } from "./inner-layer.ts";
import { decodeL2tpOverUdp } from "./l2tp.ts";
import { decodeLisp, decodeLispControl } from "./lisp.ts";
import { NO_INNER, type Packet } from "./packet.ts";
import { L2TP_UNKNOWN_PAYLOAD, OK, type Status } from "./status.ts";
import { decodeTeredo } from "./teredo.ts";
import { TUNNEL_MPLS } from "./tunnels.ts";
import { decodeTzsp } from "./tzsp.ts";
import { decodeVxlan } from "./vxlan.ts";

// IANA's ports, and those that are in use without. They mean "decode", never "trust".
const PORT_DNS = 53;
const PORT_L2TP = 1701; // RFC 2661
const PORT_GTP = 2152; // 3GPP TS 29.281
const PORT_AMT = 2268; // RFC 7450
const PORT_TEREDO = 3544; // RFC 4380
const PORT_NAT_TRAVERSAL = 4500; // RFC 3948: ESP, unless its first four octets are zero
const PORT_LISP = 4341; // RFC 9300
const PORT_LISP_CONTROL = 4342; // RFC 9301
const PORT_GRE = 4754; // RFC 8086
const PORT_VXLAN = 4789; // RFC 7348
const PORT_VXLAN_GPE = 4790; // draft-ietf-nvo3-vxlan-gpe
const PORT_CAPWAP_DATA = 5247; // RFC 5415
const PORT_GUE = 6080; // draft-ietf-intarea-gue
const PORT_GENEVE = 6081; // RFC 8926
const PORT_MPLS = 6635; // RFC 7510
const PORT_VXLAN_LINUX = 8472; // VXLAN as Linux had it before the assignment
const PORT_TZSP = 37008; // TaZmen Sniffer Protocol, the mirror of some routers

/** Whether a tunnel may be carried by a datagram to, or from, this port. */
export function isTunnelPort(port: number): boolean {
  switch (port) {
    case PORT_L2TP:
    case PORT_GTP:
    case PORT_TEREDO:
    case PORT_NAT_TRAVERSAL:
    case PORT_LISP:
    case PORT_LISP_CONTROL:
    case PORT_GRE:
    case PORT_VXLAN:
    case PORT_VXLAN_GPE:
    case PORT_GENEVE:
    case PORT_MPLS:
    case PORT_VXLAN_LINUX:
    case PORT_TZSP:
    case PORT_AMT:
    case PORT_CAPWAP_DATA:
    case PORT_GUE:
      return true;
    default:
      return false;
  }
}

/**
 * A datagram of which one port is a tunnel's. What its header is not strictly of that tunnel's form stays a plain
 * datagram: it is judged by its addresses as any other, and nothing makes its receiver open it. What has the form
 * but not every reserved bit is a doubtful tunnel (`Packet.innerDoubtful`): it is opened, and where nothing with
 * addresses is inside it was none, so that random datagrams to such a port make no run inconclusive. A form that
 * is strict and an inside that cannot be read is blind like any frame that cannot be read. A sender chooses its own
 * port: what goes to another one is for that one's readers as well, whatever form it has.
 */
export function decodeUdpTunnel(pkt: Packet, view: DataView): Status {
  let status = byPort(pkt, view, pkt.dstPort);
  if (pkt.innerType === NO_INNER && status === OK) {
    status = byPort(pkt, view, pkt.srcPort);
    if (pkt.innerType !== NO_INNER) pkt.innerDoubtful = 1;
  } else if (pkt.srcPort === PORT_DNS) pkt.innerDoubtful = 1; // an answer to such a sender
  if (pkt.innerType !== NO_INNER || status === L2TP_UNKNOWN_PAYLOAD) return status;
  // A header that does not fit is that of a tunnel only where the capture cut the datagram.
  return pkt.payloadEnd - pkt.payloadAt < pkt.payloadLen ? status : OK;
}

function byPort(pkt: Packet, view: DataView, port: number): Status {
  const { payloadAt: at, payloadEnd: end } = pkt;
  switch (port) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
    case PORT_VXLAN_GPE:
      return decodeVxlan(pkt, view, at, end);
    case PORT_GENEVE:
      return decodeGeneve(pkt, view, at, end);
    case PORT_TEREDO:
      return decodeTeredo(pkt, view, at, end);
    case PORT_GTP:
      return decodeGtp(pkt, view, at, end);
    case PORT_NAT_TRAVERSAL:
      return decodeEspNull(pkt, view, at, end, pkt.payloadLen);
    case PORT_L2TP:
      return decodeL2tpOverUdp(pkt, view, at, end);
    case PORT_LISP:
      return decodeLisp(pkt, view, at, end);
    case PORT_LISP_CONTROL:
      return decodeLispControl(pkt, view, at, end);
    case PORT_TZSP:
      return decodeTzsp(pkt, view, at, end);
    case PORT_AMT:
      return decodeAmt(pkt, view, at, end);
    case PORT_CAPWAP_DATA:
      return decodeCapwap(pkt, view, at, end);
    case PORT_GUE:
      return decodeGue(pkt, view, at, end);
    case PORT_GRE:
      return pkt.payloadLen === 0 ? OK : doubtful(pkt, decodeGre(pkt, view, at, end));
    case PORT_MPLS:
      if (pkt.payloadLen === 0) return OK;
      return doubtful(pkt, carries(pkt, TUNNEL_MPLS, ETHERTYPE_MPLS, at, end, at + pkt.payloadLen));
    default:
      return OK;
  }
}

/** Nothing but the port says what it is. */
function doubtful(pkt: Packet, status: Status): Status {
  pkt.innerDoubtful = 1;
  return status;
}
