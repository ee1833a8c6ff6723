import { PROTO_TCP } from "../decode/protocols.ts";
import { PACKETS_A, ROW_WORDS } from "../flow/flow-row.ts";
import { type AddressWords, addressOf, classOf, type End, portOf, protoOf } from "../flow/flow-view.ts";
import { CONNECTED, flowOutcome } from "../flow/outcome.ts";
import { INSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import { matchesPort } from "../policy/ports.ts";
import { PrefixTable } from "../policy/prefix-table.ts";
import { isBefore, type Moment } from "./finding.ts";
import type { Observer, Sighting } from "./observer.ts";

/** Hosts that are told apart, and users of a service that are listed; what is beyond is counted only. */
const MAX_HOSTS = 65_536;
const MAX_USERS = 64;

/** A host that used a service. */
export interface ServiceUser {
  readonly ip: string;
  readonly name: string | null;
  uses: number;
  last: Moment;
}

/** How a service of the enclave file was seen in use. */
export interface ServiceUse {
  uses: number;
  readonly users: ServiceUser[];
  last: Moment | null;
}

/** An inside prefix and how many hosts of it were heard. */
export interface PrefixSeen {
  /** As the enclave file has it. */
  readonly prefix: string;
  hosts: number;
}

/**
 * Counts what a run saw of the enclave itself: hosts of each inside prefix that spoke, and who used the
 * services that the enclave file names. Absence of reachback is half of a proof; this is the other half.
 */
export class InsideCensus implements Observer {
  /** By index into the policy's services. */
  readonly services: readonly ServiceUse[];
  readonly prefixes: readonly PrefixSeen[];
  private readonly judge: Judge;
  private readonly tables: readonly PrefixTable[];
  private readonly seen = new Set<string>();

  constructor(judge: Judge) {
    this.judge = judge;
    this.services = judge.policy.services.map(() => ({ uses: 0, users: [], last: null }));
    this.prefixes = judge.policy.inside.map(({ text }) => ({ prefix: text, hosts: 0 }));
    this.tables = judge.policy.inside.map((prefix) => new PrefixTable([prefix]));
  }

  flow(over: Sighting): void {
    this.countHost(over, 0);
    this.countHost(over, 1);
    if (this.services.length > 0) this.countService(over);
  }

  input(): void {}
  flowBegan(): void {}
  dns(): void {}
  tls(): void {}
  quic(): void {}
  http(): void {}
  httpAnswer(): void {}
  ssh(): void {}
  icmp(): void {}
  icmpError(): void {}

  private countHost({ table, row }: Sighting, end: End): void {
    const spoke = table.words[row * ROW_WORDS + PACKETS_A + end] > 0;
    if (!spoke || classOf(table, row, end) !== INSIDE || this.seen.size >= MAX_HOSTS) return;
    const address = addressOf(table, row, end);
    const key = address.join(" ");
    if (this.seen.has(key)) return;
    this.seen.add(key);
    for (const [i, prefixes] of this.tables.entries()) {
      if (prefixes.has(...address)) this.prefixes[i].hosts++;
    }
  }

  /** A flow that its responder took part in; a TCP connection only when it was made. */
  private countService({ table, row, from, at }: Sighting): void {
    const responder: End = from === 0 ? 1 : 0;
    if (table.words[row * ROW_WORDS + PACKETS_A + responder] === 0) return;
    const proto = protoOf(table, row);
    if (proto === PROTO_TCP && flowOutcome(table, row, false) < CONNECTED) return;
    const text = formatAddress(addressOf(table, row, responder));
    const port = portOf(table, row, responder);
    for (const [i, service] of this.judge.policy.services.entries()) {
      if (formatAddress(service.address) !== text || !matchesPort(service.port, proto, port)) continue;
      this.used(this.services[i], addressOf(table, row, from), at);
    }
  }

  private used(use: ServiceUse, by: AddressWords, at: Moment): void {
    use.uses++;
    if (use.last === null || isBefore(use.last, at)) use.last = { ...at };
    const ip = formatAddress(by);
    const known = use.users.find((user) => user.ip === ip);
    if (known !== undefined) {
      known.uses++;
      if (isBefore(known.last, at)) known.last = { ...at };
    } else if (use.users.length < MAX_USERS) {
      use.users.push({ ip, name: this.judge.hostName(...by), uses: 1, last: { ...at } });
    }
  }
}
