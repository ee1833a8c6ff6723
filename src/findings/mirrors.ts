import { decodeGeneve } from "../decode/geneve.ts";
import { NO_INNER, type Packet } from "../decode/packet.ts";
import { PROTO_UDP } from "../decode/protocols.ts";
import {
  TUNNEL_4IN6,
  TUNNEL_6IN4,
  TUNNEL_ERSPAN,
  TUNNEL_GENEVE,
  TUNNEL_GRE,
  TUNNEL_IP6IP6,
  TUNNEL_IPIP,
  TUNNEL_VXLAN,
} from "../decode/tunnels.ts";
import { decodeVxlan } from "../decode/vxlan.ts";
import type { Judge } from "../policy/judge.ts";
import { MirrorTransports } from "../policy/mirror-transports.ts";
import type { MirrorTransport } from "../policy/policy.ts";
import { MirrorSequence } from "./mirror-sequence.ts";

/** Of VXLAN and Geneve: there is no frame in it. */
const BARE_HEADER_LEN = 8;

/** What is the mirror's own in a frame: `enclave.mirrors` says by which outer endpoints to tell. */
export class Mirrors {
  readonly sequence = new MirrorSequence();
  /** The enclave file names ports of its own: every datagram has to be asked about. */
  namesPorts = false;
  private readonly judge: Judge;
  private transports: MirrorTransports;

  constructor(judge: Judge) {
    this.judge = judge;
    this.transports = new MirrorTransports(judge.policy);
    this.adopt();
  }

  /** The judge has another policy. */
  adopt(): void {
    this.transports = new MirrorTransports(this.judge.policy);
    this.namesPorts = this.transports.vxlanPorts.size + this.transports.genevePorts.size > 0;
  }

  /** A datagram of which decoding saw no tunnel, to a port that the enclave file names. */
  openNamedPort(pkt: Packet, view: DataView): void {
    const { l4Proto, dstPort, payloadAt, payloadEnd, payloadLen, innerType } = pkt;
    if (l4Proto !== PROTO_UDP || payloadLen === 0 || innerType !== NO_INNER) return;
    if (this.transports.vxlanPorts.has(dstPort)) decodeVxlan(pkt, view, payloadAt, payloadEnd);
    else if (this.transports.genevePorts.has(dstPort)) decodeGeneve(pkt, view, payloadAt, payloadEnd);
  }

  /** Whether the packet, which carries another, is the mirror's own transport. Only the outermost can be. */
  isTransport(pkt: Packet): boolean {
    if (this.transports.isEmpty || pkt.layerAt !== 0) return false;
    const kind = kindOf(pkt.tunnel);
    if (kind === null) return false;
    // ERSPAN is carried by GRE: who wrote `gre` for it named the same packets.
    return this.has(kind, pkt) || (kind === "erspan" && this.has("gre", pkt));
  }

  /** Whether a datagram between a mirror's endpoints, to its port, holds something and no frame that can be read. */
  isUnread(pkt: Packet): boolean {
    const { l4Proto, layerAt, payloadLen, innerType } = pkt;
    if (l4Proto !== PROTO_UDP || layerAt !== 0 || innerType !== NO_INNER) return false;
    return payloadLen > BARE_HEADER_LEN && (this.has("vxlan", pkt) || this.has("geneve", pkt));
  }

  /** Whether a fragment whose first never came may be of the mirror's own transport: its addresses and protocol are. */
  mayBeTransport(pkt: Packet): boolean {
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3, l4Proto } = pkt;
    return this.transports.mayCarry(l4Proto, src0, src1, src2, src3, dst0, dst1, dst2, dst3);
  }

  private has(kind: MirrorTransport["kind"], pkt: Packet): boolean {
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = pkt;
    return this.transports.has(kind, pkt.dstPort, src0, src1, src2, src3, dst0, dst1, dst2, dst3);
  }
}

function kindOf(tunnel: number): MirrorTransport["kind"] | null {
  switch (tunnel) {
    case TUNNEL_VXLAN:
      return "vxlan";
    case TUNNEL_GENEVE:
      return "geneve";
    case TUNNEL_GRE:
      return "gre";
    case TUNNEL_ERSPAN:
      return "erspan";
    case TUNNEL_IPIP:
    case TUNNEL_6IN4:
    case TUNNEL_4IN6:
    case TUNNEL_IP6IP6:
      return "ipip";
    default:
      return null;
  }
}
