import { DEPENDENCY_GROUPS, type DependencyGroup } from "../../catalogue/kinds.ts";
import { FINDING_KINDS, type FindingKind } from "../../findings/finding-kinds.ts";
import {
  CONTROLS,
  CONTROLS_OF_A_RUN,
  CONTROLS_OF_DEPENDENCY,
  CONTROLS_OF_GROUP,
  CONTROLS_OF_KIND,
  CONTROLS_OF_TRANSFER,
  type ControlId,
  FRAMEWORKS,
  type FrameworkName,
  NOT_CLAIMED,
} from "../../findings/frameworks.ts";
import { type Line, labelled, paragraph, renderLines, span } from "../../report/text-layout.ts";

const LABEL = 16;
const WIDE_LABEL = 28;

const INTRODUCTION =
  "What a finding is evidence for, no more: network evidence shows that something was tried and how far it came, never " +
  "why, nor what encrypted payload meant. NHI-02, A2 and M1 are labels under which glossaries file this subject; the " +
  "official ids stand beside them.";

/** The frameworks table in text. */
export function frameworksText(columns: number, color: boolean): string {
  const ids = Object.keys(CONTROLS) as ControlId[];
  const controls = (Object.keys(FRAMEWORKS) as FrameworkName[]).flatMap((framework) => [
    [],
    [span(FRAMEWORKS[framework], "heading")],
    ...ids
      .filter((id) => CONTROLS[id].framework === framework)
      .flatMap((id) => row(id, `${CONTROLS[id].title}: ${CONTROLS[id].says}`, LABEL, columns)),
  ]);
  const kinds = Object.keys(FINDING_KINDS) as FindingKind[];
  const groups = Object.keys(DEPENDENCY_GROUPS) as DependencyGroup[];
  const lines: Line[] = [
    ...paragraph(INTRODUCTION, 0, columns),
    ...controls,
    [],
    [span("By kind of finding", "heading")],
    ...kinds.flatMap((kind) => row(kind, listText(CONTROLS_OF_KIND[kind]), WIDE_LABEL, columns)),
    [],
    [span("By what the destination is, besides", "heading")],
    ...groups.flatMap((group) =>
      row(DEPENDENCY_GROUPS[group], listText(CONTROLS_OF_GROUP[group]), WIDE_LABEL, columns),
    ),
    ...Object.entries(CONTROLS_OF_DEPENDENCY).flatMap(([kind, list]) =>
      row(kind, listText(list), WIDE_LABEL, columns),
    ),
    ...row("payload left", listText(CONTROLS_OF_TRANSFER), WIDE_LABEL, columns),
    [],
    [span("Controls that a run supports, whatever it finds", "heading")],
    ...CONTROLS_OF_A_RUN.flatMap(([id, title, says]) => row(id, `${title}: ${says}`, LABEL, columns)),
    [],
    [span("Not claimed", "heading")],
    ...NOT_CLAIMED.flatMap(([id, title, why]) => row(id, `${title}: ${why}`, LABEL, columns)),
  ];
  return renderLines(lines, color);
}

function row(label: string, text: string, width: number, columns: number): Line[] {
  return labelled(span(`  ${label}`), width, text, columns);
}

function listText(ids: readonly string[]): string {
  return ids.length === 0 ? "nothing" : ids.join(", ");
}

/** The same as one document (`gapwatch/frameworks/1`). */
export function frameworksJson(): string {
  const controls = Object.entries(CONTROLS).map(([id, control]) => ({ id, ...control }));
  const document = {
    schema: "gapwatch/frameworks/1",
    frameworks: FRAMEWORKS,
    controls,
    by_kind: CONTROLS_OF_KIND,
    by_group: CONTROLS_OF_GROUP,
    by_dependency: CONTROLS_OF_DEPENDENCY,
    by_transfer: CONTROLS_OF_TRANSFER,
    run: CONTROLS_OF_A_RUN.map(([id, title, says]) => ({ id, title, says })),
    not_claimed: NOT_CLAIMED.map(([id, title, why]) => ({ id, title, why })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
