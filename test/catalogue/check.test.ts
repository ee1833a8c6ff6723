import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogueFaults } from "../../src/catalogue/check.ts";
import type { CatalogueEntry, SharedHosting } from "../../src/catalogue/entry.ts";
import { loadEntries } from "../../src/catalogue/entry-file.ts";
import { groupOf } from "../../src/catalogue/kinds.ts";
import { inRepository } from "../captured-frames.ts";
import { entry } from "./entry.ts";

const DATA = inRepository("src/catalogue/data");

function shipped(): { file: string; entries: readonly CatalogueEntry[]; shared: readonly SharedHosting[] }[] {
  return readdirSync(DATA).map((file) => {
    const loaded = loadEntries(readFileSync(`${DATA}/${file}`, "utf8"), file);
    if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
    return { file, ...loaded };
  });
}

describe("the catalogue that gapwatch ships", () => {
  const files = shipped();
  const entries = files.flatMap((file) => file.entries);

  it("has no faults", () => {
    expect(
      catalogueFaults(
        entries,
        files.flatMap(({ shared }) => shared),
      ),
    ).toEqual([]);
  });

  it("has one file a group of dependencies", () => {
    for (const { file, entries: listed } of files) {
      for (const { component, kind } of listed)
        expect([component, `${groupOf(kind)}.yaml`]).toEqual([component, file]);
    }
  });

  it("is as large as was promised", () => {
    expect(entries.length).toBeGreaterThanOrEqual(500);
  });
});

describe("catalogueFaults", () => {
  const CASES: [what: string, entries: CatalogueEntry[], fault: RegExp | null][] = [
    ["nothing", [entry("a", { names: ["a.example.com"] })], null],
    [
      "a duplicate",
      [entry("a", { names: ["a.example.com"] }), entry("a", { names: ["b.example.com"] })],
      /two entries are called a/,
    ],
    [
      "a name twice",
      [entry("a", { names: ["a.example.com", "a.example.com"] })],
      /lists a.example.com twice/,
    ],
    [
      "a dead name",
      [entry("a", { names: ["*.example.com", "x.example.com"] })],
      /x.example.com can never decide/,
    ],
    [
      "a covered name that decides against another entry",
      [entry("a", { names: ["*.example.com", "x.example.com"] }), entry("b", { names: ["x.example.com"] })],
      null,
    ],
    ["shared hosting", [entry("a", { names: ["*.cdn.example.com"] })], /is shared hosting/],
    ["a tenant of shared hosting", [entry("a", { names: ["a.cdn.example.com"] })], null],
    ["a made-up tree", [entry("a", { names: ["a.acme.notatld"] })], /under no public top-level name/],
    ["a cloud's own tree", [entry("a", { names: ["metadata.google.internal"] })], null],
    [
      "two owners",
      [entry("a", { names: ["a.example.com"] }), entry("b", { names: ["a.example.com"], vendor: "Other" })],
      /a.example.com is claimed by Other and, with a.example.com, by Acme/,
    ],
    [
      "two owners by a pattern",
      [
        entry("a", { names: ["s.*.example.com"] }),
        entry("b", { names: ["s.eu.example.com"], vendor: "Other" }),
      ],
      /s.eu.example.com is claimed by Other/,
    ],
    [
      "an owner and a borrower",
      [
        entry("a", { names: ["a.example.com"] }),
        entry("b", { names: ["a.example.com"], vendor: "Other", through: ["Acme"] }),
      ],
      null,
    ],
    [
      "a loan from nobody",
      [entry("b", { names: ["a.example.com"], through: ["Nobody"] })],
      /goes through Nobody/,
    ],
    ["no source", [entry("a", { names: ["a.example.com"], source: null })], /a has no source/],
    [
      "reported and checked",
      [entry("a", { names: ["a.example.com"], confidence: "reported" })],
      /`checked` goes with/,
    ],
    [
      "verified and never checked",
      [entry("a", { names: ["a.example.com"], checked: null })],
      /`checked` goes with/,
    ],
  ];
  it.each(CASES)("finds %s", (_, entries, fault) => {
    const shared = [{ operator: "Cloud", what: "anything", names: ["*.cdn.example.com"] }];
    const faults = catalogueFaults(entries, shared);
    if (fault === null) expect(faults).toEqual([]);
    else expect(faults.join("\n")).toMatch(fault);
  });
});
