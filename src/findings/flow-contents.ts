import {
  FLAGS,
  IS_TUNNEL,
  JUDGED,
  JUDGED_ALLOWED,
  JUDGED_FINDING,
  JUDGED_REF,
  KEPT_BESIDE,
  ROW_WORDS,
} from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, initiatorOf } from "../flow/flow-view.ts";
import type { SshBanner } from "../names/ssh.ts";
import type { Judge } from "../policy/judge.ts";
import { type Finding, list, type NameEvidence } from "./finding.ts";
import { crossesBoundary } from "./flow-ends.ts";
import { openFlowFinding } from "./flow-finding.ts";
import type { Ledger } from "./ledger.ts";

/** What flows turn out to carry (DNS, SSH, packets of another network), and what they are found as because of it. */
export class FlowContents {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;
  /** What kind of tunnel a flow is. */
  private readonly tunnels = new Map<number, string>();

  constructor(table: FlowTable, judge: Judge, ledger: Ledger) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
  }

  /** The flow, of which no name is waited for, speaks DNS to a resolver that is not approved. */
  isForeignDns(row: number): void {
    const judged = this.table.words[row * ROW_WORDS + JUDGED];
    if (judged === JUDGED_ALLOWED) return;
    if (judged === JUDGED_FINDING) {
      const { kind } = this.findingOf(row);
      if (kind !== "egress.flow" && kind !== "inside.unapproved" && kind !== "dns.encrypted") return;
    }
    openFlowFinding(this.table, this.ledger, row, "dns.resolver", null, "none", null);
  }

  /**
   * The flow speaks DNS under encryption. Returns whether its questions are asked of an approved resolver inside,
   * where nobody but the resolver can tell what they are.
   */
  isEncryptedDns(row: number): boolean {
    const initiator = initiatorOf(this.table, row);
    const isInside = !crossesBoundary(this.table, row);
    if (isInside && this.judge.isResolver(...addressOf(this.table, row, initiator === 0 ? 1 : 0)))
      return true;
    if (this.table.words[row * ROW_WORDS + JUDGED] === JUDGED_FINDING) {
      const { kind, name, evidence } = this.findingOf(row);
      if (kind !== "egress.flow" && kind !== "inside.unapproved") return false;
      openFlowFinding(this.table, this.ledger, row, "dns.encrypted", name, evidence, null);
    } else if (isInside) openFlowFinding(this.table, this.ledger, row, "dns.encrypted", null, "none", null);
    return false;
  }

  /** The flow is a tunnel of this kind: across the boundary it is found as one. */
  isTunnel(row: number, tunnel: string): void {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    if ((words[w + FLAGS] & IS_TUNNEL) !== 0) return;
    words[w + FLAGS] |= IS_TUNNEL | KEPT_BESIDE;
    this.tunnels.set(row, tunnel);
    if (words[w + JUDGED] !== JUDGED_FINDING) return;
    const { kind, name, evidence } = this.findingOf(row);
    if (kind === "egress.flow" || kind === "ingress.flow") this.findTunnel(row, name, evidence);
  }

  /** The flow, which is a tunnel, is found as one. */
  findTunnel(row: number, name: string | null, evidence: NameEvidence): void {
    openFlowFinding(this.table, this.ledger, row, "tunnel.encapsulated", name, evidence, null);
    this.listTunnel(row);
  }

  /** The finding that the flow is now says what kind of tunnel it goes through. */
  listTunnel(row: number): void {
    list(this.findingOf(row).via, this.tunnels.get(row) ?? "");
  }

  /** What the two ends of an SSH connection say they are is kept with its finding. */
  sshSeen(row: number, client: SshBanner | null, server: SshBanner | null): void {
    if (this.table.words[row * ROW_WORDS + JUDGED] !== JUDGED_FINDING) return;
    const { details } = this.findingOf(row);
    if (client !== null) list(details, `SSH client ${client.softwareVersion}`);
    if (server !== null) list(details, `SSH server ${server.softwareVersion}`);
  }

  /** The flow is over. */
  close(row: number): void {
    this.tunnels.delete(row);
  }

  private findingOf(row: number): Finding {
    return this.ledger.get(this.table.words[row * ROW_WORDS + JUDGED_REF]);
  }
}
