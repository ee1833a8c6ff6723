import { PACKETS_A, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, lastMoment } from "../flow/flow-view.ts";
import type { QuicHello } from "../flow/quic-sink.ts";
import type { DnsQuestion } from "../names/dns.ts";
import type { DnsAnswers } from "../names/dns-answers.ts";
import { rcodeName, rrtypeName } from "../names/dns-types.ts";
import type { HttpRequest } from "../names/http-head.ts";
import type { ClientHello } from "../names/tls-client-hello.ts";
import { INSIDE } from "../policy/address-class.ts";
import { formatAddress, type Words } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import type { Moment } from "./finding.ts";
import type { Observer, Sighting } from "./observer.ts";

/** How a name is judged, by itself: flows have their own judgement. */
export type NameVerdict = "inside" | "local" | "mirrored" | "allowed" | "outside";

/** A name that was asked for or named, by one host. */
export interface SeenName {
  readonly name: string;
  /** `A`, `AAAA`; `TLS`, `QUIC`, `HTTP` for names told in flows. */
  what: string;
  readonly host: string;
  readonly hostName: string | null;
  verdict: NameVerdict;
  /** Rule that allows it. */
  rule: string | null;
  /** The latest answer, "" while there is none. */
  answer: string;
  count: number;
  last: Moment;
}

/** An inside host as it was seen. */
export interface SeenHost {
  readonly address: string;
  readonly name: string | null;
  /** Flows that it began, and that others began toward it. */
  began: number;
  reached: number;
  names: number;
  /** Packets from it, and packets to it, were seen. */
  spoke: boolean;
  heard: boolean;
  lastSec: number;
}

/** What changed since it was asked for last. */
export interface TrafficChanges {
  readonly names: readonly SeenName[];
  readonly hosts: readonly SeenHost[];
}

/** Names and hosts that are kept; the oldest names go, and hosts beyond are not listed. */
const MAX_NAMES = 2000;
const MAX_HOSTS = 4096;
/** What one drain hands on. */
const MAX_DRAINED = 400;
const MAX_ANSWERS = 3;
/** Rows that a refresh looks at, and those of them in which something went on lately. */
const MAX_ROWS = 1 << 16;
const MAX_ACTIVE = 1 << 13;
const ACTIVE_SEC = 60;

/** What a dashboard shows of names and hosts. Only where one is open: it makes objects for every new flow. */
export class LiveTraffic implements Observer {
  private readonly table: () => FlowTable;
  private readonly judge: Judge;
  private readonly names = new Map<string, SeenName>();
  private readonly hosts = new Map<string, SeenHost>();
  private readonly newNames = new Set<SeenName>();
  private readonly newHosts = new Set<SeenHost>();
  /** Where the next refresh goes on, and the latest time that one has met. */
  private nextRow = 0;
  private latestSec = -Infinity;

  /** `table` is asked for when the first flow is seen. */
  constructor(judge: Judge, table: () => FlowTable) {
    this.judge = judge;
    this.table = table;
  }

  /** Names and hosts that changed since the last call; what is beyond the cap comes with the next. */
  drain(): TrafficChanges {
    return { names: drained(this.newNames), hosts: drained(this.newHosts) };
  }

  /** Brings up to date when hosts were heard last, from flows that are open: a part of them with each call. */
  refreshHosts(): void {
    const table = this.table();
    let active = 0;
    for (let n = Math.min(table.rowsUsed, MAX_ROWS); n > 0 && active < MAX_ACTIVE; n--) {
      const row = this.nextRow < table.rowsUsed ? this.nextRow : 0;
      this.nextRow = row + 1;
      if (!table.isLive(row) || table.lastSec(row) < this.latestSec - ACTIVE_SEC) continue;
      const at = lastMoment(table, row);
      this.latestSec = Math.max(this.latestSec, at.sec);
      this.sides(table, row, at);
      active++;
    }
  }

  input(): void {}

  flowBegan(row: number): void {
    const table = this.table();
    const at = lastMoment(table, row);
    const from = this.hostOf(table, row, 0, at);
    const to = this.hostOf(table, row, 1, at);
    if (from !== null) {
      from.began++;
      from.spoke = true;
    }
    if (to !== null) {
      to.reached++;
      to.heard = true;
    }
  }

  flow({ table, row, at }: Sighting): void {
    this.sides(table, row, at);
  }

  private sides(table: FlowTable, row: number, at: Moment): void {
    for (const end of [0, 1] as const) {
      const host = this.hostOf(table, row, end, at);
      if (host === null) continue;
      host.spoke ||= table.words[row * ROW_WORDS + PACKETS_A + end] > 0;
      host.heard ||= table.words[row * ROW_WORDS + PACKETS_A + 1 - end] > 0;
    }
  }

  dns(seen: Sighting, question: DnsQuestion, answers: DnsAnswers | null): void {
    if (question.questions === 0) return;
    const asker: End = answers === null ? seen.from : seen.from === 0 ? 1 : 0;
    const entry = this.nameOf(seen, asker, question.qname, rrtypeName(question.qtype));
    if (answers === null) entry.count++;
    else if (entry.answer === "" || answers.records.some(({ address }) => address !== null)) {
      entry.answer = answerText(question, answers); // an empty answer about AAAA does not hide that about A
    }
  }

  tls(seen: Sighting, hello: ClientHello): void {
    if (hello.sni !== "") this.nameOf(seen, seen.from, hello.sni, "TLS").count++;
  }

  quic(seen: Sighting, { names }: QuicHello): void {
    if (names.length > 0) this.nameOf(seen, seen.from, names[0], "QUIC").count++;
  }

  http(seen: Sighting, request: HttpRequest): void {
    if (request.host !== "") this.nameOf(seen, seen.from, request.host, "HTTP").count++;
  }

  httpAnswer(): void {}

  ssh(): void {}

  icmp(): void {}

  icmpError(): void {}

  private hostOf(table: FlowTable, row: number, end: End, at: Moment): SeenHost | null {
    const words: Words = addressOf(table, row, end);
    if (this.judge.addressClass(...words) !== INSIDE) return null; // a row that just began has no class yet
    const address = formatAddress(words);
    let host = this.hosts.get(address);
    if (host === undefined) {
      if (this.hosts.size >= MAX_HOSTS) return null;
      const name = this.judge.hostName(...words);
      host = { address, name, began: 0, reached: 0, names: 0, spoke: false, heard: false, lastSec: 0 };
      this.hosts.set(address, host);
    }
    host.lastSec = Math.max(host.lastSec, at.sec);
    this.newHosts.add(host);
    return host;
  }

  private nameOf({ table, row, at }: Sighting, asker: End, name: string, what: string): SeenName {
    const words: Words = addressOf(table, row, asker);
    const host = formatAddress(words);
    const key = `${host} ${name}`;
    const known = this.names.get(key);
    if (known !== undefined) {
      this.names.delete(key); // to the end: the oldest are the first
      this.names.set(key, known);
      known.last = { ...at };
      known.what = what;
      this.newNames.add(known);
      return known;
    }
    const seenHost = this.hostOf(table, row, asker, at);
    if (seenHost !== null) seenHost.names++;
    const rule = this.judge.nameAllowed(name, ...words, at.sec);
    const entry: SeenName = {
      name,
      what,
      host,
      hostName: this.judge.hostName(...words),
      verdict: this.verdictOf(name, rule),
      rule: rule < 0 ? null : this.judge.policy.rules[rule].id,
      answer: "",
      count: 0,
      last: { ...at },
    };
    this.names.set(key, entry);
    this.newNames.add(entry);
    if (this.names.size > MAX_NAMES) this.forgetOldest();
    return entry;
  }

  private verdictOf(name: string, rule: number): NameVerdict {
    switch (this.judge.nameClass(name)) {
      case "inside":
        return "inside";
      case "exempt":
        return "local";
      case "mirrored":
        return "mirrored";
      default:
        return rule < 0 ? "outside" : "allowed";
    }
  }

  private forgetOldest(): void {
    for (const [key, entry] of this.names) {
      this.names.delete(key);
      this.newNames.delete(entry);
      return;
    }
  }
}

/** Copies of the first, which are taken out. */
function drained<T extends object>(from: Set<T>): T[] {
  const taken: T[] = [];
  for (const each of from) {
    if (taken.length === MAX_DRAINED) break;
    from.delete(each);
    taken.push({ ...each });
  }
  return taken;
}

function answerText(question: DnsQuestion, { records }: DnsAnswers): string {
  const addresses = records.flatMap(({ address }) =>
    address === null ? [] : [formatAddress(words(address))],
  );
  if (addresses.length === 0) {
    const first = records[0];
    return first === undefined
      ? rcodeName(question.rcode)
      : `${rrtypeName(first.type)} ${first.target ?? first.text}`;
  }
  const more = addresses.length - MAX_ANSWERS;
  return `${addresses.slice(0, MAX_ANSWERS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function words(address: Int32Array): Words {
  return [address[0], address[1], address[2], address[3]];
}
