import type { CatalogueEntry } from "../../src/catalogue/entry.ts";

/** An entry with what every one must say. */
export function entry(component: string, change: Partial<CatalogueEntry>): CatalogueEntry {
  return {
    component,
    vendor: "Acme",
    kind: "telemetry",
    what: "posts",
    names: [],
    addresses: [],
    ports: [],
    through: [],
    setting: null,
    settingChecked: true,
    remedy: null,
    source: "docs",
    confidence: "verified",
    checked: "2026-11-20",
    interval: null,
    ...change,
  };
}
