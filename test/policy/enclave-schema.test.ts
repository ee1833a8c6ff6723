import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { enclaveJsonSchema } from "../../src/policy/enclave-shape.ts";

const folder = new URL("../../allowlists/", import.meta.url);
const schema: unknown = JSON.parse(readFileSync(new URL("enclave.schema.json", folder), "utf8"));
const examples = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

describe("the JSON Schema beside the allowlists", () => {
  it("is the one that the loader's shape gives (test/policy/write-schema.mjs renews it)", () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(enclaveJsonSchema())));
  });

  it("refuses unknown keys and wrong types", () => {
    const validate = new Ajv({ strict: false }).compile(schema as object);
    const enclave = { name: "t", inside: ["10.0.0.0/8"] };
    expect(validate({ gapwatch: 1, enclave })).toBe(true);
    expect(validate({ gapwatch: 1, enclave: { ...enclave, insid: [] } })).toBe(false);
    expect(validate({ gapwatch: 1, enclave, allow: [{ id: "a" }] })).toBe(false);
    expect(validate({ gapwatch: 1, enclave, allow: [{ id: "a", to: ["192.0.2.1"], ports: [443] }] })).toBe(
      false,
    );
  });

  it.each(examples)("accepts %s, which loads and names the schema", (name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    expect(new Ajv({ strict: false }).compile(schema as object)(parse(text))).toBe(true);
    expect(text.split("\n", 1)[0]).toBe("# yaml-language-server: $schema=./enclave.schema.json");
    expect(loadEnclave(text, name)).toHaveProperty("policy");
  });
});
