import { FINDING_KINDS } from "../findings/finding-kinds.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { bytesText, counted } from "../report/text-figures.ts";

/** What happened, in a plain sentence or two. */
export function sentenceOf(finding: RatedFinding): string {
  const who = whoOf(finding);
  const what =
    SENTENCES[finding.kind]?.(finding, who) ??
    `${who}, ${targetOf(finding)}: ${FINDING_KINDS[finding.kind]}.`;
  return `${what} ${outcomeSentence(finding)}`;
}

type Sentence = (finding: RatedFinding, who: string) => string;

/** A kind without one is told by its meaning. */
const SENTENCES: Readonly<Record<string, Sentence | undefined>> = {
  "egress.flow": (f, who) => `${who} tried to reach ${targetOf(f)}, which is outside and not allowed.`,
  "ingress.flow": (f, who) => `${who} came in from outside to ${targetOf(f)}: the boundary leaks inward.`,
  "transit.flow": (f, who) =>
    `${who}, an address that the enclave file does not know, spoke to ${targetOf(f)} on an inside wire.`,
  "inside.unapproved": (f, who) => `${who} reached ${targetOf(f)} inside, beyond what may_reach approves.`,
  "dns.name": (f, who) =>
    `${who} asked for the outside name ${f.destination}. The question alone may be the message.`,
  "dns.resolver": (f, who) => `${who} asked ${targetOf(f)}, which is no approved resolver.`,
  "dns.encrypted": (f, who) =>
    `${who} asked ${targetOf(f)} under encryption: what it asked for cannot be seen.`,
  "tunnel.encapsulated": (f, who) =>
    `${who} has a tunnel to ${targetOf(f)} that nothing allows, whatever is inside it.`,
  "protocol.mismatch": (f, who) =>
    `${who} spoke to ${targetOf(f)} what the port does not say${f.details.length === 0 ? "" : `: ${f.details.join(", ")}`}.`,
  "name.proxy": (f, who) => `${who} asked the proxy ${f.via.join(", ")} for ${targetOf(f)}.`,
  "name.inside": (f, who) =>
    `${who} named ${f.destination} toward an inside address: a mirror, or an interception.`,
  "icmp.stray": (f, who) => `${who} sent an ICMP error to ${targetOf(f)} that quotes no known flow.`,
  "volume.budget": (f, who) =>
    f.rule === null
      ? `${who} sent ${f.details.join(", ")}: crown_jewels_bytes of the enclave file is reached.`
      : `More than the budget of rule ${f.rule} passed, also where it allows the destination.`,
  "tunnel.dns": (f, who) => `${who} hides data in DNS below ${f.destination}: ${f.details.join(", ")}.`,
  "tunnel.icmp": (f, who) => `${who} hides data in pings to ${targetOf(f)}: ${f.details.join(", ")}.`,
  beacon: (f, who) => `${who} tries ${targetOf(f)} like a clock: ${f.details.join(", ")}.`,
  "secret.cleartext": (f, who) =>
    `${who} sent to ${targetOf(f)} what anybody could read: ${f.details.join("; ")}.`,
  "policy.expired": (f, who) =>
    `${who} used ${targetOf(f)}, which only the expired rule ${f.rule ?? ""} would allow.`,
};

function outcomeSentence(finding: RatedFinding): string {
  const { outcomeName, attempts, bytesOut, bytesIn } = finding;
  const tries = counted(attempts, finding.kind === "dns.name" ? "question" : "attempt");
  const bytes = `${bytesText(bytesOut)} left, ${bytesText(bytesIn)} came back`;
  switch (outcomeName) {
    case "named":
      return `${tries}, no answer seen.`;
    case "attempted":
      return `${tries}, no answer seen${bytesOut > 0 ? `: ${bytesText(bytesOut)} left` : ""}.`;
    case "refused":
      return `${tries}, refused.`;
    case "answered":
      return finding.kind === "dns.name" ? `${tries}, answered.` : `${tries}, answered: ${bytes}.`;
    case "connected":
      return `${tries}; it connected: ${bytes}.`;
    case "transferred":
      return `${tries}; it got through: ${bytes}.`;
  }
}

function whoOf({ source, sourceName, kind }: RatedFinding): string {
  if (source === null) return kind === "volume.budget" ? "" : "A rule";
  return sourceName === null ? source : `${sourceName} (${source})`;
}

function targetOf({ destination, ips, port, proto }: RatedFinding): string {
  const address = ips.find((ip) => ip !== destination);
  const where = address === undefined ? destination : `${destination} (${address})`;
  return `${where} ${port === null ? `by ${proto}` : `on ${port}/${proto}`}`;
}
