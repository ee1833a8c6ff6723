import { remembering } from "../text-memo.ts";
import { carriedV4, carriesV4, classifyAddress, judgedAddress } from "./address-class.ts";
import { isV4, MAPPED, type Words } from "./address-text.ts";
import { EnclaveNames, type NameClass, type SearchStem } from "./enclave-names.ts";
import { canonicalName, isHostName, NameIndex, NameSet } from "./name-set.ts";
import { type EnclavePolicy, OUT, type Rule } from "./policy.ts";
import { matchesPort } from "./ports.ts";
import { PrefixTable } from "./prefix-table.ts";

/** A question about one flow. The caller keeps one record and fills it anew for each question. */
export class FlowQuestion {
  /** The inside party. */
  i0 = 0;
  i1 = 0;
  i2 = 0;
  i3 = 0;
  /** The outside party. */
  o0 = 0;
  o1 = 0;
  o2 = 0;
  o3 = 0;
  /** Who initiated: OUT (0) the inside party, IN (1) the outside party. */
  direction: number = OUT;
  /** IP protocol number. */
  proto = 0;
  responderPort = 0;
  /** When the flow started, Unix seconds of packet time. */
  startSec = 0;

  /** Answer: index of the first rule that allows, or -1. */
  rule = -1;
  /** Answer: where no rule allows, the first that would if it had not expired, or -1. */
  expiredRule = -1;
}

interface CompiledRule {
  readonly rule: Rule;
  readonly to: PrefixTable;
  readonly from: PrefixTable | null;
}

/** Answers every question about one enclave file. Asking allocates nothing, names aside. */
export class Judge {
  policy!: EnclavePolicy;
  #inside!: PrefixTable;
  #resolvers!: PrefixTable;
  #relays!: PrefixTable;
  #names!: EnclaveNames;
  #mirrors!: readonly { names: NameSet; to: PrefixTable }[];
  #rules!: readonly CompiledRule[];
  /** All that any address rule covers: most outside destinations end here. */
  #anyTo!: PrefixTable;
  /** From a name to the rules that cover it. */
  #nameRules!: NameIndex;
  /** Indexes of the rules with a name that matches. */
  #rulesOf!: (name: string) => readonly number[];
  #hosts!: Map<number, InventoryEntry[]>;
  #nat!: readonly { address: Words; hosts: PrefixTable }[];

  constructor(policy: EnclavePolicy) {
    this.adopt(policy);
  }

  /** Answers by this policy from now on. Rule indexes that were given out before mean nothing any more. */
  adopt(policy: EnclavePolicy): void {
    this.policy = policy;
    this.#inside = new PrefixTable(policy.inside);
    this.#resolvers = new PrefixTable(policy.resolvers);
    this.#relays = new PrefixTable(policy.relays);
    this.#names = new EnclaveNames(policy);
    this.#mirrors = policy.mirrored.map((m) => ({ names: new NameSet([m.name]), to: new PrefixTable(m.to) }));
    this.#rules = policy.rules.map((rule) => ({
      rule,
      to: new PrefixTable(rule.toPrefixes),
      from: rule.from === null ? null : new PrefixTable(rule.from),
    }));
    this.#anyTo = new PrefixTable(policy.rules.flatMap((rule) => rule.toPrefixes));
    const names = new NameIndex(policy.rules.map((rule) => rule.toNames));
    this.#nameRules = names;
    this.#rulesOf = remembering((name) => names.listsOf(name));
    this.#nat = policy.nat.map((n) => ({ address: n.address, hosts: new PrefixTable(n.hosts) }));
    this.#hosts = new Map();
    this.#listHosts();
  }

  /** INSIDE, LOCAL or OUTSIDE (DESIGN §3). */
  addressClass(w0: number, w1: number, w2: number, w3: number): number {
    return classifyAddress(this.#inside, w0, w1, w2, w3);
  }

  /** Fills `q.rule` and `q.expiredRule` from the address rules, in file order. */
  judgeFlow(q: FlowQuestion): void {
    q.rule = -1;
    q.expiredRule = -1;
    if (!holds(this.#anyTo, q.o0, q.o1, q.o2, q.o3)) return;
    for (let i = 0; i < this.#rules.length && q.rule === -1; i++) {
      const compiled = this.#rules[i];
      if (!holds(compiled.to, q.o0, q.o1, q.o2, q.o3)) continue;
      if (matchesFlow(compiled, q)) decide(q, i, compiled.rule);
    }
  }

  /** The same from the name rules, for a name that is confirmed for this flow. */
  judgeName(q: FlowQuestion, name: string): void {
    q.rule = -1;
    q.expiredRule = -1;
    if (this.#nameRules.isEmpty || !isHostName(name)) return;
    for (const i of this.#rulesOf(name)) {
      const compiled = this.#rules[i];
      if (matchesFlow(compiled, q)) decide(q, i, compiled.rule);
      if (q.rule !== -1) return;
    }
  }

  /** Whether some name rule, expired ones included, could allow this flow once its name is known. */
  couldMatchByName(q: FlowQuestion): boolean {
    if (this.#nameRules.isEmpty) return false;
    for (let i = 0; i < this.#rules.length; i++) {
      const compiled = this.#rules[i];
      if (compiled.rule.toNames.length > 0 && matchesFlow(compiled, q)) return true;
    }
    return false;
  }

  /**
   * Index of the first name rule that covers a DNS question of an inside host, or -1. Ports say
   * nothing about questions; source, hours and expiry do.
   */
  nameAllowed(name: string, i0: number, i1: number, i2: number, i3: number, startSec: number): number {
    return this.#nameRule(name, i0, i1, i2, i3, startSec, false);
  }

  /** The same among expired rules: which would have covered the question. */
  nameAllowedOnceBy(name: string, i0: number, i1: number, i2: number, i3: number, startSec: number): number {
    return this.#nameRule(name, i0, i1, i2, i3, startSec, true);
  }

  /** Class of a name or address literal. */
  nameClass(name: string): NameClass {
    return this.#names.classOf(name);
  }

  /** Stems of the name under the search suffixes, longest suffix first. */
  searchStems(name: string): readonly SearchStem[] {
    return this.#names.searchStems(name);
  }

  isResolver(w0: number, w1: number, w2: number, w3: number): boolean {
    return holds(this.#resolvers, w0, w1, w2, w3);
  }

  /** Whether the enclave file says that a mirror of this name stands at the address. */
  isMirrorOf(name: string, w0: number, w1: number, w2: number, w3: number): boolean {
    const canonical = canonicalName(name);
    for (const mirror of this.#mirrors) {
      if (mirror.names.has(canonical) && holds(mirror.to, w0, w1, w2, w3)) return true;
    }
    return false;
  }

  isRelay(w0: number, w1: number, w2: number, w3: number): boolean {
    return holds(this.#relays, w0, w1, w2, w3);
  }

  /**
   * Whether an inside host may reach another. Hosts without `may_reach` may reach all; the others
   * themselves, the approved resolvers and what is listed.
   */
  mayReach(
    s0: number,
    s1: number,
    s2: number,
    s3: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
  ): boolean {
    const host = this.#hostAt(s0, s1, s2, s3);
    if (host === null || host.reach === null) return true;
    return holds(host.reach, d0, d1, d2, d3) || holds(this.#resolvers, d0, d1, d2, d3);
  }

  /** Inventory name of an address. */
  hostName(w0: number, w1: number, w2: number, w3: number): string | null {
    return this.#hostAt(w0, w1, w2, w3)?.name ?? null;
  }

  /** Of the addresses of one host always the same: the first that the inventory has, or this one. */
  mainAddress(w0: number, w1: number, w2: number, w3: number): Words {
    return this.#hostAt(w0, w1, w2, w3)?.main ?? judgedAddress([w0, w1, w2, w3]);
  }

  /** Whether the enclave file says that hosts stand behind this address. */
  isNat(w0: number, w1: number, w2: number, w3: number): boolean {
    for (const entry of this.#nat) if (isSame(entry.address, w0, w1, w2, w3)) return true;
    return false;
  }

  /** Whether the host h stands behind the NAT address n. */
  standsBehind(
    h0: number,
    h1: number,
    h2: number,
    h3: number,
    n0: number,
    n1: number,
    n2: number,
    n3: number,
  ): boolean {
    for (const entry of this.#nat) {
      if (isSame(entry.address, n0, n1, n2, n3) && entry.hosts.has(h0, h1, h2, h3)) return true;
    }
    return false;
  }

  #nameRule(
    name: string,
    i0: number,
    i1: number,
    i2: number,
    i3: number,
    startSec: number,
    expired: boolean,
  ): number {
    if (this.#nameRules.isEmpty) return -1;
    for (const i of this.#rulesOf(name)) {
      const { rule, from } = this.#rules[i];
      if (rule.direction !== OUT || startSec >= rule.expiresSec !== expired) continue;
      if (from !== null && !holds(from, i0, i1, i2, i3)) continue;
      if (rule.hours === null || rule.hours.include(startSec)) return i;
    }
    return -1;
  }

  #listHosts(): void {
    for (const { name, addresses, mayReach } of this.policy.hosts) {
      const own = addresses.map((words) => ({ first: words, last: words }));
      const reach = mayReach === null ? null : new PrefixTable([...mayReach, ...own]);
      for (const words of addresses) {
        const sameLastWord = this.#hosts.get(words[3]) ?? [];
        sameLastWord.push({ words, main: addresses[0], name, reach });
        this.#hosts.set(words[3], sameLastWord);
      }
    }
  }

  #hostAt(w0: number, w1: number, w2: number, w3: number): InventoryEntry | null {
    if (!isV4(w0, w1, w2) && carriesV4(w0, w1, w2)) return this.#hostAt(0, 0, MAPPED, carriedV4(w0, w1, w3));
    const entries = this.#hosts.get(w3);
    if (entries === undefined) return null;
    for (const entry of entries) if (isSame(entry.words, w0, w1, w2, w3)) return entry;
    return null;
  }
}

interface InventoryEntry {
  readonly words: Words;
  /** The first address of the host. */
  readonly main: Words;
  readonly name: string;
  readonly reach: PrefixTable | null;
}

/** Whether an address is in the table; of a transition address, what it carries is judged, as for its class. */
function holds(table: PrefixTable, w0: number, w1: number, w2: number, w3: number): boolean {
  if (isV4(w0, w1, w2) || !carriesV4(w0, w1, w2)) return table.has(w0, w1, w2, w3);
  return table.has(0, 0, MAPPED, carriedV4(w0, w1, w3));
}

/** Everything but the outside party and the expiry, the cheap tests first. */
function matchesFlow(compiled: CompiledRule, q: FlowQuestion): boolean {
  const { rule, from } = compiled;
  if (rule.direction !== q.direction) return false;
  if (rule.ports !== null && !matchesAnyPort(rule, q)) return false;
  if (from !== null && !holds(from, q.i0, q.i1, q.i2, q.i3)) return false;
  return rule.hours === null || rule.hours.include(q.startSec);
}

function matchesAnyPort(rule: Rule, q: FlowQuestion): boolean {
  if (rule.ports === null) return true;
  for (const range of rule.ports) if (matchesPort(range, q.proto, q.responderPort)) return true;
  return false;
}

function decide(q: FlowQuestion, index: number, rule: Rule): void {
  if (q.startSec < rule.expiresSec) {
    q.rule = index;
    q.expiredRule = -1;
  } else if (q.expiredRule === -1) {
    q.expiredRule = index;
  }
}

function isSame(words: Words, w0: number, w1: number, w2: number, w3: number): boolean {
  return words[3] === w3 && words[2] === w2 && words[1] === w1 && words[0] === w0;
}
