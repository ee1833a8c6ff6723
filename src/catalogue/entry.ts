import type { DependencyKind } from "./kinds.ts";

/** How the host names are known: seen in source or official documentation, in secondary material, or general knowledge. */
export const CONFIDENCES = ["verified", "documented", "reported"] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** One component of a stack and the hosts that it contacts. */
export interface CatalogueEntry {
  readonly component: string;
  readonly vendor: string | null;
  readonly kind: DependencyKind;
  /** What it does there; null where a user's own file does not say. */
  readonly what: string | null;
  /** Patterns as written: `host.example`, `*.example` (below it), `service.*.example` (`*` within one label). */
  readonly names: readonly string[];
  /** Addresses and CIDR prefixes as written. */
  readonly addresses: readonly string[];
  /** `443/tcp`, `27000-27009/tcp`. Beside names they rank; alone they identify. */
  readonly ports: readonly string[];
  /** Vendors whose hosts it uses instead of its own. */
  readonly through: readonly string[];
  /** What turns it off; null where no setting is known. */
  readonly setting: string | null;
  /** The setting was seen in source or documentation; else it is hearsay, and shown as reported. */
  readonly settingChecked: boolean;
  /** What helps where no setting does. */
  readonly remedy: string | null;
  readonly source: string | null;
  readonly confidence: Confidence;
  /** Date of the last look at the source; null: never looked at. */
  readonly checked: string | null;
  /** How often it contacts its hosts, as documented: `10m`, `24h`, `3d`; null: not known. */
  readonly interval: string | null;
}

/** Names under which anybody's content is served: they say nothing about who is behind them. */
export interface SharedHosting {
  readonly operator: string;
  readonly what: string;
  readonly names: readonly string[];
}
