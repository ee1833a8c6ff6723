import { PROTO_TCP, PROTO_UDP } from "../../decode/protocols.ts";

/** Protocols that are recognised by what they say. */
export type SpokenProtocol = "tls" | "http" | "http2" | "ssh" | "dns" | "socks" | "quic" | "dtls";

/**
 * What belongs on well-known ports (IANA's registry), of the protocols that are recognised. Ports that people use for
 * anything (8080, 8443 and the like) are left out, and so is a protocol that is none of these: only what one port says
 * and another protocol contradicts is a mismatch. STARTTLS and its kin begin with another protocol, so that TLS as the
 * first word on their ports is right as well.
 */
const TCP_PORTS: ReadonlyMap<number, readonly SpokenProtocol[]> = new Map([
  [20, []], // ftp-data
  [21, ["tls"]], // ftp
  [22, ["ssh"]],
  [23, []], // telnet
  [25, ["tls"]], // smtp
  [43, []], // whois
  [53, ["dns"]],
  [80, ["http", "http2"]],
  [88, []], // kerberos
  [110, ["tls"]], // pop3
  [123, []], // ntp, of which key establishment has a port of its own
  [143, ["tls"]], // imap
  [179, []], // bgp
  [389, ["tls"]], // ldap
  [443, ["tls"]],
  [445, []], // smb
  [465, ["tls"]],
  [514, ["tls"]], // syslog
  [587, ["tls"]],
  [636, ["tls"]],
  [853, ["tls", "dns"]], // plain DNS there is dns.resolver
  [989, ["tls"]],
  [990, ["tls"]],
  [993, ["tls"]],
  [995, ["tls"]],
  [1433, ["tls"]], // SQL Server
  [3306, ["tls"]], // MySQL
  [3389, ["tls"]], // RDP
  [5222, ["tls"]], // XMPP
  [5269, ["tls"]],
  [5432, ["tls"]], // PostgreSQL
  [6379, ["tls"]], // Redis
]);

const UDP_PORTS: ReadonlyMap<number, readonly SpokenProtocol[]> = new Map([
  [53, ["dns"]],
  [67, []], // dhcp
  [68, []],
  [69, []], // tftp
  [80, ["quic"]],
  [123, []], // ntp
  [137, ["dns"]], // NetBIOS names have the form of DNS
  [161, ["dtls"]], // snmp (RFC 6353 has another port; some agents use this one)
  [443, ["quic", "dtls"]], // HTTP/3; VPNs over DTLS
  [500, []], // ike
  [514, ["dtls"]], // syslog
  [853, ["quic", "dtls", "dns"]],
]);

/** Whether `protocol` is not what the port stands for; false for ports that say nothing. */
export function contradictsPort(proto: number, port: number, protocol: SpokenProtocol): boolean {
  const ports = proto === PROTO_TCP ? TCP_PORTS : proto === PROTO_UDP ? UDP_PORTS : null;
  const expected = ports?.get(port);
  return expected !== undefined && !expected.includes(protocol);
}
