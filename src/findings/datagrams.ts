import type { Packet } from "../decode/packet.ts";
import type { DtlsConversations } from "../flow/dtls-conversations.ts";
import type { End } from "../flow/flow-view.ts";
import type { MessageBudget } from "../flow/message-budget.ts";
import type { NameSink } from "../flow/name-sink.ts";
import type { QuicConversations } from "../flow/quic-conversations.ts";
import { looksLikeCutDns, looksLikeDns } from "../names/dns-recognise.ts";
import { parseRequestHead } from "../names/http-head.ts";
import { isHttpStart } from "../names/http-start.ts";
import { latin1 } from "../names/octet-text.ts";
import { isQuicLong } from "../names/quic-header.ts";
import type { ProtocolMismatches } from "./detectors/protocol-mismatches.ts";
import type { DnsTraffic } from "./dns-traffic.ts";
import type { SocksRelays } from "./socks-relays.ts";
import type { TroubleCounts } from "./troubles.ts";

const PORT_DNS = 53;
const PORT_MDNS = 5353;
const PORT_LLMNR = 5355;
const PORT_SSDP = 1900;
/** A DNS header, a root name, a type and a class. */
const MIN_DNS_LEN = 17;

/** UDP payloads go to the reader of what they are, on any port. */
export class Datagrams {
  private readonly quic: QuicConversations;
  private readonly dtls: DtlsConversations;
  private readonly dns: DnsTraffic;
  private readonly relays: SocksRelays;
  private readonly mismatches: ProtocolMismatches;
  private readonly sink: NameSink;
  private readonly troubles: TroubleCounts;
  private readonly messages: MessageBudget;
  private readonly moment = { sec: 0, nsec: 0 };

  constructor(
    quic: QuicConversations,
    dtls: DtlsConversations,
    dns: DnsTraffic,
    relays: SocksRelays,
    mismatches: ProtocolMismatches,
    sink: NameSink,
    troubles: TroubleCounts,
    messages: MessageBudget,
  ) {
    this.quic = quic;
    this.dtls = dtls;
    this.dns = dns;
    this.relays = relays;
    this.mismatches = mismatches;
    this.sink = sink;
    this.troubles = troubles;
    this.messages = messages;
  }

  /** The datagram `pkt` of the flow `row`. */
  take(row: number, from: End, pkt: Packet, view: DataView, sec: number, nsec: number): void {
    const { payloadAt, payloadEnd, payloadLen, srcPort, dstPort } = pkt;
    if (this.relays.take(row, from, pkt, view)) return;
    // First, for no message of DNS begins like this: it would have hundreds of questions.
    if (isQuicLong(view, payloadAt, payloadEnd)) {
      this.quic.long(row, from, view, payloadAt, payloadEnd, payloadEnd - payloadAt < payloadLen);
    } else if (this.dtls.take(row, from, view, payloadAt, payloadEnd, payloadEnd - payloadAt < payloadLen)) {
      return;
    } else if (isDnsPort(srcPort) || isDnsPort(dstPort) || mayBeDns(pkt, view)) {
      if (payloadEnd - payloadAt < payloadLen) this.troubles.add("dns.cut_by_snaplen");
      this.moment.sec = sec;
      this.moment.nsec = nsec;
      this.messages.earn(payloadEnd - payloadAt);
      this.dns.message(row, from, view, payloadAt, payloadEnd, this.moment);
      // On its ports it is DNS by the port alone.
      if (!isDnsPort(srcPort) && !isDnsPort(dstPort)) this.mismatches.begins(row, "dns");
    } else if (payloadEnd - payloadAt < payloadLen && this.isCutDns(pkt, view)) {
      this.moment.sec = sec;
      this.moment.nsec = nsec;
      this.messages.earn(payloadEnd - payloadAt);
      this.dns.message(row, from, view, payloadAt, payloadEnd, this.moment);
    } else if (dstPort === PORT_SSDP && isHttpStart(view, payloadAt, payloadEnd) === "yes") {
      this.discovery(row, from, view, payloadAt, payloadEnd);
    } else if (payloadAt < payloadEnd) {
      this.quic.other(row, from, view, payloadAt, payloadEnd, payloadLen);
    }
  }

  /** A datagram that the capture cut may have been a question on any port: it is told. True when the question is there. */
  private isCutDns({ payloadAt, payloadEnd, payloadLen }: Packet, view: DataView): boolean {
    const looks = looksLikeCutDns(view, payloadAt, payloadEnd, payloadLen);
    if (looks !== "no") this.troubles.add("dns.cut_by_snaplen");
    return looks === "yes";
  }

  /** Service discovery by HTTP in datagrams (UPnP Device Architecture 2.0 §1.3.2): a request in each. */
  private discovery(row: number, from: End, view: DataView, at: number, end: number): void {
    const text = latin1(view, at, end);
    const request = parseRequestHead(text, []);
    if (request !== null) this.sink.httpRequest(row, from, request);
  }
}

function isDnsPort(port: number): boolean {
  return port === PORT_DNS || port === PORT_MDNS || port === PORT_LLMNR;
}

/** A cheap look at the header before the strict one: one question, few records, no reserved bit. */
function mayBeDns(pkt: Packet, view: DataView): boolean {
  const { payloadAt, payloadEnd } = pkt;
  if (payloadEnd - payloadAt < MIN_DNS_LEN) return false;
  if (view.getUint16(payloadAt + 4) !== 1 || (view.getUint8(payloadAt + 3) & 0x40) !== 0) return false;
  return looksLikeDns(view, payloadAt, payloadEnd);
}
