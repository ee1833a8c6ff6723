import { FLAGS, IS_TUNNEL, PACKETS_A, ROW_WORDS } from "../.modules/flow/flow-row.js";
import { addressOf, initiatorOf, portOf, protoOf } from "../.modules/flow/flow-view.js";
import { formatAddress } from "../.modules/policy/address-text.js";

/** Protocols that have a name in the oracle's FLOW facts; the others are called ip-NUMBER. */
const PROTO_NAMES = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [58, "icmpv6"],
  [132, "sctp"],
]);
/** Types of the answers that the oracle lists: A, CNAME, AAAA. */
const SHOWN_TYPES = new Set([1, 5, 28]);
const WITH_PORTS = new Set([6, 17, 132]);

/** Observes a run and keeps what it is told as facts in the oracle's terms, one text each. */
export class FactObserver {
  facts = new Set();
  /** Packets of each 5-tuple, from the end whose text sorts first and from the other. */
  packets = new Map();

  input() {}

  flowBegan() {}

  dns(seen, question, answers) {
    if (answers !== null) this.answers(seen, question, answers);
    if (question.response || question.questions === 0) return;
    for (const { qname, qtype } of [question, ...question.others]) {
      // Without a label and without a type nothing of the question could be read.
      if (qname !== "" || qtype !== 0) this.facts.add(`DNSQ ${ends(seen)} ${qname || "<root>"} ${qtype}`);
    }
  }

  answers({ table, row, from }, question, { records, further }) {
    const to = from === 0 ? 1 : 0;
    const [src, dst] = [from, to].map((end) => formatAddress(addressOf(table, row, end)));
    const asked = question.questions > 0 ? question.qname || "<root>" : "-";
    for (const { name, type, address, target } of [...records, ...further]) {
      const value = address === null ? target : formatAddress([...address]);
      if (SHOWN_TYPES.has(type) && value !== null) {
        this.facts.add(`DNSA ${src} ${dst} ${asked} ${name || "<root>"} ${type} ${value || "<root>"}`);
      }
    }
  }

  tls(seen, hello) {
    for (const name of hello.names) this.facts.add(`SNI ${ends(seen)} ${name}`);
    const hidden = hello.hasEch ? "ECH" : hello.hasEsni ? "ESNI" : "-";
    for (const name of hello.names.length > 0 ? hello.names : ["-"]) {
      this.facts.add(`CHLO ${ends(seen)} ${name} ${hidden}`);
    }
  }

  quic(seen, { version, names }) {
    for (const name of names.length > 0 ? names : ["-"]) {
      this.facts.add(`QUIC ${ends(seen)} ${versionText(version)} ${name}`);
    }
  }

  http(seen, request) {
    if (request.form === "absolute" || request.form === "authority") {
      this.facts.add(`HTTPURI ${ends(seen)} ${request.method} ${request.target.toLowerCase()}`);
    }
    const hosts = [request.host, ...request.otherHosts.map(({ host }) => host)];
    for (const host of hosts) {
      if (host !== "") this.facts.add(`HTTP ${ends(seen)} ${request.method} ${host}`);
    }
  }

  httpAnswer() {}

  ssh() {}

  icmp() {}

  icmpError() {}

  flow({ table, row }) {
    const proto = protoOf(table, row);
    const client = initiatorOf(table, row);
    const server = client === 0 ? 1 : 0;
    const port = (end) => (WITH_PORTS.has(proto) ? portOf(table, row, end) : "-");
    const text = (end) => `${formatAddress(addressOf(table, row, end))} ${port(end)}`;
    const name = PROTO_NAMES.get(proto) ?? `ip-${proto}`;
    this.facts.add(`FLOW ${name} ${text(client)} ${text(server)}`);
    this.#count(
      name,
      [text(0), text(1)],
      table.words.slice(row * ROW_WORDS + PACKETS_A, row * ROW_WORDS + PACKETS_A + 2),
    );
    if ((table.words[row * ROW_WORDS + FLAGS] & IS_TUNNEL) === 0) return;
    for (const [src, dst] of [
      [client, server],
      [server, client],
    ]) {
      const [from, to] = [src, dst].map((end) => formatAddress(addressOf(table, row, end)));
      this.facts.add(`TUNNEL ${name} ${from} ${to} ${port(dst)}`);
    }
  }

  #count(name, [a, b], [fromA, fromB]) {
    const [key, first, second] =
      a < b ? [`${name} ${a} ${b}`, fromA, fromB] : [`${name} ${b} ${a}`, fromB, fromA];
    const [before, back] = this.packets.get(key) ?? [0, 0];
    this.packets.set(key, [before + first, back + second]);
  }
}

/** The oracle has "0x00000001" for "1", and Google's versions as they call themselves. */
function versionText(version) {
  return /^[0-9a-f]+$/.test(version) ? `0x${version.padStart(8, "0")}` : version;
}

/** Who said it, to whom, at which port. */
function ends({ table, row, from }) {
  const to = from === 0 ? 1 : 0;
  const [src, dst] = [from, to].map((end) => formatAddress(addressOf(table, row, end)));
  return `${src} ${dst} ${portOf(table, row, to)}`;
}
