/** Remarks on a packet that was decoded; one bit each in `Packet.notes`. */
export interface NoteInfo {
  readonly name: string;
  /** `note`: nothing is hidden by it. `blind`: it may hide a destination. */
  readonly effect: "note" | "blind";
  readonly meaning: string;
}

const notes: NoteInfo[] = [];

function note(name: string, effect: NoteInfo["effect"], meaning: string): number {
  return 1 << (notes.push({ name, effect, meaning }) - 1);
}

export const NOTE_IPV4_LENGTH_ZERO = note(
  "ipv4.length_zero",
  "note",
  "IPv4 total length 0: a segment that the sending card was to split",
);
export const NOTE_IP_LENGTH_BEYOND = note(
  "ip.length_beyond_frame",
  "blind",
  "IP length claims more octets than the frame had on the wire: its end may have been cut by who captured it",
);
export const NOTE_IPV4_SOURCE_ROUTE = note(
  "ipv4.source_route",
  "note",
  "source-routed IPv4 packet: every address on its way was judged",
);
export const NOTE_IPV6_ROUTING = note(
  "ipv6.routing_header",
  "note",
  "IPv6 routing header: every address on its way was judged",
);
export const NOTE_IPV4_SOURCE_ROUTE_ODD = note(
  "ipv4.source_route_odd",
  "blind",
  "IPv4 source route that is a second one or of a broken form: not all on its way was judged",
);
export const NOTE_IPV6_ROUTING_UNKNOWN = note(
  "ipv6.routing_unknown",
  "blind",
  "IPv6 routing header that is a second one, of another type or of a broken form: only the next hop was judged",
);
export const NOTE_WIFI_AGGREGATE = note(
  "wifi.aggregate",
  "blind",
  "802.11 frame with several packets, of which not all could be judged",
);
export const NOTE_GRE_ROUTING = note(
  "gre.source_route",
  "blind",
  "GRE packet with source routes, of which none was judged",
);
export const NOTE_ERSPAN_TRUNCATED = note(
  "erspan.truncated",
  "blind",
  "mirrored frame that the mirror says it cut",
);
export const NOTE_UDP_LENGTH_BEYOND = note(
  "udp.length_beyond_packet",
  "note",
  "UDP length claims more octets than the IP packet has",
);
export const NOTE_TCP_MULTIPATH = note(
  "tcp.multipath",
  "blind",
  "TCP connection that joined another (MPTCP): what one of them says may be spread over both",
);

/** All notes, by bit number. */
export const NOTES: readonly NoteInfo[] = notes;
