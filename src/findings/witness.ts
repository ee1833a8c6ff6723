import { PROTO_TCP } from "../decode/protocols.ts";
import {
  ADDR_A,
  ADDR_B,
  BYTES_A,
  CONFIDENCE_MASK,
  CONFIDENCE_UNKNOWN,
  ESTABLISHED,
  FIN_A,
  FIN_B,
  FLAGS,
  PACKETS_A,
  PACKETS_B,
  ROW_DOUBLES,
  ROW_WORDS,
  SYN_ACK_SEEN,
  SYN_SEEN,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, classOf, type End, initiatorOf, portOf, protoOf } from "../flow/flow-view.ts";
import { CONNECTED, flowOutcome } from "../flow/outcome.ts";
import { INSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { InventoryService } from "../policy/policy.ts";
import { matchesPort } from "../policy/ports.ts";
import { InsideExtent } from "./inside-extent.ts";
import type { TroubleCounts } from "./troubles.ts";

/**
 * What the sensor can witness to have seen of the enclave itself: a sensor that sees no inside
 * conversation, or one direction only, proves nothing by its silence (DESIGN section 3, Coverage).
 */
export class Witness {
  /** Flows in which an inside host spoke to a single address. */
  insideFlows = 0;
  /** Inside TCP connections that show both directions, and those that show one where both must be. */
  tcpBothWays = 0;
  tcpOneWay = 0;
  /** Octets of TCP payload, by sequence range. */
  tcpBytes = 0;
  /** Inventory hosts that must be seen, and services that must be used, as found so far. */
  readonly hostsSeen = new Set<string>();
  readonly servicesUsed = new Set<string>();
  /** How much of broad inside prefixes was seen to be used. */
  extent: InsideExtent;
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly troubles: TroubleCounts;
  private watchesHosts: boolean;

  constructor(table: FlowTable, judge: Judge, troubles: TroubleCounts) {
    this.table = table;
    this.judge = judge;
    this.troubles = troubles;
    this.extent = new InsideExtent(judge.policy.inside);
    this.watchesHosts = judge.policy.hosts.some((host) => host.mustBeSeen);
  }

  /** The judge has another policy. */
  adopt(): void {
    this.extent = new InsideExtent(this.judge.policy.inside);
    this.watchesHosts = this.judge.policy.hosts.some((host) => host.mustBeSeen);
  }

  /** A flow's first packet, sent by A. */
  began(row: number, toGroup: boolean): void {
    if (toGroup || !this.isInside(row, 0)) return;
    this.insideFlows++;
    this.spoke(row, 0);
  }

  /** The flow is over. */
  ended(row: number): void {
    if (this.table.words[row * ROW_WORDS + PACKETS_B] > 0) this.answered(row);
    if (protoOf(this.table, row) === PROTO_TCP) this.countTcp(row);
    if (this.judge.policy.services.length > 0) this.countService(row);
  }

  /** B spoke as well: hosts that only ever answer are seen by it. */
  private answered(row: number): void {
    if (!this.isInside(row, 1)) return;
    if (!this.isInside(row, 0)) this.insideFlows++;
    this.spoke(row, 1);
  }

  /** An inside host was heard. */
  private spoke(row: number, end: End): void {
    if (this.extent.isEmpty && !this.watchesHosts) return;
    const words = this.table.words;
    const w = row * ROW_WORDS + (end === 0 ? ADDR_A : ADDR_B);
    this.extent.see(words[w], words[w + 1], words[w + 2], words[w + 3]);
    const name = this.judge.hostName(words[w], words[w + 1], words[w + 2], words[w + 3]);
    if (name !== null) this.hostsSeen.add(name);
  }

  private countTcp(row: number): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const d = row * ROW_DOUBLES + BYTES_A;
    this.tcpBytes += this.table.doubles[d] + this.table.doubles[d + 1];
    const responder: End = initiatorOf(this.table, row) === 0 ? 1 : 0;
    const flags = words[w + FLAGS];
    const midFlow = (flags & (SYN_SEEN | SYN_ACK_SEEN)) === 0;
    if (midFlow && this.isRelayAsked(row, responder)) this.troubles.add("relay.open_before_start");
    else if (this.isUnheard(row, responder === 0 ? 1 : 0) && this.isRelayAsked(row, responder))
      this.troubles.add("relay.client_unseen");
    if (!this.isInside(row, 0) || !this.isInside(row, 1)) return;
    if (words[w + PACKETS_A] > 0 && words[w + PACKETS_B] > 0) this.tcpBothWays++;
    // A SYN to a dead host is no evidence; data, an acknowledgement or an end without an answer is.
    else if (midFlow || (flags & (ESTABLISHED | SYN_ACK_SEEN | FIN_A | FIN_B)) !== 0) this.tcpOneWay++;
  }

  /** Nothing of this end was seen, but what the other acknowledged of it. */
  private isUnheard(row: number, end: End): boolean {
    const isSilent = this.table.words[row * ROW_WORDS + PACKETS_A + end] === 0;
    return isSilent && this.table.doubles[row * ROW_DOUBLES + BYTES_A + end] > 0;
  }

  /** The responder is a relay, or either end is where nothing says who the responder is. */
  private isRelayAsked(row: number, responder: End): boolean {
    if (this.judge.isRelay(...addressOf(this.table, row, responder))) return true;
    const confidence = this.table.words[row * ROW_WORDS + FLAGS] & CONFIDENCE_MASK;
    const initiator: End = responder === 0 ? 1 : 0;
    return confidence === CONFIDENCE_UNKNOWN && this.judge.isRelay(...addressOf(this.table, row, initiator));
  }

  private countService(row: number): void {
    const responder: End = initiatorOf(this.table, row) === 0 ? 1 : 0;
    const text = formatAddress(addressOf(this.table, row, responder));
    const proto = protoOf(this.table, row);
    const port = portOf(this.table, row, responder);
    const used = proto === PROTO_TCP ? flowOutcome(this.table, row, false) >= CONNECTED : true;
    if (!used || this.table.words[row * ROW_WORDS + PACKETS_A + responder] === 0) return;
    for (const service of this.judge.policy.services) {
      if (formatAddress(service.address) === text && matchesPort(service.port, proto, port))
        this.servicesUsed.add(serviceText(service));
    }
  }

  private isInside(row: number, end: End): boolean {
    return classOf(this.table, row, end) === INSIDE;
  }
}

/** What a service is told apart by, also after a reload. */
export function serviceText({ role, address, port }: InventoryService): string {
  return `${formatAddress(address)} ${port.text} ${role}`;
}
