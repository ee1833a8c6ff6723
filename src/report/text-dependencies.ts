import { DEPENDENCY_GROUPS, DEPENDENCY_KINDS } from "../catalogue/kinds.ts";
import type { CatalogueNote } from "../findings/catalogue-note.ts";
import type { RatedFinding } from "../findings/summary.ts";
import type { Run } from "./run.ts";
import { counted } from "./text-figures.ts";
import { type Line, labelled, paragraph, span } from "./text-layout.ts";
import { plain } from "./text-plain.ts";

/** Components, and other users of a host, that a line shows before it counts the rest. */
const SHOWN = 4;
const LABEL = 28;

/** What the enclave needs from outside, by kind of dependency. */
export function dependencyLines({ summary }: Run, width: number): Line[] {
  const { groups, unknown } = summary.dependencies;
  if (groups.length + unknown.length === 0) return [];
  const lines: Line[] = [
    [span("Needs from outside", "heading"), span(", as far as the destinations are known")],
  ];
  for (const { group, components, destinations } of groups) {
    const text = `${counted(destinations.length, "destination")}: ${listText(components)}`;
    lines.push(...labelled(span(`  ${DEPENDENCY_GROUPS[group]}`), LABEL, text, width));
  }
  if (unknown.length > 0) {
    lines.push(
      ...labelled(span("  not in the catalogue"), LABEL, counted(unknown.length, "destination"), width),
    );
  }
  return lines;
}

/** Whether it may be called air-gapped; null where nothing that was seen denies it. */
export function airGapSentence({ notAirGapped }: Run["summary"]["dependencies"]): string | null {
  if (notAirGapped.length === 0) return null;
  const names = notAirGapped.map((group) => DEPENDENCY_GROUPS[group]);
  // With a comma: some names have an "and" of their own.
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")}, and ${names.at(-1)}`;
  return `This enclave is not air-gapped: it still needs ${list} from outside.`;
}

/** Who a destination belongs to and what turns it off, below its name. */
export function componentLines(group: readonly RatedFinding[], indent: number, width: number): Line[] {
  const note = group.find(({ catalogue }) => catalogue !== null)?.catalogue ?? null;
  if (note !== null) return noteLines(note, indent, width);
  const shared = group.find(({ sharedHosting }) => sharedHosting !== null)?.sharedHosting;
  if (shared === null || shared === undefined) return [];
  return paragraph(`shared hosting, which identifies nobody: ${plain(shared)}`, indent, width, "faint");
}

function noteLines(note: CatalogueNote, indent: number, width: number): Line[] {
  const by = note.matchedBy === "port" ? ", by its port alone" : "";
  const lines = paragraph(
    `${DEPENDENCY_KINDS[note.kind].title}: ${plain(note.component)}${by}`,
    indent,
    width,
  );
  if (note.also.length > 0) {
    const others = note.also.map(({ component }) => component);
    lines.push(...paragraph(`or, on the same host: ${listText(others)}`, indent, width, "faint"));
  }
  const remedy = remedyText(note);
  return remedy === null ? lines : [...lines, ...paragraph(remedy, indent, width, "faint")];
}

function remedyText({ setting, settingChecked, remedy }: CatalogueNote): string | null {
  if (setting !== null) return `to turn it off${settingChecked ? "" : " (reported)"}: ${plain(setting)}`;
  return remedy === null ? null : `no setting known; what helps: ${plain(remedy)}`;
}

function listText(items: readonly string[]): string {
  const rest = items.length - SHOWN;
  const shown = items.slice(0, SHOWN).map(plain).join(", ");
  return rest > 0 ? `${shown} and ${counted(rest, "other")}` : shown;
}
