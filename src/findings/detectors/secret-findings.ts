import { hasPorts, protocolName } from "../../decode/protocols.ts";
import { JUDGED, JUDGED_FINDING, JUDGED_REF, ROW_WORDS } from "../../flow/flow-row.ts";
import type { FlowTable } from "../../flow/flow-table.ts";
import { addressOf, classOf, type End, lastMoment, portOf, protoOf } from "../../flow/flow-view.ts";
import { flowOutcome, NAMED } from "../../flow/outcome.ts";
import { isHidden } from "../../names/credential-name.ts";
import { findTokens } from "../../names/credential-tokens.ts";
import type { Credential } from "../../names/credentials.ts";
import { DNS_HEADER_LEN } from "../../names/dns.ts";
import { labelRuns } from "../../names/dns-labels.ts";
import { parseHttpHost } from "../../names/http-host.ts";
import { OUTSIDE } from "../../policy/address-class.ts";
import { formatAddress } from "../../policy/address-text.ts";
import type { Judge } from "../../policy/judge.ts";
import { registrableDomain } from "../../policy/public-suffix.ts";
import type { DnsExchange } from "../dns-exchange.ts";
import { type FindingSubject, list, MAX_LISTED } from "../finding.ts";
import type { Ledger } from "../ledger.ts";
import { CRITICAL, INFO } from "../severity.ts";
import { credentialDetail } from "./credential-detail.ts";

/** Credentials of one segment that are told of. */
const MAX_TOLD = 64;

/** Which way a credential goes. */
interface Way {
  readonly isOutward: boolean;
  /** Name of who is to get it, where that is known. */
  readonly name: string | null;
}

/**
 * `secret.cleartext`: who let whom have a credential. What is kept of one is its kind, its last four characters and
 * a fingerprint, which is keyed with the enclave's name: the same for the same frames and enclave file in every run,
 * another one at every site.
 */
export class SecretFindings {
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;

  constructor(table: FlowTable, judge: Judge, ledger: Ledger) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
  }

  /** A name with a credential in it was asked; view[at, end) is the message. */
  asked(exchange: DnsExchange, qname: string, view: DataView, at: number, end: number): void {
    if (!isHidden(qname) || exchange.group) return;
    const details: (() => string)[] = [];
    const domain = registrableDomain(qname) ?? qname;
    for (const text of labelRuns(view, at + DNS_HEADER_LEN, end, domain.split(".").length)) {
      for (const token of findTokens(text))
        details.push(() => credentialDetail({ ...token, isPassword: false }, text, this.judge.policy.name));
      if (details.length > 0) break;
    }
    const inside = this.judge.nameClass(qname) === "inside";
    const { hostText, resolverPort, proto } = exchange;
    const subject = { source: hostText, destination: domain, port: resolverPort, proto, name: domain };
    this.tell(
      subject,
      details.length === 0 ? [() => "credential in a DNS name"] : details,
      !inside,
      NAMED,
      exchange.at,
    );
  }

  /** `from` gave these credentials of `text`; `head`: of the request that they stand in, where there is one. */
  found(row: number, from: End, credentials: readonly Credential[], text: string, head: string): void {
    if (credentials.length === 0) return;
    const way = this.wayOf(row, from, head);
    const to: End = from === 0 ? 1 : 0;
    const proto = protoOf(this.table, row);
    const address = formatAddress(addressOf(this.table, row, to));
    const subject = {
      source: formatAddress(addressOf(this.table, row, from)),
      destination: way.name ?? address,
      port: hasPorts(proto) ? portOf(this.table, row, to) : null,
      proto: protocolName(proto),
      name: way.name,
    };
    const details = this.detailsOf(credentials.slice(0, MAX_TOLD), text);
    const outcome = flowOutcome(this.table, row, from === 1);
    this.tell(subject, details, way.isOutward, outcome, lastMoment(this.table, row), address);
  }

  /** One for each, made when it is asked for: what is said twice is looked at once. */
  private detailsOf(credentials: readonly Credential[], text: string): (() => string)[] {
    const known = new Map<string, string>();
    return credentials.map((each) => () => {
      const said = `${each.kind} ${text.slice(each.at, each.end)}`;
      const detail = known.get(said) ?? credentialDetail(each, text, this.judge.policy.name);
      known.set(said, detail);
      return detail;
    });
  }

  /** To whom it goes: the flow's own destination, or the one that an inside proxy is asked for. */
  private wayOf(row: number, from: End, head: string): Way {
    const words = this.table.words;
    const w = row * ROW_WORDS;
    const crosses = classOf(this.table, row, from === 0 ? 1 : 0) === OUTSIDE;
    const proxied = /^[A-Z]{3,17} http:\/\/([^\s/?#]{1,300})/m.exec(head);
    const host = proxied ?? /^host:[ \t]*([^\s]{1,300})/im.exec(head);
    const named = host === null ? null : parseHttpHost(host[1]);
    const name = named === null || named.odd || named.address !== null ? null : named.host;
    if (!crosses) {
      const outside = proxied !== null && named !== null && this.judge.nameClass(named.host) === "outside";
      return { isOutward: outside, name: outside ? name : null };
    }
    const known = words[w + JUDGED] === JUDGED_FINDING ? this.ledger.get(words[w + JUDGED_REF]).name : null;
    return { isOutward: true, name: known ?? name };
  }

  /** `details`: one for each credential, made where there is room for them. */
  private tell(
    subject: Pick<FindingSubject, "source" | "destination" | "port" | "proto" | "name">,
    details: readonly (() => string)[],
    isOutward: boolean,
    outcome: number,
    at: { sec: number; nsec: number },
    ip: string | null = null,
  ): void {
    const evidence = subject.name === null ? "none" : "in-flow";
    const handle = this.ledger.open({ kind: "secret.cleartext", ...subject, evidence, rule: null }, at);
    const finding = this.ledger.get(handle);
    if (isOutward) finding.severityCap = CRITICAL;
    else if (finding.attempts === 0) finding.severityCap = INFO;
    for (const detail of details) if (finding.details.length < MAX_LISTED) list(finding.details, detail());
    const counts = { attempts: details.length, bytesOut: 0, bytesIn: 0, oneWayBytes: 0 };
    this.ledger.share(handle, { ...counts, outcome, first: at, last: at, ip });
  }
}
