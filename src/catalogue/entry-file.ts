import * as z from "zod/mini";
import { parsePort } from "../policy/ports.ts";
import { isFault, parsePrefix } from "../policy/prefix.ts";
import { isPublicSuffix } from "../policy/public-suffix.ts";
import { shapeProblems } from "../policy/shape-problems.ts";
import { described, may } from "../policy/shape-words.ts";
import { type Problem, YamlSource } from "../policy/yaml-source.ts";
import { type CatalogueEntry, CONFIDENCES, type SharedHosting } from "./entry.ts";
import { parseHostPattern } from "./host-pattern.ts";
import { DEPENDENCY_KINDS, type DependencyKind } from "./kinds.ts";

/** A catalogue file that could be read, or everything that is wrong with it. */
export type LoadedEntries =
  | { readonly entries: readonly CatalogueEntry[]; readonly shared: readonly SharedHosting[] }
  | { readonly problems: readonly Problem[] };

const MAX_ENTRIES = 20_000;
const MAX_LINE = 500;
const MAX_SHOWN = 60;
/** Kinds whose operator is the finding, whoever registered the name below its suffix. */
const OPERATOR_IS_ENOUGH: ReadonlySet<DependencyKind> = new Set(["tunnel-remote-access", "data-drop"]);

// Compiling a validator costs more than one file can give back.
z.config({ jitless: true });

const NAME_EXPECTED = "a name, *.name, or a name with one * in a label";
const LINE = `a line of text of at most ${MAX_LINE} characters`;
const line = checked("no line of text", LINE, isLine);
const kinds = Object.keys(DEPENDENCY_KINDS) as [DependencyKind, ...DependencyKind[]];
const hosts = z.array(
  checked("no pattern of host names", NAME_EXPECTED, (text) => parseHostPattern(text) !== null),
  "a list of names",
);

const addresses = z.array(
  checked(
    "no address and no CIDR prefix",
    "10.20.0.1, or 10.20.0.0/16 without host bits",
    (text) => !isFault(parsePrefix(text)),
  ),
  "a list of addresses",
);
const ports = z.array(
  checked("no port", "a port such as 443/tcp or 8000-8010/udp", isTransportPort),
  "a list of ports",
);
const day = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/, "a date such as 2026-11-20"));
const duration = z.string().check(z.regex(/^[1-9]\d*[smhd]$/, "a duration such as 10m, 24h or 3d"));

const entryShape = z.strictObject(
  {
    component: described(line, "Who contacts these hosts: what reports call it"),
    kind: described(z.enum(kinds, `one of ${kinds.join(", ")}`), "What kind of dependency it is"),
    vendor: may(line, "Whose component it is"),
    what: may(line, "What it does there"),
    names: may(hosts, "Host names: a name, *.name (below it), or one * within a label"),
    addresses: may(addresses, "Addresses and CIDR prefixes"),
    ports: may(ports, "Ports such as 443/tcp: beside names they rank, alone they identify"),
    through: may(z.array(line, "a list of vendors"), "Vendors whose hosts it uses, not its own"),
    setting: may(line, "What turns it off"),
    setting_source: may(
      z.enum(["checked", "reported"], "checked or reported"),
      "Whether the setting was seen in source or documentation; checked if omitted",
    ),
    remedy: may(line, "What helps where no setting does"),
    source: may(line, "Where this is from"),
    confidence: may(
      z.enum(CONFIDENCES, `one of ${CONFIDENCES.join(", ")}`),
      "How the host names are known: source or official documents, other material, or hearsay",
    ),
    checked: may(day, "Day of the last look at the source"),
    interval: may(duration, "How often it contacts its hosts: validation windows are judged by it"),
  },
  "a mapping of keys to values",
);

const sharedShape = z.strictObject(
  {
    operator: described(line, "Whose hosting it is"),
    what: described(line, "What is served there"),
    names: described(hosts, "Names that identify nobody"),
  },
  "a mapping of keys to values",
);

const entryList = z
  .array(entryShape, "a list of entries")
  .check(z.maxLength(MAX_ENTRIES, `at most ${MAX_ENTRIES} entries`));

const fileShape = z.strictObject(
  {
    gapwatch_catalogue: z.literal(1, "1, the version of this format"),
    entries: z.optional(entryList),
    shared: z.optional(z.array(sharedShape, "a list of shared hosting")),
  },
  "a mapping of keys to values",
);

/** JSON Schema of the file as people write it, for editors. Draft 7 is what they support best. */
export function catalogueJsonSchema(): object {
  return {
    ...z.toJSONSchema(fileShape, { io: "input", target: "draft-7" }),
    title: "gapwatch catalogue file",
  };
}

/** Reads a catalogue file. `path` only names it in messages. */
export function loadEntries(text: string, path: string): LoadedEntries {
  const source = new YamlSource(text, path);
  if (source.problems.length > 0) return { problems: source.problems };
  const parsed = fileShape.safeParse(source.value);
  if (!parsed.success) {
    return { problems: shapeProblems(source, [], fileShape, source.value, parsed.error.issues) };
  }
  const { entries = [], shared = [] } = parsed.data;
  const problems = entries.flatMap((entry, i) => unusable(source, entry, i));
  return problems.length > 0 ? { problems } : { entries: entries.map(toEntry), shared };
}

function unusable(source: YamlSource, entry: z.output<typeof entryShape>, i: number): Problem[] {
  const patterns = [entry.names, entry.addresses, entry.ports];
  if (!patterns.some((list) => list !== undefined && list.length > 0)) {
    const message = `the entry ${JSON.stringify(entry.component)} can never match`;
    return [source.at(["entries", i], message, "names, addresses or ports")];
  }
  if (OPERATOR_IS_ENOUGH.has(entry.kind)) return [];
  return (entry.names ?? []).flatMap((text, n) => {
    const pattern = parseHostPattern(text);
    if (pattern?.form !== "below" || !isPublicSuffix(pattern.name)) return [];
    const message = `${text} is a public suffix: it identifies nobody`;
    return [source.at(["entries", i, "names", n], message, "a name that somebody registered below it")];
  });
}

function toEntry(entry: z.output<typeof entryShape>): CatalogueEntry {
  return {
    component: entry.component,
    vendor: entry.vendor ?? null,
    kind: entry.kind,
    what: entry.what ?? null,
    names: entry.names ?? [],
    addresses: entry.addresses ?? [],
    ports: entry.ports ?? [],
    through: entry.through ?? [],
    setting: entry.setting ?? null,
    settingChecked: entry.setting_source !== "reported",
    remedy: entry.remedy ?? null,
    source: entry.source ?? null,
    confidence: entry.confidence ?? "reported",
    checked: entry.checked ?? null,
    interval: entry.interval ?? null,
  };
}

/** A text; where it is not sound, `fault` says what it is and `expected` what it should be. */
function checked(fault: string, expected: string, isSound: (text: string) => boolean) {
  const soundness = z.superRefine<string>((text, ctx) => {
    if (isSound(text)) return;
    const shown = JSON.stringify(text.slice(0, MAX_SHOWN));
    ctx.addIssue({ code: "custom", message: `${shown} is ${fault}`, params: { expected } });
  });
  return z.string(expected).check(soundness);
}

function isTransportPort(text: string): boolean {
  return /\/(tcp|udp)$/.test(text) && typeof parsePort(text) !== "string";
}

function isLine(text: string): boolean {
  return text.length > 0 && text.length <= MAX_LINE && !/[\p{Cc}\u2028\u2029]/u.test(text);
}
