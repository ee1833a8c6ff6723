/** What an operator can do about a reason why the sensor was blind. */
export function adviceFor(reason: string): string {
  const exact = ADVICE[reason];
  if (exact !== undefined) return exact;
  if (reason.startsWith("table.")) return "replay shorter captures, one after another";
  if (reason.endsWith("cut_by_snaplen") || reason.endsWith("truncated")) return WHOLE;
  return "look at these packets with another tool, and find out who sends them";
}

const WHOLE = "capture whole packets (tcpdump -s 0); if they are whole, find out who sends broken ones";
const GAPS = "packets are missing: look for drops at the mirror port and at the capturing side";
const NOT_OPENED =
  "this version does not open it: capture where it is opened, or look at it with another tool";
const CIPHERED = "mirror a place where it has been deciphered";
const UNNAMED = "its destinations are judged by address and DNS answer alone: read them above";

const ADVICE: Readonly<Record<string, string>> = {
  "inside.wide": "narrow enclave.inside to what the enclave has, or add its other networks one by one",
  "capture.empty": "check the interface, the mirror port and the capture filter",
  "capture.interrupted": "let it run to the end",
  "capture.incomplete": "copy or capture it again; what came before the damage was judged",
  "capture.drops": "give the capture a larger buffer (--ring-mb, tcpdump -B), a faster disk, or less to do",
  "capture.filtered": "capture without a filter",
  "rule.time_unknown": "capture with times, or state a rule that neither expires nor has hours",
  "link.unsupported": "capture on an Ethernet interface, or on `any`",
  "link.unknown_payload": NOT_OPENED,
  "wifi.encrypted": CIPHERED,
  "wifi.fragment": NOT_OPENED,
  "wifi.aggregate": NOT_OPENED,
  "ethernet.macsec": "mirror a port where MACsec has been taken off",
  "ethernet.vendor_tag": NOT_OPENED,
  "ip.tunnel": NOT_OPENED,
  "ip.length_beyond_frame": WHOLE,
  "fragment.incomplete": GAPS,
  "fragment.overlap": "find out who sends them: no host does by itself",
  "fragment.invalid": "find out who sends them: no host does by itself",
  "mpls.unknown_payload": NOT_OPENED,
  "l2tp.unknown_payload": NOT_OPENED,
  "nsh.unknown": NOT_OPENED,
  "ppp.unknown_protocol": NOT_OPENED,
  "ppp.fragment": NOT_OPENED,
  "ppp.encrypted": CIPHERED,
  "erspan.truncated": "let the mirror send whole packets, and give its path the room for them",
  "mirror.unreadable":
    "compare `mirrors` in the enclave file with what the mirror sends: kind, port and ends",
  "mirror.sequence_gap": GAPS,
  "ipv4.source_route_odd": "find out who sends source-routed packets, and where to",
  "ipv6.routing_unknown": "find out who sends source-routed packets, and where to",
  "quic.initial_unreadable": UNNAMED,
  "quic.version_unknown": UNNAMED,
  "quic.chlo_unreadable": UNNAMED,
  "quic.hello_unfinished": GAPS,
  "stream.flood": "find out who sends so many messages in so few packets: a load test, or somebody who hides",
  "socks.datagram_not_read": NOT_OPENED,
  "http2.tunnel_not_read": NOT_OPENED,
  "stream.overrun": GAPS,
  "stream.gap_at_start": GAPS,
  "dns.stream_gap": GAPS,
  "tls.hello_gap": GAPS,
  "http.boundaries_lost": GAPS,
  "relay.client_unseen": "mirror both directions of the relay's port",
  "relay.open_before_start": "start the capture first, then the relay or its clients",
  "sensor.no_inside": "check `inside` in the enclave file, and which ports are mirrored",
  "sensor.tcp_gaps": GAPS,
  "sensor.one_sided": "mirror both directions of the ports",
  "sensor.gap": "find out what happened to the mirror in that time",
  "sensor.window_short": "capture for longer",
  "sensor.interface": "mend the interface or its cable; capture went on when it was there again",
  "sensor.silent": "find out what happened to the mirror in that time",
  "sensor.one-sided": "mirror both directions of the ports",
  "sensor.tcp-gaps": GAPS,
  "sensor.host_unseen": "check that the host runs, and that its port is mirrored",
  "canary.missed":
    "see what gapwatch canary said it sent; a probe that was sent and not seen took a path that is not mirrored",
  "command.failed": "mend the command, or what it installs, and validate again",
  "service.unused": "check that the enclave uses the service, and that its port is mirrored",
};
