import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { catalogueJsonSchema, loadEntries } from "../../src/catalogue/entry-file.ts";

const folder = new URL("../../allowlists/catalogue/", import.meta.url);
const data = new URL("../../src/catalogue/data/", import.meta.url);
const schema: object = JSON.parse(readFileSync(new URL("catalogue.schema.json", folder), "utf8"));
const validate = new Ajv({ strict: false }).compile(schema);
const shipped = readdirSync(data).filter((name) => name.endsWith(".yaml"));

describe("the JSON Schema of catalogue files", () => {
  it("is the one that the loader's shape gives (test/policy/write-schema.mjs renews it)", () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(catalogueJsonSchema())));
  });

  it("refuses unknown keys, kinds and wrong types, as the loader does", () => {
    const entry = { component: "Ours", kind: "telemetry", names: ["a.example.com"] };
    const wrong = [
      { ...entry, name: "a.example.com" },
      { ...entry, kind: "phoning home" },
      { ...entry, names: "a.example.com" },
      { ...entry, interval: "daily" },
      { ...entry, checked: "yesterday" },
      { kind: "telemetry", names: ["a.example.com"] },
    ];
    const fits = (each: object): boolean => validate({ gapwatch_catalogue: 1, entries: [each] });
    const loads = (each: object): boolean =>
      "entries" in loadEntries(JSON.stringify({ gapwatch_catalogue: 1, entries: [each] }), "own.yaml");
    expect([entry, ...wrong].map(fits)).toEqual([true, ...wrong.map(() => false)]);
    expect([entry, ...wrong].map(loads)).toEqual([true, ...wrong.map(() => false)]);
  });

  it("accepts the example, which loads, and names the schema", () => {
    const text = readFileSync(new URL("example.yaml", folder), "utf8");
    expect(validate(parse(text))).toBe(true);
    expect(text.split("\n", 1)[0]).toBe("# yaml-language-server: $schema=./catalogue.schema.json");
    const loaded = loadEntries(text, "example.yaml");
    expect(loaded).toMatchObject({ entries: [{ interval: "24h" }, { kind: "licence" }], shared: [{}] });
  });

  it.each(shipped)("accepts %s, which names it for editors", (name) => {
    const text = readFileSync(new URL(name, data), "utf8");
    expect(validate(parse(text))).toBe(true);
    expect(text).toContain(
      "# yaml-language-server: $schema=../../../allowlists/catalogue/catalogue.schema.json\n",
    );
  });
});
