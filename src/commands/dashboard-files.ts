import { readFileSync, writeFileSync } from "node:fs";
import { Document, parseDocument, YAMLSeq } from "yaml";
import { systemMessage } from "../capture/system-message.ts";
import type { FindingRow } from "../dashboard/finding-rows.ts";
import { jsonText } from "../findings/json-text.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { parseAddress } from "../policy/address-text.ts";
import type { EnclaveFile } from "./enclave-option.ts";
import { findingJson } from "./findings-json.ts";

/** Kinds that no allow rule can help with, and what does. */
const NO_RULE: Readonly<Record<string, string>> = {
  "transit.flow": "declare the source under inside, hosts or mirrors: no rule allows transit",
  "inside.unapproved": "extend the host's may_reach: rules are about the outside",
  "name.inside": "list the name under mirrored: it is for information only",
  "volume.budget": "raise the rule's max_bytes_out or max_bytes_in, or crown_jewels_bytes",
  "tunnel.dns": "no rule allows hidden data",
  "tunnel.icmp": "no rule allows hidden data",
  beacon: "allow the destination: its beacon is for information then",
  "secret.cleartext": "no rule allows credentials in the clear: use TLS",
  "protocol.mismatch": "no rule helps: what is spoken is not what the port says",
  "policy.expired": "renew the date of the expired rule",
};

/**
 * Writes the enclave file anew, beside nothing that is in force, with a rule for the finding whose owner, reason and
 * expiry are empty: it does not load until a person has filled them in. Returns the path; throws where no rule helps.
 */
export function draftRule(finding: RatedFinding, { path }: Pick<EnclaveFile, "path">): string {
  const remedy = NO_RULE[finding.kind];
  if (remedy !== undefined) throw new Error(remedy);
  const draft = `gapwatch-draft-${finding.id}.yaml`;
  write(draft, draftText(finding, readFileSync(path, "utf8")));
  return draft;
}

/** The enclave file's text with the rule added. */
export function draftText(finding: RatedFinding, enclaveText: string): string {
  const document = parseDocument(enclaveText);
  let allow = document.get("allow");
  if (!(allow instanceof YAMLSeq)) {
    allow = new YAMLSeq();
    document.set("allow", allow);
  }
  const rule = new Document(ruleOf(finding)).contents;
  if (rule !== null)
    rule.commentBefore = ` draft for finding ${finding.id} (${finding.kind}): complete owner, reason and expires`;
  (allow as YAMLSeq).add(rule);
  return document.toString({ lineWidth: 0 });
}

function ruleOf({ id, kind, source, destination, ips, port, proto }: RatedFinding): object {
  const isIn = kind === "ingress.flow";
  const outside = isIn ? source : destination;
  const inside = isIn ? destination : source;
  const isAddressless = destination === "*";
  return {
    id: `draft-${id}`,
    to: isAddressless ? ips : [outside],
    ...(kind !== "dns.name" && port !== null ? { ports: [`${port}/${proto}`] } : {}),
    ...(inside !== null && parseAddress(inside) !== null ? { from: [inside] } : {}),
    ...(isIn ? { direction: "in" } : {}),
    owner: null,
    reason: null,
    expires: null,
  };
}

/** Writes findings as `gapwatch findings export` prints them, and returns the path. */
export function exportFindings(rows: readonly FindingRow[]): string {
  const time = new Date().toISOString().replace(/[-:]/g, "").slice(0, 15);
  const path = `gapwatch-findings-${time}.ndjson`;
  const lines = rows.map(({ id, finding, ack }) => {
    const stored = ack === null ? null : { ...ack, token: "", finding: id };
    return `${jsonText(findingJson({ finding, ack: stored }))}\n`;
  });
  write(path, lines.join(""));
  return path;
}

/** Never over something that is there. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new Error(`cannot write ${path}: ${systemMessage(error)}`);
  }
}
