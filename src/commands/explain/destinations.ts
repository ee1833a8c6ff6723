import { addressKind } from "../../catalogue/address-hints.ts";
import type { Catalogue, Lookup, Match } from "../../catalogue/catalogue.ts";
import { HostHinter, type HostHints } from "../../catalogue/host-hints.ts";
import { DEPENDENCY_GROUPS, DEPENDENCY_KINDS, groupOf } from "../../catalogue/kinds.ts";
import { jsonText } from "../../findings/json-text.ts";
import { formatAddress, parseAddress } from "../../policy/address-text.ts";
import { parseName } from "../../policy/name-pattern.ts";
import { type Line, labelled, paragraph, renderLines, span } from "../../report/text-layout.ts";
import { plain } from "../../report/text-plain.ts";

const LABEL = 14;
const INDENT = 2;
/** Hosts that are listed where a component is asked for. */
const MAX_OF_COMPONENT = 10;

/** What is known of one name or address. */
export interface DestinationAnswer {
  readonly query: string;
  readonly lookup: Lookup;
  /** Of a name; null for an address. */
  readonly hints: HostHints | null;
  /** Of an address: what kind it is; null for a name, and for an address of no special kind. */
  readonly addressKind: string | null;
}

/** Answers one question after the other; a text that is neither name nor address has no answer. */
export class DestinationAnswers {
  private readonly catalogue: Catalogue;
  private hinter: HostHinter | null = null;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
  }

  answer(query: string): DestinationAnswer | null {
    const { host, port, proto } = readQuery(query);
    const words = parseAddress(host);
    if (words !== null) {
      const lookup = this.catalogue.lookup({ name: null, ips: [formatAddress(words)], port, proto });
      return { query, lookup, hints: null, addressKind: addressKind(words) };
    }
    const name = parseName(host);
    if (name === null) return null;
    const lookup = this.catalogue.lookup({ name, ips: [], port, proto });
    this.hinter ??= new HostHinter(this.catalogue.names());
    const hints = this.hinter.hints(name);
    // One label is hardly a host outside: who types `vllm` means the product.
    const similar = name.includes(".")
      ? hints.similar
      : this.catalogue.namesOf(name).slice(0, MAX_OF_COMPONENT);
    return { query, lookup, hints: { ...hints, similar }, addressKind: null };
  }
}

/** `https://host/path`, `host:443`, `[address]:53/udp`, or the host alone: as it is found in logs. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/i;
const HOST_PORT = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5})(?:\/(tcp|udp))?)?$/;

function readQuery(query: string): { host: string; port: number | null; proto: string | null } {
  const text = AUTHORITY.exec(query)?.[1] ?? query;
  const parts = parseAddress(text) === null ? HOST_PORT.exec(text) : null;
  if (parts === null) return { host: text, port: null, proto: null };
  const port = parts[3] === undefined ? null : Number(parts[3]);
  return { host: parts[1] ?? parts[2], port, proto: port === null ? null : (parts[4] ?? "tcp") };
}

/** The answers in text. */
export function destinationsText(
  answers: readonly DestinationAnswer[],
  columns: number,
  color: boolean,
): string {
  const lines = answers.flatMap((answer, i) => [...(i === 0 ? [] : [[]]), ...answerLines(answer, columns)]);
  return renderLines(lines, color);
}

function answerLines(answer: DestinationAnswer, width: number): Line[] {
  const { query, lookup, hints, addressKind: kind } = answer;
  const lines: Line[] = [[span(plain(query), "subject")]];
  const add = (label: string, text: string | null): void => {
    if (text === null || text === "") return;
    lines.push(...labelled(span(`${" ".repeat(INDENT)}${label}`, "faint"), LABEL, plain(text), width));
  };
  if (lookup.matches.length > 1) {
    const text = `${lookup.matches.length} components use this host; which of them it was is not on the wire`;
    lines.push(...paragraph(text, INDENT, width));
  }
  for (const [i, match] of lookup.matches.entries()) {
    if (i > 0) lines.push([]);
    for (const [label, text] of factsOf(match)) add(label, text);
  }
  if (lookup.matches.length === 0 && lookup.shared === null)
    lines.push(...paragraph("not in the catalogue", INDENT, width));
  if (lookup.shared !== null) {
    add("shared", `${lookup.shared.operator}: ${lookup.shared.what}. The name identifies nobody by itself`);
  }
  add("address", kind);
  add("registered", hints?.registrableDomain ?? null);
  if (lookup.matches.length === 0) {
    add("suggests", hints?.suggests == null ? null : `${hints.suggests}, going by its labels`);
    if (lookup.shared === null) add("similar", hints?.similar.join(", ") ?? null);
  }
  return lines;
}

function factsOf({ entry, by }: Match): (readonly [label: string, text: string | null])[] {
  const group = DEPENDENCY_GROUPS[groupOf(entry.kind)];
  const vendor = entry.vendor === null ? "" : `, ${entry.vendor}`;
  const reported = entry.settingChecked ? "" : " (reported)";
  const checked = entry.checked === null ? "not checked against a source" : `last checked ${entry.checked}`;
  return [
    ["component", `${entry.component}${vendor}`],
    ["kind", `${DEPENDENCY_KINDS[entry.kind].title} (${entry.kind}; ${group})`],
    ["what", entry.what],
    ["to turn off", entry.setting === null ? null : `${entry.setting}${reported}`],
    ["what helps", entry.remedy],
    ["interval", entry.interval],
    ["known by", `${MATCHED_BY[by]}; ${entry.confidence}, ${checked}`],
  ];
}

const MATCHED_BY: Readonly<Record<Match["by"], string>> = {
  name: "its name",
  pattern: "a pattern of its vendor's names",
  suffix: "the end of its name",
  address: "its address",
  port: "its port alone",
};

/** The answers as one document (`gapwatch/explain/1`). */
export function destinationsJson(answers: readonly DestinationAnswer[]): string {
  const document = { schema: "gapwatch/explain/1", answers: answers.map(answerObject) };
  return `${jsonText(document, 2)}\n`;
}

function answerObject({ query, lookup, hints, addressKind: kind }: DestinationAnswer): object {
  return {
    query,
    known: lookup.matches.length > 0,
    entries: lookup.matches.map(({ entry, by }) => ({
      component: entry.component,
      vendor: entry.vendor,
      kind: entry.kind,
      group: groupOf(entry.kind),
      what: entry.what,
      opt_out: entry.setting,
      opt_out_checked: entry.settingChecked,
      remedy: entry.remedy,
      interval: entry.interval,
      source: entry.source,
      confidence: entry.confidence,
      checked: entry.checked,
      matched_by: by,
    })),
    shared_hosting:
      lookup.shared === null ? null : { operator: lookup.shared.operator, what: lookup.shared.what },
    address_kind: kind,
    registrable_domain: hints?.registrableDomain ?? null,
    suggests: hints?.suggests ?? null,
    similar: hints?.similar ?? [],
  };
}
