import type { Match, MatchedBy } from "../catalogue/catalogue.ts";
import type { Confidence } from "../catalogue/entry.ts";
import { type DependencyGroup, type DependencyKind, groupOf } from "../catalogue/kinds.ts";

/** What the catalogue says of a finding's destination. */
export interface CatalogueNote {
  readonly component: string;
  readonly vendor: string | null;
  readonly kind: DependencyKind;
  readonly group: DependencyGroup;
  readonly what: string | null;
  /** What turns it off; null where no setting is known. */
  readonly setting: string | null;
  /** The setting was seen in source or documentation; else it is shown as reported. */
  readonly settingChecked: boolean;
  /** What helps where no setting does. */
  readonly remedy: string | null;
  readonly interval: string | null;
  readonly confidence: Confidence;
  readonly matchedBy: MatchedBy;
  /** Other components that are known to use this host, the likeliest first. */
  readonly also: readonly { readonly component: string; readonly kind: DependencyKind }[];
}

/** A note from the matches of a look-up in the order of their likelihood; null where there is none. */
export function noteOf(matches: readonly Match[]): CatalogueNote | null {
  if (matches.length === 0) return null;
  const [{ entry, by }, ...others] = matches;
  const { component, vendor, kind, what, setting, settingChecked, remedy, interval, confidence } = entry;
  return {
    component,
    vendor,
    kind,
    group: groupOf(kind),
    what,
    setting,
    settingChecked,
    remedy,
    interval,
    confidence,
    matchedBy: by,
    also: others.map((other) => ({ component: other.entry.component, kind: other.entry.kind })),
  };
}

/** The note as reports and events write it: `component`, `kind` and `opt_out` first, then what stands behind them. */
export function noteObject(note: CatalogueNote) {
  return {
    component: note.component,
    kind: note.kind,
    opt_out: note.setting,
    opt_out_checked: note.settingChecked,
    remedy: note.remedy,
    vendor: note.vendor,
    group: note.group,
    what: note.what,
    interval: note.interval,
    confidence: note.confidence,
    matched_by: note.matchedBy,
    also: note.also,
  };
}
