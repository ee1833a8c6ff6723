/** What carries a packet in a packet, or a frame in one: `Packet.tunnel`. */
export const NO_TUNNEL = 0;

const names: string[] = ["none"];

function tunnel(name: string): number {
  return names.push(name) - 1;
}

export const TUNNEL_LINK = tunnel("link"); // no tunnel: one header of the link after another
export const TUNNEL_IPIP = tunnel("ipip");
export const TUNNEL_6IN4 = tunnel("6in4");
export const TUNNEL_4IN6 = tunnel("4in6");
export const TUNNEL_IP6IP6 = tunnel("ip6ip6");
export const TUNNEL_MINIMAL = tunnel("minimal-ipip");
export const TUNNEL_GRE = tunnel("gre");
export const TUNNEL_PPTP = tunnel("pptp");
export const TUNNEL_ERSPAN = tunnel("erspan");
export const TUNNEL_ETHERIP = tunnel("etherip");
export const TUNNEL_ETHERNET = tunnel("ethernet-in-ip");
export const TUNNEL_MPLS = tunnel("mpls");
export const TUNNEL_NSH = tunnel("nsh");
export const TUNNEL_L2TP = tunnel("l2tp");
export const TUNNEL_PIM = tunnel("pim-register");
export const TUNNEL_VXLAN = tunnel("vxlan");
export const TUNNEL_GENEVE = tunnel("geneve");
export const TUNNEL_TEREDO = tunnel("teredo");
export const TUNNEL_GTP = tunnel("gtp-u");
export const TUNNEL_LISP = tunnel("lisp");
export const TUNNEL_TZSP = tunnel("tzsp");
export const TUNNEL_FOU = tunnel("ip-in-udp");
export const TUNNEL_GUE = tunnel("gue");
export const TUNNEL_CAPWAP = tunnel("capwap");
export const TUNNEL_AMT = tunnel("amt");
// Encrypted, as a rule: known by their form.
export const TUNNEL_IPSEC = tunnel("ipsec");
export const TUNNEL_WIREGUARD = tunnel("wireguard");
export const TUNNEL_OPENVPN = tunnel("openvpn");

/** Names by number, as findings and reports have them. */
export const TUNNELS: readonly string[] = names;
