/** `Packet.l4Proto` while no transport header is known. */
export const NO_TRANSPORT = -1;
/** `Packet.vlan` of an untagged frame. */
export const NO_VLAN = -1;
/** `Packet.innerType` of a layer that carries no other. */
export const NO_INNER = -1;
/** `Packet.routeKind`: how a source route is written. */
export const ROUTE_IPV4 = 1;
export const ROUTE_IPV6 = 2;
export const ROUTE_COMPRESSED = 3;
/** `Packet.vni` where no virtual network is named. */
export const NO_VNI = -1;

/**
 * One decoded packet. There is a single instance, filled again for every frame, and for every packet that
 * a tunnel carries in it: all fields are integers, offsets count into the batch's memory.
 */
export class Packet {
  /** Where the frame, or the layer in it, would end had it not been cut: caplen aside, offset + wire length. */
  frameWireEnd = 0;
  /** Bits of `NOTES`. */
  notes = 0;
  /** Offset of the destination MAC, the source's is 6 further; -1 where the link has none. */
  macOffset = -1;
  /** Outermost VLAN id of this layer, or NO_VLAN. */
  vlan: number = NO_VLAN;

  /** Layers opened so far, and where the innermost begins that a tunnel carried (0: no tunnel was opened). */
  depth = 0;
  layerAt = 0;
  /** Virtual network (VXLAN, Geneve) that this layer came in, or NO_VNI. */
  vni: number = NO_VNI;
  /** What this layer carries (see inner-layer.ts): its type, or NO_INNER. The fields below are valid with it. */
  innerType: number = NO_INNER;
  innerAt = 0;
  innerEnd = 0;
  innerWireEnd = 0;
  innerVni: number = NO_VNI;
  /** The header looks like a tunnel's, no more: it is none where nothing sensible is inside. 0 or 1. */
  innerDoubtful = 0;
  /** TUNNEL_ number of what carries it. */
  tunnel = 0;
  /**
   * Where the next of several packets begins that one frame of the link carries side by side, or 0; then where that
   * frame ends, captured and on the wire. See `decodeSibling`.
   */
  siblingAt = 0;
  siblingEnd = 0;
  siblingWireEnd = 0;
  /** Offset of a mirror's own sequence number, or 0; then its session and whose numbering it is. */
  mirrorSeqAt = 0;
  mirrorSession = 0;

  /** 4 or 6 once addresses are known (even when the status is an error), else 0. */
  ipVersion = 0;
  /** Addresses as four big-endian int32 words; IPv4 as v4-mapped (RFC 4291 §2.5.5.2). Valid with ipVersion. */
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** IPv4 identification and header checksum as one word, for telling a copy from a retry; 0 for IPv6. */
  ipMark = 0;
  /** Octets into the datagram; 0 for a whole datagram or a first fragment. */
  fragOffset = 0;
  /**
   * Fragments alone: where the fragment's own octets begin (they end at l4End, on the wire at l4WireEnd), 0 for
   * a whole datagram; where its IP header begins, and where the octet stands that names what these octets are.
   */
  fragAt = 0;
  fragHeadAt = 0;
  fragNextAt = 0;
  /** More fragments follow: 1 or 0. The identification; IPv4 has 16 bits of it. */
  fragMore = 0;
  fragId = 0;
  /** Frames that carried the packet: 1, or as many as its datagram's fragments came in. */
  frames = 1;

  /**
   * Where the addresses of a source route begin, or 0; then where they end and how they are written, and where the
   * header's own destination is: `dst` is the last of the way. See source-route.ts.
   */
  routeAt = 0;
  routeEnd = 0;
  routeKind = 0;
  routeHopAt = 0;
  /** Octets left out of the addresses of a compressed route, and out of its last one. */
  routeShared = 0;
  routeLastShared = 0;

  /** IP protocol number of the innermost header reached, or NO_TRANSPORT. */
  l4Proto: number = NO_TRANSPORT;
  /** Where the transport header begins, its captured end, and its end by the IP length (beyond when cut). */
  l4At = 0;
  l4End = 0;
  l4WireEnd = 0;

  /** TCP, UDP, SCTP ports; ICMP echo identifier in both; else 0. */
  srcPort = 0;
  dstPort = 0;
  /** TCP alone. Sequence numbers are int32: compare by subtraction. */
  tcpFlags = 0;
  tcpSeq = 0;
  tcpAck = 0;
  /** Checksum of the transport header, for telling a copy from a retry. */
  l4Mark = 0;
  /** ICMP and ICMPv6 alone; -1 where no such header was reached. */
  icmpType = -1;
  icmpCode = 0;
  /** Payload: captured octets in [payloadAt, payloadEnd), octets on the wire in payloadLen. */
  payloadAt = 0;
  payloadEnd = 0;
  payloadLen = 0;
}

/** Sets everything that a decoder may leave unset; addresses are valid with `ipVersion` alone. */
export function resetPacket(pkt: Packet, frameWireEnd: number): void {
  pkt.depth = 0;
  pkt.layerAt = 0;
  pkt.vni = NO_VNI;
  pkt.innerType = NO_INNER;
  pkt.siblingAt = 0;
  resetLayer(pkt, frameWireEnd);
}

/** The same for a layer that a tunnel carries. */
export function resetLayer(pkt: Packet, frameWireEnd: number): void {
  pkt.frameWireEnd = frameWireEnd;
  pkt.notes = 0;
  pkt.macOffset = -1;
  pkt.vlan = NO_VLAN;
  pkt.mirrorSeqAt = 0;
  pkt.routeAt = 0;
  pkt.ipVersion = 0;
  pkt.ipMark = 0;
  pkt.fragOffset = 0;
  pkt.fragAt = 0;
  pkt.frames = 1;
  pkt.l4Proto = NO_TRANSPORT;
  pkt.l4At = 0;
  pkt.l4End = 0;
  pkt.l4WireEnd = 0;
  pkt.srcPort = 0;
  pkt.dstPort = 0;
  pkt.tcpFlags = 0;
  pkt.tcpSeq = 0;
  pkt.tcpAck = 0;
  pkt.l4Mark = 0;
  pkt.icmpType = -1;
  pkt.icmpCode = 0;
  pkt.payloadAt = 0;
  pkt.payloadEnd = 0;
  pkt.payloadLen = 0;
}
