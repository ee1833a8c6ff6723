import { readFileSync } from "node:fs";

/** A thing that the oracle saw, in the words of facts.mjs. */
export interface OracleFact {
  /** DNSQ, DNSA, SNI, CHLO, QUIC, HTTP, HTTPURI, FLOW or TUNNEL. */
  readonly kind: string;
  readonly text: string;
  /** Default dissection of sound frames. The others are guesses, or come from malformed frames. */
  readonly certain: boolean;
}

/** What an independent decoder says of one capture. */
export interface OracleReport {
  readonly facts: readonly OracleFact[];
  /** Packets of each 5-tuple: its text with the ends sorted, and how many there and back. */
  readonly packets: ReadonlyMap<string, readonly [there: number, back: number]>;
  /** FLOW facts whose direction a SYN decided. */
  readonly directed: ReadonlySet<string>;
  /** Outer flows of tunnels, and fragments that were not put together: it has no FLOW for them. */
  readonly tunnels: readonly Tunnel[];
  readonly fragments: readonly Ends[];
  /** Layers of the packets, each chain once. */
  readonly chains: readonly string[];
}

export interface Ends {
  readonly src: string;
  readonly dst: string;
}

interface Tunnel extends Ends {
  readonly proto: string;
  /** Of the destination; "-" without ports. */
  readonly port: string;
}

/** Reads the file of facts that stands beside a capture (see the corpus's README). */
export function readOracle(path: string): OracleReport {
  const facts: OracleFact[] = [];
  const packets = new Map<string, readonly [number, number]>();
  const directed = new Set<string>();
  const tunnels: Tunnel[] = [];
  const fragments: Ends[] = [];
  const chains: string[] = [];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const columns = line.split("\t");
    const [kind] = columns;
    if (kind === "ENCAP") chains.push(columns[1]);
    else if (kind === "FRAG") fragments.push(endsOf(columns));
    else if (kind === "TUNNEL") {
      const tunnel = { ...endsOf(columns), proto: columns[3], port: columns[4] };
      tunnels.push(tunnel);
      const text = `TUNNEL ${tunnel.proto} ${tunnel.src} ${tunnel.dst} ${tunnel.port}`;
      facts.push({ kind, text, certain: true });
    } else if (kind === "FLOW") {
      const text = flowText(columns);
      countPackets(packets, columns);
      facts.push({ kind, text, certain: true });
      if (columns[11] === "syn") directed.add(text);
    } else {
      const text = nameText(columns);
      if (text !== null) facts.push({ kind, text, certain: columns[1] === "std" && !isHalfRead(columns) });
    }
  }
  return { facts, packets, directed, tunnels, fragments, chains };
}

/** A request whose method it did not read: it has the same one, or a promise of one, in full elsewhere or nowhere. */
function isHalfRead(columns: readonly string[]): boolean {
  return columns[0] === "HTTP" && columns[6] === "*";
}

function endsOf([, src, dst]: readonly string[]): Ends {
  return { src: address(src), dst: address(dst) };
}

function countPackets(into: Map<string, readonly [number, number]>, columns: readonly string[]): void {
  const [, proto, client, clientPort, server, serverPort, , sent, received] = columns;
  const [a, b] = [`${address(client)} ${clientPort}`, `${address(server)} ${serverPort}`];
  const isInOrder = a < b;
  const key = `${proto} ${isInOrder ? `${a} ${b}` : `${b} ${a}`}`;
  const [there, back] = into.get(key) ?? [0, 0];
  const [more, moreBack] = isInOrder ? [sent, received] : [received, sent];
  into.set(key, [there + Number(more), back + Number(moreBack)]);
}

function flowText([, proto, client, clientPort, server, serverPort]: readonly string[]): string {
  return `FLOW ${proto} ${address(client)} ${clientPort} ${address(server)} ${serverPort}`;
}

function nameText(columns: readonly string[]): string | null {
  if (columns[0] === "QUIC") return quicText(columns);
  if (columns[0] === "DNSA") return answerText(columns);
  const [kind, , , src, dst, port] = columns;
  const ends = `${kind} ${address(src ?? "")} ${address(dst ?? "")} ${port}`;
  switch (kind) {
    case "DNSQ": // blanks as a zone file has them (RFC 1035 §5.1)
      return `${ends} ${columns[6].toLowerCase().replaceAll(" ", "\\032")} ${columns[7]}`;
    case "SNI":
      return `${ends} ${columns[6].toLowerCase()}`;
    case "CHLO":
      return `${ends} ${columns[6].toLowerCase()} ${columns[7]}`;
    case "HTTPURI":
      return `${ends} ${columns[6]} ${columns[7].toLowerCase()}`;
    case "HTTP":
      return `${ends} ${columns[6]} ${hostOf(columns[7])}`;
    default:
      return null;
  }
}

function answerText([kind, , , resolver, client, ...said]: readonly string[]): string {
  const [qname, rrname, rrtype, value] = said.map((text) => text.toLowerCase());
  return `${kind} ${address(resolver)} ${address(client)} ${qname} ${rrname} ${rrtype} ${address(value)}`;
}

/**
 * QUIC has no column for the transport. A version that is not in the packet was said before, with the same
 * name.
 */
function quicText([kind, , src, dst, port, version, name]: readonly string[]): string | null {
  if (version === "") return null;
  return `${kind} ${address(src)} ${address(dst)} ${port} ${version} ${name.toLowerCase()}`;
}

/** A v4-mapped address is the IPv4 address that it stands for. */
function address(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/, "");
}

/** A Host header without its port. */
function hostOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}
