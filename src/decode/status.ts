/**
 * What came of decoding one frame. Every status has a stable name, a counter of that name in the
 * coverage table, and an effect on the verdict. Names may be added, never renamed.
 */
export type Status = number;

/**
 * - `ok`: decoded to the transport header, or a fragment of what is.
 * - `exempt`: on the closed list of what cannot route (unroutable.ts).
 * - `blind`: something that could have hidden a destination: the run cannot be clean.
 */
export type StatusEffect = "ok" | "exempt" | "blind";

export interface StatusInfo {
  readonly name: string;
  readonly effect: StatusEffect;
  readonly meaning: string;
}

const statuses: StatusInfo[] = [];

function status(name: string, effect: StatusEffect, meaning: string): Status {
  return statuses.push({ name, effect, meaning }) - 1;
}

export const OK = status("ok", "ok", "decoded to the transport header");

export const LINK_UNSUPPORTED = status(
  "link.unsupported",
  "blind",
  "frame of a link type that is not decoded",
);
export const LINK_TRUNCATED = status(
  "link.truncated",
  "blind",
  "frame ends inside a header of its link type",
);
export const LINK_UNKNOWN_PAYLOAD = status(
  "link.unknown_payload",
  "blind",
  "frame whose link header has a form, or announces a payload, that is not known",
);
export const WIFI_ENCRYPTED = status("wifi.encrypted", "blind", "802.11 frame that is encrypted");
export const WIFI_FRAGMENT = status("wifi.fragment", "blind", "piece of an 802.11 frame");
export const ETHERNET_TRUNCATED = status("ethernet.truncated", "blind", "frame ends inside its link header");
export const ETHERNET_VLAN_TRUNCATED = status(
  "ethernet.vlan_truncated",
  "blind",
  "frame ends inside a VLAN tag",
);
export const ETHERNET_VLAN_TOO_DEEP = status(
  "ethernet.vlan_too_deep",
  "blind",
  "more than 8 VLAN tags stacked",
);
export const ETHERNET_UNKNOWN_TYPE = status(
  "ethernet.unknown_type",
  "blind",
  "EtherType that is not decoded and not known to be unroutable",
);
export const ETHERNET_LLC_TRUNCATED = status(
  "ethernet.llc_truncated",
  "blind",
  "frame ends inside its LLC or SNAP header",
);
export const ETHERNET_LLC_UNKNOWN = status(
  "ethernet.llc_unknown",
  "blind",
  "LLC payload that is not decoded",
);
export const ETHERNET_MACSEC = status("ethernet.macsec", "blind", "MACsec: the payload is encrypted");
export const ETHERNET_BACKBONE_TRUNCATED = status(
  "ethernet.backbone_truncated",
  "blind",
  "frame ends inside an 802.1ah tag",
);
export const ETHERNET_VENDOR_TAG = status(
  "ethernet.vendor_tag",
  "blind",
  "vendor's tag before the EtherType that is cut, or of a form that is not known",
);
export const UNROUTABLE = status("unroutable", "exempt", "protocol on the closed list of what cannot route");

export const SLL_TRUNCATED = status("sll.truncated", "blind", "frame ends inside its cooked-capture header");
export const SLL_UNKNOWN_HARDWARE = status(
  "sll.unknown_hardware",
  "blind",
  "cooked capture of a device whose protocol field has another meaning",
);
export const NULL_TRUNCATED = status("null.truncated", "blind", "frame ends inside its loopback header");
export const NULL_UNKNOWN_FAMILY = status(
  "null.unknown_family",
  "blind",
  "loopback header with an address family that is not IP",
);
export const RAW_EMPTY = status("raw.empty", "blind", "raw IP frame without an octet");
export const RAW_WRONG_VERSION = status(
  "raw.wrong_version",
  "blind",
  "raw IP frame that is neither IPv4 nor IPv6",
);

export const IPV4_HEADER_TRUNCATED = status(
  "ipv4.header_truncated",
  "blind",
  "frame ends inside the IPv4 header or its options",
);
export const IPV4_WRONG_VERSION = status("ipv4.wrong_version", "blind", "announced as IPv4, but is not");
export const IPV4_IHL_TOO_SMALL = status("ipv4.ihl_too_small", "blind", "IPv4 header length below 20 octets");
export const IPV4_TOTAL_TOO_SMALL = status(
  "ipv4.total_too_small",
  "blind",
  "IPv4 total length below its header length",
);
export const IPV4_FRAGMENT = status("ipv4.fragment", "ok", "IPv4 fragment: judged as part of its datagram");

export const IPV4_AH_TRUNCATED = status(
  "ipv4.ah_truncated",
  "blind",
  "packet ends inside an authentication header",
);
export const IPV4_AH_TOO_MANY = status(
  "ipv4.ah_too_many",
  "blind",
  "more than 8 authentication headers in a chain",
);

export const IPV6_HEADER_TRUNCATED = status(
  "ipv6.header_truncated",
  "blind",
  "frame ends inside the IPv6 header",
);
export const IPV6_WRONG_VERSION = status("ipv6.wrong_version", "blind", "announced as IPv6, but is not");
export const IPV6_EXT_TRUNCATED = status(
  "ipv6.ext_truncated",
  "blind",
  "packet ends inside an IPv6 extension header",
);
export const IPV6_EXT_TOO_MANY = status(
  "ipv6.ext_too_many",
  "blind",
  "more than 8 IPv6 extension headers in a chain",
);
export const IPV6_FRAGMENT = status("ipv6.fragment", "ok", "IPv6 fragment: judged as part of its datagram");
export const IP_TUNNEL = status(
  "ip.tunnel",
  "blind",
  "tunnel of a kind that is not opened: judged by its outer addresses alone",
);

export const TUNNEL_TOO_DEEP = status("tunnel.too_deep", "blind", "more than 16 layers inside each other");
export const TUNNEL_TRUNCATED = status(
  "tunnel.truncated",
  "blind",
  "packet ends inside the header of a tunnel over IP or UDP",
);
export const GRE_UNKNOWN_VERSION = status("gre.unknown_version", "blind", "GRE of a version above 1");
export const ERSPAN_UNKNOWN_VERSION = status(
  "erspan.unknown_version",
  "blind",
  "ERSPAN header of a version that is not known",
);
export const ETHERIP_UNKNOWN_VERSION = status(
  "etherip.unknown_version",
  "blind",
  "EtherIP of a version other than 3",
);
export const L2TP_UNKNOWN_PAYLOAD = status(
  "l2tp.unknown_payload",
  "blind",
  "L2TPv3 session whose cookie and payload type could not be guessed",
);
export const NSH_UNKNOWN = status(
  "nsh.unknown",
  "blind",
  "network service header of a version, length or next protocol that is not known",
);
export const MPLS_TRUNCATED = status("mpls.truncated", "blind", "frame ends inside an MPLS label stack");
export const MPLS_TOO_DEEP = status("mpls.too_deep", "blind", "more than 16 MPLS labels stacked");
export const MPLS_UNKNOWN_PAYLOAD = status(
  "mpls.unknown_payload",
  "blind",
  "MPLS payload that is neither IP nor an Ethernet pseudo-wire",
);
export const PPPOE_TRUNCATED = status("pppoe.truncated", "blind", "frame ends inside its PPPoE header");
export const PPPOE_UNKNOWN_VERSION = status(
  "pppoe.unknown_version",
  "blind",
  "PPPoE of a version or type other than 1, or with a code that is not known",
);
export const PPP_TRUNCATED = status("ppp.truncated", "blind", "frame ends inside its PPP header");
export const PPP_ENCRYPTED = status("ppp.encrypted", "blind", "PPP payload that is encrypted or compressed");
export const PPP_FRAGMENT = status("ppp.fragment", "blind", "piece of a PPP Multilink packet");
export const PPP_UNKNOWN_PROTOCOL = status(
  "ppp.unknown_protocol",
  "blind",
  "PPP protocol that is not decoded and not known to be unroutable",
);

export const TCP_HEADER_TRUNCATED = status(
  "tcp.header_truncated",
  "blind",
  "packet ends inside the TCP header",
);
export const TCP_OFFSET_TOO_SMALL = status(
  "tcp.offset_too_small",
  "blind",
  "TCP data offset below 20 octets",
);
export const UDP_HEADER_TRUNCATED = status(
  "udp.header_truncated",
  "blind",
  "packet ends inside the UDP header",
);
export const UDP_LENGTH_TOO_SMALL = status(
  "udp.length_too_small",
  "blind",
  "UDP length below its 8-octet header",
);
export const SCTP_HEADER_TRUNCATED = status(
  "sctp.header_truncated",
  "blind",
  "packet ends inside the SCTP ports",
);
export const ICMP_HEADER_TRUNCATED = status(
  "icmp.header_truncated",
  "blind",
  "packet ends inside the ICMP or ICMPv6 header",
);

/** All statuses, by number. */
export const STATUSES: readonly StatusInfo[] = statuses;
