import { protocolName } from "../../decode/protocols.ts";
import {
  BYTES_A,
  FLAGS,
  JUDGED,
  JUDGED_FINDING,
  JUDGED_REF,
  KEPT_BESIDE,
  ROW_DOUBLES,
  ROW_WORDS,
} from "../../flow/flow-row.ts";
import type { FlowTable } from "../../flow/flow-table.ts";
import {
  addressOf,
  classOf,
  type End,
  firstMoment,
  initiatorOf,
  lastMoment,
  portOf,
  protoOf,
} from "../../flow/flow-view.ts";
import { flowOutcome } from "../../flow/outcome.ts";
import { OUTSIDE } from "../../policy/address-class.ts";
import { formatAddress } from "../../policy/address-text.ts";
import { list } from "../finding.ts";
import { type Ledger, NO_FINDING } from "../ledger.ts";
import { contradictsPort, type SpokenProtocol } from "./port-protocols.ts";

/**
 * `protocol.mismatch`: flows toward the outside that begin with a protocol which is not that of their port, also where
 * a rule allows the port. What runs inside a tunnel or after STARTTLS is not their first word.
 */
export class ProtocolMismatches {
  /** Open flows; the finding is null until it is known what the flow's destination is called. */
  private readonly open = new Map<number, { finding: number | null; readonly protocol: SpokenProtocol }>();
  private readonly table: FlowTable;
  private readonly ledger: Ledger;

  constructor(table: FlowTable, ledger: Ledger) {
    this.table = table;
    this.ledger = ledger;
  }

  /** The flow's first word is `protocol`. */
  begins(row: number, protocol: SpokenProtocol): void {
    const responder: End = initiatorOf(this.table, row) === 0 ? 1 : 0;
    if (!contradictsPort(protoOf(this.table, row), portOf(this.table, row, responder), protocol)) return;
    if (this.open.has(row) || !this.leadsOut(row, responder)) return;
    this.open.set(row, { finding: null, protocol });
    this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    if (protocol === "dns") this.named(row); // nothing in it names its server
  }

  /** The first message was read: whatever name it has is known. */
  named(row: number): void {
    const mismatch = this.open.get(row);
    if (mismatch === undefined || mismatch.finding !== null) return;
    const responder: End = initiatorOf(this.table, row) === 0 ? 1 : 0;
    mismatch.finding = this.find(row, responder, mismatch.protocol);
    this.share(row, responder, mismatch.finding, 1);
  }

  /** The flow is over. */
  close(row: number): void {
    const mismatch = this.open.get(row);
    if (mismatch === undefined) return;
    this.named(row);
    this.open.delete(row);
    const responder: End = initiatorOf(this.table, row) === 0 ? 1 : 0;
    this.share(row, responder, mismatch.finding ?? NO_FINDING, 0);
  }

  private leadsOut(row: number, responder: End): boolean {
    const initiator: End = responder === 0 ? 1 : 0;
    return classOf(this.table, row, responder) === OUTSIDE && classOf(this.table, row, initiator) !== OUTSIDE;
  }

  /** The name of the finding that the flow itself is; what a rule allows goes by its address. */
  private nameOf(row: number): string | null {
    const w = row * ROW_WORDS;
    if (this.table.words[w + JUDGED] !== JUDGED_FINDING) return null;
    return this.ledger.get(this.table.words[w + JUDGED_REF]).name;
  }

  private find(row: number, responder: End, protocol: SpokenProtocol): number {
    const name = this.nameOf(row);
    const port = portOf(this.table, row, responder);
    const proto = protocolName(protoOf(this.table, row));
    const address = formatAddress(addressOf(this.table, row, responder));
    const handle = this.ledger.open(
      {
        kind: "protocol.mismatch",
        source: formatAddress(addressOf(this.table, row, responder === 0 ? 1 : 0)),
        destination: name ?? address,
        port,
        proto,
        name,
        evidence: name === null ? "none" : "in-flow",
        rule: null,
      },
      lastMoment(this.table, row),
    );
    if (handle === NO_FINDING) return handle;
    const finding = this.ledger.get(handle);
    list(finding.ips, address);
    list(finding.details, `${protocol} on ${port}/${proto}`);
    return handle;
  }

  private share(row: number, responder: End, finding: number, attempts: number): void {
    if (finding === NO_FINDING) return;
    const d = row * ROW_DOUBLES + BYTES_A;
    const isLast = attempts === 0;
    this.ledger.share(finding, {
      attempts,
      bytesOut: isLast ? this.table.doubles[d + 1 - responder] : 0,
      bytesIn: isLast ? this.table.doubles[d + responder] : 0,
      oneWayBytes: 0,
      outcome: flowOutcome(this.table, row, responder === 0),
      first: firstMoment(this.table, row),
      last: lastMoment(this.table, row),
      ip: null,
    });
  }
}
