import { ANSWERED, NAMED } from "../../flow/outcome.ts";
import type { DnsQuestion } from "../../names/dns.ts";
import type { DnsAnswers } from "../../names/dns-answers.ts";
import { PRIVATE_TYPES_FROM, TYPE_NULL } from "../../names/dns-types.ts";
import type { Judge } from "../../policy/judge.ts";
import { registrableDomain } from "../../policy/public-suffix.ts";
import { reverseZone } from "../../policy/reverse-zone.ts";
import type { DnsExchange } from "../dns-exchange.ts";
import { list } from "../finding.ts";
import { type Ledger, NO_FINDING } from "../ledger.ts";
import { encodedChars } from "./encoded-text.ts";
import type { KeptMemory } from "./kept-memory.ts";
import { isLookup } from "./lookup-zones.ts";
import { emptyZone, halve, keptZone, restoredZone, tellsAnything, type Zone } from "./zone.ts";

/** Zones that are followed at once, one source each; the one that was not asked for longest goes first. */
const MAX_ZONES = 8192;
/** Names of a zone that are told apart; when there are more, all are new once again. */
const MAX_NAMES = 1024;
/** No name that is shorter than this, its zone aside, carries anything worth the look. */
const MIN_CARRIED = 5;

// What makes a tunnel. Measured by `npm run bench:detect` against iodine, generated traffic and noise.
/** Long names: a tunnel fills them, for each question costs a round trip. */
const LONG = { names: 12, chars: 600, mean: 45 };
/** Names of middling length, as of a tunnel that polls. */
const MIDDLING = { names: 40, chars: 1000, mean: 24 };
/** Any encoded names, when that is what most of the zone's names are. */
const MANY = { chars: 8000, share: 0.5 };
/** Questions of types that nothing but tunnels uses. */
const RARE_TYPES = 10;
/** Names never asked before, each answered with text or names: what comes back is the data. */
const ANSWERS = { names: 30, bytes: 4096 };
/** Service labels (`_dmarc`, `_domainkey`) are asked with new names by rights: an answer to them counts for less. */
const SERVICE_WEIGHT = 0.25;
/** Names that are identifiers (RFC 9562) below one zone before they count as encoded data. */
const IDENTIFIERS = 256;
const UUID = /^_?[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * `tunnel.dns`: data hidden in names that are asked, or in what is answered. Looked at for every zone that is not the
 * enclave's own, allowed and exempt ones included, by source and registrable domain.
 */
export class DnsTunnels {
  /** Zones forgotten to make room. */
  evicted = 0;
  private readonly zones = new Map<string, Zone>();
  /** Those to be kept for the runs after this one; null where nobody keeps them. */
  private changed: Set<Zone> | null = null;
  private readonly judge: Judge;
  private readonly ledger: Ledger;

  constructor(judge: Judge, ledger: Ledger) {
    this.judge = judge;
    this.ledger = ledger;
  }

  /** Takes back what earlier runs knew by `fromSec`, and notes from here on what changes. */
  restore(kept: Iterable<KeptMemory>, fromSec: number): void {
    this.changed = new Set();
    for (const each of kept) {
      if (each.detector !== "tunnel.dns" || each.lastSec > fromSec || this.zones.size >= MAX_ZONES) continue;
      this.zones.set(each.key, restoredZone(each));
    }
  }

  /** Of what changed, and was not taken yet, so many at the most: what changed first comes first. */
  takeChanged(most: number): KeptMemory[] {
    const taken: KeptMemory[] = [];
    for (const zone of this.changed ?? []) {
      if (taken.length >= most) break;
      this.changed?.delete(zone);
      if (tellsAnything(zone)) taken.push(keptZone(zone));
    }
    return taken;
  }

  /** A question that is no retry. */
  asked(exchange: DnsExchange, qname: string, qtype: number): void {
    const domain = this.domainOf(exchange, qname);
    if (domain === null) return;
    const zone = this.zoneOf(exchange, domain);
    const hash = hashOf(qname);
    if (zone.names.has(hash)) return;
    if (zone.names.size >= MAX_NAMES) zone.names.clear();
    zone.names.set(hash, false);
    const chars = this.carried(zone, qname, domain);
    zone.asked++;
    if (chars > 0) zone.encoded++;
    zone.chars += chars;
    if (isRare(qtype)) zone.rare++;
    this.judgeZone(exchange, domain, zone, chars, 0);
  }

  /** A response to such a question. */
  answered(exchange: DnsExchange, question: DnsQuestion, answers: DnsAnswers): void {
    if (answers.freeBytes === 0) return;
    const domain = this.domainOf(exchange, question.qname);
    if (domain === null) return;
    const zone = this.zoneOf(exchange, domain);
    const hash = hashOf(question.qname);
    if (zone.names.get(hash) !== false) return;
    zone.names.set(hash, true);
    const weight = question.qname.startsWith("_") || question.qname.includes("._") ? SERVICE_WEIGHT : 1;
    zone.answers += weight;
    zone.answerBytes += weight * answers.freeBytes;
    this.judgeZone(exchange, domain, zone, 0, answers.freeBytes);
  }

  /** The registrable domain of a name that may carry data; null where none can, or nobody outside hears of it. */
  private domainOf({ group }: DnsExchange, qname: string): string | null {
    if (group || qname.length < MIN_CARRIED) return null;
    if (this.judge.nameClass(qname) === "inside") return null;
    const domain = registrableDomain(qname);
    if (domain === null || qname.length - domain.length - 1 < MIN_CARRIED) return null;
    if (!qname.endsWith(".arpa")) return domain;
    const reverse = reverseZone(qname);
    return reverse !== null && !reverse.isBelow ? null : domain;
  }

  private zoneOf({ hostText, at }: DnsExchange, domain: string): Zone {
    const key = `${hostText} ${domain}`;
    let zone = this.zones.get(key);
    if (zone === undefined) {
      zone = emptyZone(key, at);
      if (this.zones.size >= MAX_ZONES) this.evictOldest();
    } else this.zones.delete(key);
    this.zones.set(key, zone); // the last to be asked stands last
    halve(zone, at.sec);
    zone.lastSec = at.sec + at.nsec / 1e9;
    this.changed?.add(zone);
    return zone;
  }

  private evictOldest(): void {
    for (const [key, zone] of this.zones) {
      this.zones.delete(key);
      this.changed?.delete(zone);
      this.evicted++;
      return;
    }
  }

  /** Characters of encoded data in the name. */
  private carried(zone: Zone, qname: string, domain: string): number {
    if (isLookup(qname)) return 0;
    const labels = qname.slice(0, qname.length - domain.length - 1).split(".");
    const others = labels.filter((label) => !UUID.test(label));
    if (others.length === labels.length) return encodedChars(labels);
    return zone.identifiers++ < IDENTIFIERS ? encodedChars(others) : encodedChars(labels);
  }

  private judgeZone(exchange: DnsExchange, domain: string, zone: Zone, chars: number, bytes: number): void {
    const isNew = zone.finding === NO_FINDING;
    if (isNew) {
      const why = tunnelSign(zone);
      if (why === null) return;
      zone.finding = this.open(exchange, domain);
      list(this.ledger.get(zone.finding).details, why);
    }
    const { at } = exchange;
    const isWhole = isNew && !zone.isTold; // what earlier runs told is counted there
    zone.isTold = true;
    const attempts = isWhole ? Math.round(zone.asked) : bytes === 0 ? 1 : 0;
    this.ledger.share(zone.finding, {
      attempts,
      bytesOut: isWhole ? Math.round(zone.chars) : chars,
      bytesIn: isWhole ? Math.round(zone.answerBytes) : bytes,
      oneWayBytes: 0,
      outcome: zone.answers > 0 ? ANSWERED : NAMED,
      first: isWhole ? zone.first : at,
      last: at,
      ip: null,
    });
  }

  private open({ hostText, resolverText, resolverPort, proto, at }: DnsExchange, domain: string): number {
    const asked = {
      source: hostText,
      destination: domain,
      port: resolverPort,
      proto,
      name: domain,
      evidence: "in-flow",
      rule: null,
    } as const;
    this.ledger.fold({ ...asked, kind: "dns.name" }); // its names are parts of one message
    const handle = this.ledger.open({ ...asked, kind: "tunnel.dns" }, at);
    list(this.ledger.get(handle).via, resolverText);
    return handle;
  }
}

/** Why the zone is a tunnel, in words; null while it may be none. */
function tunnelSign({ asked, encoded, chars, rare, answers, answerBytes }: Zone): string | null {
  if (rare >= RARE_TYPES) return "questions of a type that carries raw data";
  const mean = chars / Math.max(1, encoded);
  for (const { names, chars: least, mean: leastMean } of [LONG, MIDDLING]) {
    if (encoded >= names && chars >= least && mean >= leastMean) return "encoded data in the names asked";
  }
  if (chars >= MANY.chars && encoded >= MANY.share * asked) return "encoded data in the names asked";
  if (answers >= ANSWERS.names && answerBytes >= ANSWERS.bytes)
    return "data in the answers, a new name for each";
  return null;
}

function isRare(qtype: number): boolean {
  return qtype === TYPE_NULL || qtype >= PRIVATE_TYPES_FROM;
}

/** 52 bits of two multiplicative hashes (FNV-1a and one like it): the same in every run. */
function hashOf(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b + code, 0x85ebca6b) ^ (b >>> 13);
  }
  return (a >>> 0) * 0x100000 + ((b >>> 0) & 0xfffff);
}
