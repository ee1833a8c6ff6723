import { FLAGS, KEPT_BESIDE, ROW_WORDS } from "../../flow/flow-row.ts";
import type { FlowTable } from "../../flow/flow-table.ts";
import { classOf, type End, initiatorOf, lastMoment } from "../../flow/flow-view.ts";
import { isHidden } from "../../names/credential-name.ts";
import { inLine } from "../../names/credential-reach.ts";
import { CredentialSigns } from "../../names/credential-signs.ts";
import { ANYTHING, findCredentials } from "../../names/credentials.ts";
import { ldapPassword } from "../../names/ldap-bind.ts";
import { latin1 } from "../../names/octet-text.ts";
import { socksPassword } from "../../names/socks-password.ts";
import { INSIDE, OUTSIDE } from "../../policy/address-class.ts";
import type { SecretFindings } from "./secret-findings.ts";

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
/** Credentials of one kind that are looked for in one segment. */
const MAX_OF_KIND = 16;
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
  /** What its last lines may hold, by the signs in them (credential-signs.ts). */
  sorts: number;
}

/** Looks for credentials in readable traffic, also where one goes on in the next segment. */
export class Secrets {
  /** Directions whose last lines were not kept. */
  overflow = 0;
  private readonly signs = new CredentialSigns();
  private readonly directions = new Map<number, Direction>();
  /** Directions of which the last was a credential, and when that is told. */
  private readonly waiting = new Map<number, number>();
  private readonly table: FlowTable;
  private readonly findings: SecretFindings;

  constructor(table: FlowTable, findings: SecretFindings) {
    this.table = table;
    this.findings = findings;
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
    this.keep(row, key, direction, whole.slice(inLine(whole, whole.length)), 0, end - at, 0);
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
    const sorts = this.signs.sorts | (direction?.sorts ?? 0);
    const credentials = findCredentials(text, MAX_OF_KIND, sorts, told);
    // One that nothing follows yet may go on in the next segment.
    const last = credentials.at(-1);
    const open = last !== undefined && last.end === text.length ? credentials.pop() : undefined;
    this.findings.found(row, from, credentials, text, text);
    const isKept = this.keep(row, key, direction, text, open?.at ?? text.length, fresh.length, lines);
    if (open === undefined) this.waiting.delete(key);
    else if (isKept) this.waiting.set(key, lastMoment(this.table, row).sec + WAIT_SEC);
    else this.findings.found(row, from, [open], text, text);
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
    const credentials = findCredentials(carry, Infinity, ANYTHING, told);
    this.findings.found(key >> 1, (key & 1) as End, credentials, carry, carry);
  }

  private gave(row: number, from: End, kind: string, password: string): void {
    const credential = { kind, at: 0, end: password.length, isPassword: true };
    this.findings.found(row, from, [credential], password, "");
  }

  /** `from` sent header fields that are read elsewhere (HTTP/2), a line each. */
  headers(row: number, from: End, lines: string, host: string): void {
    if (lines === "" || this.limitOf(row, from) === 0) return;
    this.findings.found(row, from, findCredentials(lines), lines, `Host: ${host}\r\n`);
  }

  /** `from` named its server, and there was a credential in the name. */
  named(row: number, from: End, name: string): void {
    if (!isHidden(name) || this.limitOf(row, from) === 0) return;
    const credential = { kind: "credential in a server name", at: 0, end: 0, isPassword: true };
    this.findings.found(row, from, [credential], "", `Host: ${name}\r\n`);
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
    const direction = before ?? { carry: "", told: 0, seen: 0, last: 0, linesLeft: 0, unread: 0, sorts: 0 };
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
    const { sorts } = this.signs;
    direction.sorts = carry.length <= length ? sorts : sorts | direction.sorts;
    return true;
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
  if (!text.includes("\n")) return text.slice(-MAX_CARRY);
  let from = text.length;
  for (let lines = 0; lines < CARRIED_LINES && from > 0; lines++) from = text.lastIndexOf("\n", from - 2) + 1;
  return text.slice(Math.max(from, text.length - MAX_CARRY));
}
