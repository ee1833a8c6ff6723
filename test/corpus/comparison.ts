import type { Ends, OracleReport } from "./oracle.ts";

/** A fact on which we and the oracle differ, and how. */
export interface Disagreement {
  readonly how: "missed" | "extra" | "turned" | "counted";
  readonly fact: string;
}

/** Chains of layers that are not decoded: 6LoWPAN, and packets that other protocols quote. */
const NOT_DECODED = /(?:^|:)(?:wpan|6lowpan|sflow|openflow|nhrp)(?::|$)/;

/**
 * How far a capture's facts are compared. "mixed": some of its packets are of chains that are not decoded
 * yet, and their facts have to be listed, for the oracle does not say which fact came from which chain.
 */
export function scopeOf(report: OracleReport): "whole" | "mixed" | "none" {
  const chains = report.chains.filter((chain) => !chain.startsWith("NOIP:"));
  if (!chains.some((chain) => NOT_DECODED.test(chain))) return "whole";
  return chains.every((chain) => NOT_DECODED.test(chain)) ? "none" : "mixed";
}

/** Where `told` (facts of facts.mjs, and its counts of packets) and the oracle differ. */
export function compare(report: OracleReport, told: readonly string[]): Disagreement[] {
  const seen = told.filter((fact) => !fact.startsWith(PACKETS));
  const ours = new Set(seen);
  const ourPairs = new Set(seen.map(undirected));
  const theirPairs = new Set(report.facts.map(({ text }) => undirected(text)));
  const found: Disagreement[] = [];
  for (const { text, certain } of report.facts) {
    if (!certain) continue;
    if (!ourPairs.has(undirected(text))) found.push({ how: "missed", fact: text });
    else if (report.directed.has(text) && !ours.has(text)) found.push({ how: "turned", fact: text });
  }
  for (const fact of ours) {
    if (!theirPairs.has(undirected(fact)) && !isBeyondOracle(report, fact))
      found.push({ how: "extra", fact });
  }
  return [...found, ...miscounted(report, told)];
}

const PACKETS = "PACKETS ";

/** 5-tuples that both have, and in which they count other numbers of packets. */
function miscounted({ packets }: OracleReport, told: readonly string[]): Disagreement[] {
  const found: Disagreement[] = [];
  for (const fact of told) {
    if (!fact.startsWith(PACKETS)) continue;
    const end = fact.lastIndexOf(" ");
    const theirs = packets.get(fact.slice(PACKETS.length, end))?.join("/");
    if (theirs !== undefined && theirs !== fact.slice(end + 1)) found.push({ how: "counted", fact });
  }
  return found;
}

/** A FLOW or TUNNEL with its ends in a fixed order, so that both directions are one; other facts as they are. */
function undirected(fact: string): string {
  const [kind, proto, client, clientPort, server, serverPort] = fact.split(" ");
  if (kind === "TUNNEL") return `${kind} ${proto} ${[client, clientPort].sort().join(" ")} ${server}`;
  if (kind !== "FLOW") return fact;
  return `${kind} ${proto} ${[`${client} ${clientPort}`, `${server} ${serverPort}`].sort().join(" ")}`;
}

/**
 * What the oracle cannot have: tunnels that it does not open, flows of tunnels themselves (it has those inside),
 * flows of fragments that it did not put together (without ports), and questions in NetBIOS name service, which it
 * reads as another protocol.
 */
function isBeyondOracle({ tunnels, fragments }: OracleReport, fact: string): boolean {
  const columns = fact.split(" ");
  if (columns[0] === "TUNNEL") return true;
  if (columns[0] === "DNSQ") return columns[3] === "137";
  if (columns[0] !== "FLOW") return false;
  const [, proto, client, clientPort, server, serverPort] = columns;
  const areEnds = ({ src, dst }: Ends): boolean =>
    (src === client && dst === server) || (src === server && dst === client);
  const ports = [clientPort, serverPort];
  return (
    tunnels.some((tunnel) => areEnds(tunnel) && tunnel.proto === proto && ports.includes(tunnel.port)) ||
    (ports.every((port) => port === "-" || port === "0") && fragments.some(areEnds))
  );
}
