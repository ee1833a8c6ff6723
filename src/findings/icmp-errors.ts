import { decodeIpv4 } from "../decode/ipv4.ts";
import { decodeIpv6 } from "../decode/ipv6.ts";
import { Packet, resetPacket } from "../decode/packet.ts";
import { FLAGS, ICMP_REFUSED, ROW_WORDS } from "../flow/flow-row.ts";
import { type FlowTable, NO_ROW } from "../flow/flow-table.ts";
import { ANSWERED, ATTEMPTED } from "../flow/outcome.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { Moment } from "./finding.ts";
import type { Ledger } from "./ledger.ts";

const ICMP_UNREACHABLE = 3; // RFC 792
const ICMPV6_UNREACHABLE = 1; // RFC 4443 §3.1

/**
 * ICMP errors: bound to the flow that they quote (RFC 792, RFC 4443 §3). What they quote is no traffic
 * of its own; an error across the boundary that quotes no known flow is a finding.
 */
export class IcmpErrors {
  /** Errors that were bound to a flow. */
  bound = 0;
  private readonly quoted = new Packet();
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;

  constructor(table: FlowTable, judge: Judge, ledger: Ledger) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
  }

  /** An ICMP or ICMPv6 error message whose quote is view[pkt.payloadAt, pkt.payloadEnd). */
  take(pkt: Packet, view: DataView, at: Moment): void {
    const row = this.quotedFlow(pkt, view);
    if (row === NO_ROW) {
      this.stray(pkt, at);
      return;
    }
    this.bound++;
    const unreachable = pkt.ipVersion === 6 ? ICMPV6_UNREACHABLE : ICMP_UNREACHABLE;
    if (pkt.icmpType === unreachable) this.table.words[row * ROW_WORDS + FLAGS] |= ICMP_REFUSED;
  }

  private quotedFlow(pkt: Packet, view: DataView): number {
    const quoted = this.quoted;
    resetPacket(quoted, pkt.payloadEnd);
    if (pkt.ipVersion === 6) decodeIpv6(quoted, view, pkt.payloadAt, pkt.payloadEnd);
    else decodeIpv4(quoted, view, pkt.payloadAt, pkt.payloadEnd);
    if (quoted.ipVersion === 0) return NO_ROW;
    // An error goes to who sent what it quotes: anything else is made up.
    const toSender =
      quoted.src3 === pkt.dst3 &&
      quoted.src2 === pkt.dst2 &&
      quoted.src1 === pkt.dst1 &&
      quoted.src0 === pkt.dst0;
    return toSender ? this.table.find(quoted, this.table.hashOf(quoted)) : NO_ROW;
  }

  private stray(pkt: Packet, at: Moment): void {
    const from = this.judge.addressClass(pkt.src0, pkt.src1, pkt.src2, pkt.src3);
    const to = this.judge.addressClass(pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3);
    if ((from === OUTSIDE) === (to === OUTSIDE)) return;
    const destination = formatAddress([pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3]);
    const handle = this.ledger.open(
      {
        kind: "icmp.stray",
        source: formatAddress([pkt.src0, pkt.src1, pkt.src2, pkt.src3]),
        destination,
        port: null,
        proto: pkt.ipVersion === 6 ? "icmpv6" : "icmp",
        name: null,
        evidence: "none",
        rule: null,
      },
      at,
    );
    const outward = to === OUTSIDE;
    this.ledger.share(handle, {
      attempts: 1,
      bytesOut: outward ? pkt.payloadLen : 0,
      bytesIn: outward ? 0 : pkt.payloadLen,
      oneWayBytes: outward ? pkt.payloadLen : 0,
      outcome: outward ? ATTEMPTED : ANSWERED,
      first: at,
      last: at,
      ip: destination,
    });
  }
}
