import type { Packet } from "../decode/packet.ts";
import { FLAGS, KEPT_BESIDE, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { type AddressWords, addressOf, type End, lastMoment } from "../flow/flow-view.ts";
import { looksLikeDns } from "../names/dns-recognise.ts";
import { isQuicLong } from "../names/quic-header.ts";
import type { SocksAnswer } from "../names/socks-answer.ts";
import { readSocksDatagram, type SocksDatagram } from "../names/socks-datagram.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { DnsTraffic } from "./dns-traffic.ts";
import type { NameJudge } from "./name-judge.ts";
import type { ProxyRequests } from "./proxy-requests.ts";
import type { TroubleCounts } from "./troubles.ts";

const PORT_DNS = 53;
/** Associations that are known at once; the oldest gives way, and is counted. */
const MAX_RELAYS = 4096;
/** Targets of one flow that are told apart; those beyond are judged each time. */
const MAX_TARGETS = 1024;

/** Where SOCKS proxies take datagrams for others (RFC 1928 §7), and what goes there. */
export class SocksRelays {
  /** Endpoints as text; the value is of no matter. */
  private readonly relays = new Map<string, true>();
  /** Their ports: most datagrams are told by these. */
  private readonly ports = new Set<number>();
  private readonly targets = new Map<number, Set<string>>();
  private readonly table: FlowTable;
  private readonly names: NameJudge;
  private readonly proxies: ProxyRequests;
  private readonly dns: DnsTraffic;
  private readonly troubles: TroubleCounts;

  constructor(
    table: FlowTable,
    names: NameJudge,
    proxies: ProxyRequests,
    dns: DnsTraffic,
    troubles: TroubleCounts,
  ) {
    this.dns = dns;
    this.table = table;
    this.names = names;
    this.proxies = proxies;
    this.troubles = troubles;
  }

  /** The proxy, the end `proxy` of a TCP flow, agreed to an association. */
  agreed(row: number, proxy: End, { bound, boundPort }: Readonly<SocksAnswer>): void {
    if (boundPort === PORT_DNS) return; // whoever says so has a resolver's questions go unread
    const own = addressOf(this.table, row, proxy);
    const [w0, w1, w2, w3] = bound ?? own;
    const isUnsaid = w0 === 0 && w1 === 0 && (w2 === 0 || w2 === 0xffff) && w3 === 0;
    if (this.relays.size >= MAX_RELAYS) this.forgetOldest();
    this.relays.set(endpoint(isUnsaid ? own : [w0, w1, w2, w3], boundPort), true);
    this.ports.add(boundPort);
  }

  /**
   * Whether the datagram went to a relay or came from one; what it is for is judged then. Any server of SOCKS may say
   * that any endpoint is its relay: what has no header of a relay is for other readers.
   */
  take(row: number, from: End, pkt: Packet, view: DataView): boolean {
    if (this.ports.size === 0) return false;
    const isToRelay = this.ports.has(pkt.dstPort);
    if (!isToRelay && !this.ports.has(pkt.srcPort)) return false;
    const relay: End = isToRelay === (from === 0) ? 1 : 0;
    const port = isToRelay ? pkt.dstPort : pkt.srcPort;
    if (!this.relays.has(endpoint(addressOf(this.table, row, relay), port))) return false;
    if (isToRelay) return this.sent(row, from, pkt, view);
    return readSocksDatagram(view, pkt.payloadAt, pkt.payloadEnd) !== null;
  }

  /** The flow is over. */
  close(row: number): void {
    this.targets.delete(row);
  }

  private sent(row: number, client: End, pkt: Packet, view: DataView): boolean {
    const errand = readSocksDatagram(view, pkt.payloadAt, pkt.payloadEnd);
    if (errand === null) {
      this.troubles.add("socks.request_unreadable");
      return false;
    }
    this.look(row, client, errand, view, pkt.payloadEnd);
    const { host, address, port } = errand;
    const target = address === null ? `${host} ${port}` : `${address.join()} ${port}`;
    const known = this.targetsOf(row);
    if (known.has(target)) return true;
    if (known.size < MAX_TARGETS) known.add(target);
    this.names.sent(row, client, errand);
    // The association was granted before: the datagram is on its way.
    const answer = { granted: true, hasContent: false };
    this.proxies.answered(row, errand, answer, client === 0 ? 1 : 0);
    return true;
  }

  /** What a datagram carries: a question is judged; a name in QUIC is not read, and that is told. */
  private look(row: number, client: End, errand: SocksDatagram, view: DataView, end: number): void {
    const at = errand.contentAt;
    if (errand.isFragment || isQuicLong(view, at, end)) this.troubles.add("socks.datagram_not_read");
    else if (errand.port === PORT_DNS || looksLikeDns(view, at, end)) {
      const isRead = this.dns.carried(row, client, errand, view, at, end, lastMoment(this.table, row));
      if (!isRead && errand.port === PORT_DNS) this.troubles.add("socks.datagram_not_read");
    }
  }

  private targetsOf(row: number): Set<string> {
    let known = this.targets.get(row);
    if (known === undefined) {
      known = new Set();
      this.targets.set(row, known);
      this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    }
    return known;
  }

  private forgetOldest(): void {
    this.troubles.add("table.socks_relays_full");
    for (const oldest of this.relays.keys()) {
      this.relays.delete(oldest);
      return;
    }
  }
}

function endpoint(address: AddressWords, port: number): string {
  return `${formatAddress(address)} ${port}`;
}
