/**
 * What can go wrong above the transport header, by stable name. `blind`: it may have hidden a
 * destination, so that a run without findings is not clean. `note`: counted, hides nothing.
 */
export interface Trouble {
  readonly effect: "blind" | "note";
  readonly meaning: string;
}

const blind = (meaning: string): Trouble => ({ effect: "blind", meaning });
const note = (meaning: string): Trouble => ({ effect: "note", meaning });

/** A name that is not listed is a note: readers of messages may tell more than matters here. */
export const TROUBLES: Readonly<Record<string, Trouble>> = {
  "fragment.incomplete": blind("fragments whose datagram never became whole"),
  "fragment.overlap": blind(
    "fragments that contradict others of their datagram: both readings were judged, which one was taken is unknown",
  ),
  "fragment.invalid": blind("fragments of a length or at a place that none can have"),
  "fragment.too_deep": blind(
    "fragments inside datagrams that came in fragments, too often to be put together",
  ),
  "stream.cut_by_snaplen": blind("segment cut by the snaplen before the name of its flow was known"),
  "stream.overrun": blind("more octets out of order than a stream may hold"),
  "stream.gap_at_start": blind("octets missing while a stream's protocol was being recognised"),
  "stream.before_start": blind("data before a connection's first octet: its SYN may have been a stray one"),
  "stream.memory_full": blind("connections given up because too much was held for unfinished messages"),
  "stream.rewritten": blind(
    "octets of a connection sent twice and not the same: which were taken is unknown",
  ),
  "stream.not_kept": blind(
    "octets that could not be kept to compare with those sent again: too many connections",
  ),
  "stream.urgent": blind("urgent data, which its receiver may have read elsewhere in the stream"),
  "stream.tunnels_too_deep": blind("tunnel inside so many others that it was not read"),
  "stream.undecided": note("stream that ended before its protocol was certain"),
  "dns.question_unreadable": blind("DNS message whose question could not be read"),
  "dns.stream_gap": blind("DNS message over TCP with octets missing"),
  "dns.stream_unfinished": note("DNS message over TCP that never became whole"),
  "dns.questions_encrypted": blind(
    "encrypted DNS to an approved resolver inside: what it was asked is unknown",
  ),
  "dns.cut_by_snaplen": blind("DNS message cut by the snaplen"),
  "dns.too_many_questions": blind("more questions in a DNS message than are read"),
  "dns.too_many_records": blind("more records in a DNS answer than are read"),
  "dns.header_truncated": note("DNS message shorter than its header"),
  "dns.no_question": note("DNS message without a question"),
  "dns.question_truncated": note("DNS message that ends inside its question"),
  "dns.record_truncated": note("DNS message that ends inside a record"),
  "dns.rdata_truncated": note("DNS record longer than its message"),
  "dns.rdata_bad": note("DNS record whose data are not what its type says"),
  "dns.name_truncated": note("DNS name that its message cuts off"),
  "dns.name_bad_label": note("DNS name with a label of a kind that does not exist"),
  "dns.name_bad_pointer": note("DNS name that points forward or outside its message"),
  "dns.name_too_long": note("DNS name of more than 255 octets"),
  "dns.name_too_many_jumps": note("DNS name that jumps through its message more often than is followed"),
  "tls.hello_gap": blind("ClientHello with octets missing"),
  "tls.hello_too_long": blind("ClientHello longer than any can be"),
  "tls.hello_unfinished": note("ClientHello that its client never finished"),
  "tls.hello_truncated": note("ClientHello that ends inside its first fields"),
  "tls.session_id_bad": note("ClientHello whose session id does not fit"),
  "tls.cipher_suites_bad": note("ClientHello whose list of cipher suites does not fit"),
  "tls.compression_bad": note("ClientHello whose list of compression methods does not fit"),
  "tls.extensions_bad": note("ClientHello whose extensions end elsewhere than it says"),
  "tls.extension_truncated": note("ClientHello with an extension longer than the room for it"),
  "tls.server_name_bad": note("ClientHello whose list of server names is not as RFC 6066 has it"),
  "tls.alpn_bad": note("ClientHello whose list of protocols is not as RFC 7301 has it"),
  "tls.list_bad": note("ClientHello with another list that does not fit its extension"),
  "tls.server_hello_truncated": note("ServerHello that ends inside its fields"),
  "tls.records_broken": blind("TLS client that stopped being readable before its server accepted"),
  "dtls.hello_unfinished": blind("DTLS ClientHello that was not seen whole"),
  "dtls.hello_too_long": blind("DTLS ClientHello longer than any can be"),
  "dtls.hello_conflict": blind("DTLS ClientHello sent twice with different content"),
  "dtls.cut_by_snaplen": blind("DTLS ClientHello cut by the snaplen"),
  "dtls.memory_full": blind("DTLS flows given up because too much was held for unfinished messages"),
  "http.host_odd": blind("HTTP request for a host that no name can be, which may stand for another"),
  "http.target_odd": blind("HTTP request whose target can be read in two ways"),
  "http.content_length_bad": blind("HTTP message with a length that is no number: where it ends is unsure"),
  "http.content_lengths_differ": blind("HTTP message with several lengths: where it ends is unsure"),
  "http.length_and_chunked": blind("HTTP message with a length and in chunks: where it ends is unsure"),
  "http.transfer_coding_odd": blind("HTTP message in a coding without an end: where it ends is unsure"),
  "http.space_before_colon": blind("HTTP header that some read and others do not"),
  "http.several_hosts": note("HTTP request with more than one Host: each is judged"),
  "http.host_differs": note("HTTP request whose target and Host differ: both are judged"),
  "http.folded_header": note("HTTP header that goes on in another line"),
  "http.head_incomplete": note("HTTP request head that its connection cut off"),
  "http.head_too_long": blind("HTTP request head longer than is held"),
  "http.request_unread": blind(
    "HTTP server that answered what was like a request and not read as one: whom it was asked for is unknown",
  ),
  "http.boundaries_lost": blind("HTTP requests whose boundaries were lost"),
  "http2.joined_midway": blind(
    "HTTP/2 connection that was open before the capture began: what it asks for is unknown",
  ),
  "http2.frames_lost": blind("HTTP/2 connection with octets missing where a frame begins or a header stands"),
  "http2.frames_broken": blind("HTTP/2 connection whose frames come in an order that none may have"),
  "http2.headers_too_long": blind(
    "HTTP/2 headers longer than are held: what else the connection asks for is unknown",
  ),
  "http2.headers_unreadable": blind(
    "HTTP/2 headers that could not be read: what else the connection asks for is unknown",
  ),
  "http2.tunnel_not_read": blind("data in a tunnel of one HTTP/2 stream, which is not looked into"),
  "socks.datagram_not_read": blind("datagrams through a SOCKS relay whose names were not read"),
  "socks.request_unreadable": blind("SOCKS client whose request could not be read: where it goes is unknown"),
  "stream.flood": blind("messages by the dozen in a segment or datagram that were left out"),
  "quic.initial_unreadable": blind(
    "QUIC flow whose Initial packets could not be opened: its name is unknown",
  ),
  "quic.version_unknown": blind("QUIC flow of a version that is not known: its name is unknown"),
  "quic.hello_unfinished": blind("QUIC ClientHello that was not seen whole"),
  "quic.hello_too_long": blind("QUIC ClientHello longer than is held"),
  "quic.hello_conflict": blind("QUIC ClientHello sent twice with different content"),
  "quic.chlo_unreadable": blind("Google QUIC flow whose CHLO was not seen in clear: its name is unknown"),
  "quic.cut_by_snaplen": blind("QUIC datagram cut by the snaplen before the name of its flow was known"),
  "quic.too_many_packets": blind("more packets in a QUIC datagram than are read"),
  "quic.too_many_connections": blind("QUIC connections that were not opened: too many began in one second"),
  "quic.memory_full": blind("QUIC flows given up because too much was held for unfinished messages"),
  "quic.version_negotiated": note("QUIC client that was told to begin anew in another version"),
  "quic.header_truncated": note("QUIC packet whose header does not fit its datagram"),
  "quic.connection_id_too_long": note("QUIC packet with a connection id longer than its version allows"),
  "quic.frame_truncated": note("QUIC frame longer than its packet"),
  "quic.frame_unexpected": note("QUIC Initial packet with a frame that may not stand there"),
  "group.report_truncated": blind("membership report that ends before the groups it announces"),
  "group.too_many_records": blind("more groups in a membership report than are read"),
  "route.too_long": blind("source route with more addresses, or more outside ones, than are judged"),
  "mirror.unreadable": blind("datagrams of a mirror that hold no frame that can be read"),
  "mirror.sequence_gap": blind("packets that the mirror numbered and that never came"),
  "relay.client_unseen": blind("connection to a relay of which nothing was seen that its client sent"),
  "relay.open_before_start": blind("connection to a relay that was open before the capture began"),
  "table.fragments_full": blind("datagrams given up because too many came in fragments"),
  "table.flows_full": blind("packets that found the flow table full"),
  "table.conversations_full": blind("connections that were not read because too many were"),
  "table.socks_relays_full": blind("SOCKS associations forgotten because too many were followed"),
  "table.quic_full": blind("QUIC flows that were given up because too many were read"),
  "table.dtls_full": blind("DTLS flows that were given up because too many were read"),
  "table.names_evicted": blind("names forgotten to make room while they still counted"),
  "rule.time_unknown": blind(
    "use of a rule that expires or has hours, in a capture without times: whether it still held is unknown",
  ),
  "table.trusted_evicted": blind(
    "ended flows forgotten that a name rule allows, before their answer was beyond doubt",
  ),
  "table.questions_evicted": blind("open DNS questions forgotten to make room"),
  "table.beacons_evicted": blind("destinations forgotten to make room while rhythms were looked for"),
  "table.pings_evicted": blind("pairs of hosts forgotten to make room while pings were looked at"),
  "table.outflow_full": blind("hosts whose octets were not added up: too many"),
  "table.secrets_full": blind(
    "connections whose segments were looked at one by one for credentials: too many",
  ),
  "table.dns_zones_evicted": blind("zones forgotten to make room while tunnels were looked for"),
  "table.findings_full": blind("findings that could not be kept"),
};

/** Counts troubles by name. */
export class TroubleCounts {
  private readonly counts = new Map<string, number>();

  add(name: string, by = 1): void {
    if (by > 0) this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  /** For what is counted elsewhere. */
  set(name: string, count: number): void {
    if (count > 0) this.counts.set(name, count);
  }

  get(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** By name, in alphabetical order. */
  all(): [string, number][] {
    return [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
