import { hasPorts, protocolName } from "../../decode/protocols.ts";
import { FLAGS, JUDGED, JUDGED_FINDING, JUDGED_REF, KEPT_BESIDE, ROW_WORDS } from "../../flow/flow-row.ts";
import type { FlowTable } from "../../flow/flow-table.ts";
import {
  addressOf,
  classOf,
  type End,
  initiatorOf,
  lastMoment,
  portOf,
  protoOf,
} from "../../flow/flow-view.ts";
import { flowOutcome, NAMED } from "../../flow/outcome.ts";
import { isHidden } from "../../names/credential-name.ts";
import { CredentialSigns } from "../../names/credential-signs.ts";
import { findTokens } from "../../names/credential-tokens.ts";
import { type Credential, findCredentials } from "../../names/credentials.ts";
import { DNS_HEADER_LEN } from "../../names/dns.ts";
import { labelRuns } from "../../names/dns-labels.ts";
import { parseHttpHost } from "../../names/http-host.ts";
import { ldapPassword } from "../../names/ldap-bind.ts";
import { socksPassword } from "../../names/socks-password.ts";
import { INSIDE, OUTSIDE } from "../../policy/address-class.ts";
import { formatAddress } from "../../policy/address-text.ts";
import type { Judge } from "../../policy/judge.ts";
import { registrableDomain } from "../../policy/public-suffix.ts";
import type { DnsExchange } from "../dns-judge.ts";
import { type FindingSubject, list, MAX_LISTED } from "../finding.ts";
import type { Ledger } from "../ledger.ts";
import { CRITICAL, INFO } from "../severity.ts";
import { credentialDetail } from "./credential-detail.ts";

/** Octets of one direction that are looked at: on its way out, and between inside hosts. */
const MAX_OUTWARD = 1 << 24;
const MAX_INSIDE = 1 << 16;
/** Of one segment, reassembled segments being no longer. */
const MAX_CHUNK = 1 << 16;
/** What a direction's last lines are kept of: what they begin may end in the next segment. */
const MAX_CARRY = 4096;
const CARRIED_LINES = 3;
/** Directions whose last lines are kept. */
const MAX_DIRECTIONS = 1 << 14;
/** Octets of a line that are read at once, at the least. */
const MIN_READ = 64;
/** Seconds that a credential at the end of a segment may go on. */
const WAIT_SEC = 2;
/** First octets that have to be text. */
const MIN_TEXT = 4;
/** Credentials of one kind that are looked for in one segment, and those of all kinds that are told of. */
const MAX_OF_KIND = 16;
const MAX_TOLD = 64;
const LF = 0x0a;

interface Direction {
  /** Its last lines, and how much of them was told of. */
  carry: string;
  told: number;
  seen: number;
  /** The last four octets, as CredentialSigns has them. */
  last: number;
  /** Lines that are read because of what was said before them. */
  linesLeft: number;
  /** Octets of `carry` that no rule has seen yet. */
  unread: number;
}

/** Which way a credential goes. */
interface Way {
  readonly isOutward: boolean;
  /** Name of who is to get it, where that is known. */
  readonly name: string | null;
}

/**
 * `secret.cleartext`: credentials in readable traffic. What is kept of one is its kind, its last four characters and
 * a fingerprint, which is keyed with the enclave's name: the same for the same frames and enclave file in every run,
 * another one at every site.
 */
export class Secrets {
  /** Directions whose last lines were not kept. */
  overflow = 0;
  private readonly signs = new CredentialSigns();
  private readonly directions = new Map<number, Direction>();
  /** Directions of which the last was a credential, and when that is told. */
  private readonly waiting = new Map<number, number>();
  private readonly table: FlowTable;
  private readonly judge: Judge;
  private readonly ledger: Ledger;

  constructor(table: FlowTable, judge: Judge, ledger: Ledger) {
    this.table = table;
    this.judge = judge;
    this.ledger = ledger;
  }

  /** `from` said view[at, end) in a TCP flow, in order, in a protocol that is not encrypted. */
  said(row: number, from: End, view: DataView, at: number, end: number): void {
    const limit = this.limitOf(row, from);
    if (limit === 0) return;
    const bind = ldapPassword(view, at, end);
    if (bind !== null) this.gave(row, from, "LDAP password", latin1(view, bind.at, bind.end));
    const login = socksPassword(view, at, end);
    if (login !== null) this.gave(row, from, "SOCKS password", latin1(view, login.at, login.end));
    const key = 2 * row + from;
    const direction = this.directions.get(key);
    if (direction === undefined && !isText(view, at, end)) return;
    if (direction !== undefined && direction.seen >= limit) return;
    const stop = Math.min(end, at + MAX_CHUNK);
    this.signs.last = direction?.last ?? 0;
    const isTelling = this.signs.in(view, at, stop);
    if (isTelling || (direction !== undefined && direction.linesLeft > 0)) {
      this.read(row, from, direction, latin1(view, at, stop), isTelling);
    } else this.pass(row, key, direction, view, at, stop);
  }

  /** Nothing in these octets begins or ends a credential: what may go on is kept. */
  private pass(
    row: number,
    key: number,
    direction: Direction | undefined,
    view: DataView,
    at: number,
    end: number,
  ): void {
    const isLine = view.getUint8(end - 1) === LF;
    if (direction === undefined && isLine) return;
    const text = isLine ? "" : latin1(view, Math.max(at, end - MAX_CARRY), end);
    const whole = text.includes("\n") || isLine ? text : (direction?.carry ?? "") + text;
    this.keep(row, key, direction, whole.slice(whole.lastIndexOf("\n") + 1), 0, end - at, 0);
  }

  private read(
    row: number,
    from: End,
    direction: Direction | undefined,
    fresh: string,
    isTelling: boolean,
  ): void {
    const key = 2 * row + from;
    const text = (direction?.carry ?? "") + fresh;
    const told = direction?.told ?? 0;
    const lines = isTelling ? CARRIED_LINES : (direction?.linesLeft ?? 0) - linesOf(fresh);
    // Octets that come one by one are read when there are some: else each costs what all of them cost.
    const unread = (direction?.unread ?? 0) + fresh.length;
    if (direction !== undefined && unread < MIN_READ && !fresh.includes("\n")) {
      this.keep(row, key, direction, text, told, fresh.length, lines);
      direction.unread = unread;
      this.waiting.set(key, lastMoment(this.table, row).sec + WAIT_SEC);
      return;
    }
    const credentials = findCredentials(text, MAX_OF_KIND).filter((credential) => credential.end > told);
    // One that nothing follows yet may go on in the next segment.
    const last = credentials.at(-1);
    const open = last !== undefined && last.end === text.length ? credentials.pop() : undefined;
    this.found(row, from, credentials, text, text);
    const isKept = this.keep(row, key, direction, text, open?.at ?? text.length, fresh.length, lines);
    if (open === undefined) this.waiting.delete(key);
    else if (isKept) this.waiting.set(key, lastMoment(this.table, row).sec + WAIT_SEC);
    else this.found(row, from, [open], text, text);
  }

  /** Tells of credentials whose end was the last that was heard for a while. */
  settleDue(sec: number): void {
    for (const [key, dueSec] of this.waiting) {
      if (dueSec > sec) return;
      this.settle(key);
    }
  }

  private settle(key: number): void {
    this.waiting.delete(key);
    const direction = this.directions.get(key);
    if (direction === undefined) return;
    const { carry, told } = direction;
    direction.told = carry.length;
    const credentials = findCredentials(carry).filter((credential) => credential.end > told);
    this.found(key >> 1, (key & 1) as End, credentials, carry, carry);
  }

  private gave(row: number, from: End, kind: string, password: string): void {
    const credential = { kind, at: 0, end: password.length, isPassword: true };
    this.found(row, from, [credential], password, "");
  }

  /** `from` sent header fields that are read elsewhere (HTTP/2), a line each. */
  headers(row: number, from: End, lines: string, host: string): void {
    if (lines === "" || this.limitOf(row, from) === 0) return;
    this.found(row, from, findCredentials(lines), lines, `Host: ${host}\r\n`);
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

  /** `from` named its server, and there was a credential in the name. */
  named(row: number, from: End, name: string): void {
    if (!isHidden(name) || this.limitOf(row, from) === 0) return;
    const credential = { kind: "credential in a server name", at: 0, end: 0, isPassword: true };
    this.found(row, from, [credential], "", `Host: ${name}\r\n`);
  }

  /** The flow is over. */
  close(row: number): void {
    for (const key of [2 * row, 2 * row + 1]) if (this.waiting.has(key)) this.settle(key);
    this.directions.delete(2 * row);
    this.directions.delete(2 * row + 1);
  }

  /** How much of what `from` says is looked at: nothing of what comes in, or goes from outside to outside. */
  private limitOf(row: number, from: End): number {
    if (classOf(this.table, row, from) === OUTSIDE) return 0;
    const to = classOf(this.table, row, from === 0 ? 1 : 0);
    if (to === OUTSIDE) return MAX_OUTWARD;
    return to === INSIDE && initiatorOf(this.table, row) === from ? MAX_INSIDE : 0;
  }

  /** Keeps the last lines for what follows them; false where there is no room. `told`: of the text. */
  private keep(
    row: number,
    key: number,
    before: Direction | undefined,
    text: string,
    told: number,
    length: number,
    linesLeft: number,
  ): boolean {
    const carry = lastLines(text);
    const direction = before ?? { carry: "", told: 0, seen: 0, last: 0, linesLeft: 0, unread: 0 };
    if (before === undefined) {
      if (this.directions.size >= MAX_DIRECTIONS) {
        this.overflow++;
        return false;
      }
      this.directions.set(key, direction);
      this.table.words[row * ROW_WORDS + FLAGS] |= KEPT_BESIDE;
    }
    direction.carry = carry;
    direction.told = Math.max(0, told - (text.length - carry.length));
    direction.seen += length;
    direction.last = this.signs.last;
    direction.linesLeft = linesLeft;
    direction.unread = 0;
    return true;
  }

  private found(
    row: number,
    from: End,
    credentials: readonly Credential[],
    text: string,
    head: string,
  ): void {
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
    const details = credentials
      .slice(0, MAX_TOLD)
      .map((each) => () => credentialDetail(each, text, this.judge.policy.name));
    const outcome = flowOutcome(this.table, row, from === 1);
    this.tell(subject, details, way.isOutward, outcome, lastMoment(this.table, row), address);
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

/** Whether the octets begin like text: visible ASCII, tabs and line ends. */
function isText(view: DataView, at: number, end: number): boolean {
  const stop = Math.min(end, at + MIN_TEXT);
  for (let i = at; i < stop; i++) {
    const octet = view.getUint8(i);
    const isVisible = octet >= 0x20 && octet < 0x7f;
    if (!isVisible && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d) return false;
  }
  return end > at;
}

/** Lines that end in a text; so much that none of it is carried counts as one. */
function linesOf(text: string): number {
  let lines = text.length / MAX_CARRY;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** The last lines of a text, or what there is of them. */
function lastLines(text: string): string {
  let from = text.length;
  for (let lines = 0; lines < CARRIED_LINES && from > 0; lines++) from = text.lastIndexOf("\n", from - 2) + 1;
  return text.slice(Math.max(from, text.length - MAX_CARRY));
}

function latin1(view: DataView, at: number, end: number): string {
  return Buffer.from(view.buffer, view.byteOffset + at, end - at).toString("latin1");
}
