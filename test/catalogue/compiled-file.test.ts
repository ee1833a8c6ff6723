import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compileCatalogue } from "../../src/catalogue/catalogue-data.ts";
import { readCompiled, writeCompiled } from "../../src/catalogue/compiled-file.ts";
import { entry } from "./entry.ts";

it("gives back what was written, each entry when it is asked for", () => {
  const entries = [
    entry("A", { names: ["a.example"], what: "line\nfeed, “quotes” and \u0000" }),
    entry("B", { ports: ["9/udp"] }),
  ];
  const shared = [{ operator: "O", what: "w", names: ["*.shared.example"] }];
  const { entries: written, ...index } = readCompiled(
    Buffer.from(writeCompiled(compileCatalogue(entries, shared))),
  );
  const { entries: list, ...same } = compileCatalogue(entries, shared);
  expect(index).toEqual(same);
  expect(list).toBe(entries);
  expect([written.at(1), written.at(0), written.at(2)]).toEqual([entries[1], entries[0], undefined]);
  expect(written.at(1)).toBe(written.at(1));
  expect([...written]).toEqual(entries);
});

it("reads a catalogue without entries", () => {
  expect([...readCompiled(Buffer.from(writeCompiled(compileCatalogue([], [])))).entries]).toEqual([]);
});

it("reads what the build wrote", () => {
  const { entries, hosts } = readCompiled(
    readFileSync(new URL("../../dist/catalogue.json", import.meta.url)),
  );
  for (const [name, items] of hosts.exact) {
    for (const item of items) expect(entries.at(item)?.names).toContain(name);
  }
});
