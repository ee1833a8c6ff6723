import type { AddressNames, NamedAddress } from "../flow/address-names.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf } from "../flow/flow-view.ts";
import { formatAddress } from "../policy/address-text.ts";
import { FlowQuestion, type Judge } from "../policy/judge.ts";
import {
  type AnsweredName,
  bestName,
  type Host,
  hostOf,
  isConfirmed,
  type NameRuling,
  ruleByNames,
} from "./answered-names.ts";
import { askAbout, innerEndOf } from "./flow-ends.ts";

/** What DNS answers say of flows across the boundary. */
export class FlowAnswers {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly names: AddressNames;
  private readonly question = new FlowQuestion();

  constructor(table: FlowTable, judge: Judge, names: AddressNames) {
    this.table = table;
    this.judge = judge;
    this.names = names;
  }

  /** What the name rules make of the names of its outer end. */
  ruling(row: number): NameRuling {
    const { known, host } = this.about(row);
    return ruleByNames(known, this.judge, host, this.question);
  }

  /** The best name of its outer end. */
  bestName(row: number): AnsweredName {
    const { known, host } = this.about(row);
    return bestName(known, this.judge, host);
  }

  /**
   * The rule that an allowed name in the flow stands for; `rule` is the name's own. That of another name than was
   * answered is the client's choice: the answered one's holds, and its budget.
   */
  ruleOfName(row: number, name: string, rule: number): number {
    const { known, host } = this.about(row);
    const { startSec } = this.question;
    if (known.some((each) => each.name === name && isConfirmed(each, this.judge, host, startSec)))
      return rule;
    const answered = ruleByNames(known, this.judge, host, this.question).rule;
    return answered >= 0 ? answered : rule;
  }

  /** `question` describes the flow then. */
  private about(row: number): { known: readonly NamedAddress[]; host: Host } {
    const inner = innerEndOf(this.table, row);
    askAbout(this.table, row, inner, this.question);
    const outer = formatAddress(addressOf(this.table, row, inner === 0 ? 1 : 0));
    const host = hostOf(this.judge, addressOf(this.table, row, inner));
    return { known: this.names.namesOf(outer, this.question.startSec), host };
  }
}
