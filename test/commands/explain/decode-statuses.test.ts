import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeStatuses, decodeStatusesText } from "../../../src/commands/explain/decode-statuses.ts";
import { addExplainCommand } from "../../../src/commands/explain.ts";
import { NOTES } from "../../../src/decode/note.ts";
import { STATUSES } from "../../../src/decode/status.ts";
import { inRepository } from "../../captured-frames.ts";
import { commandRunner } from "../run-command.ts";

const run = commandRunner(addExplainCommand);

/** Every text in the readers that looks like a trouble's name. */
function namesInSources(): Set<string> {
  const names = new Set<string>();
  for (const room of ["names", "flow"]) {
    for (const file of readdirSync(inRepository(`src/${room}`), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const source = readFileSync(inRepository(`src/${room}/${file}`), "utf8");
      for (const [, name] of source.matchAll(/"([a-z][a-z0-9]*\.[a-z0-9]+(?:_[a-z0-9]+)+)"/g))
        names.add(name);
    }
  }
  return names;
}

describe("gapwatch explain --decode-statuses", () => {
  it("has every status and note of the decoder, and every trouble that a reader can tell", () => {
    const names = decodeStatuses().map(({ name }) => name);
    const wanted = [...STATUSES.map(({ name }) => name), ...NOTES.map(({ name }) => name)];
    expect(names).toEqual(expect.arrayContaining(wanted));
    const inSources = [...namesInSources()];
    expect(inSources.length).toBeGreaterThan(50);
    expect(inSources.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("prints a table that fits the terminal, with every name, effect and meaning in it", () => {
    const lines = decodeStatusesText(80, false).split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const words = lines.join(" ").replace(/ +/g, " ");
    for (const { name, effect, meaning } of decodeStatuses()) {
      expect(words).toContain(`${name} ${effect}: ${meaning}`);
    }
  });

  it("prints JSON", async () => {
    const { code, out, err } = await run("explain", "--decode-statuses", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toEqual({ schema: "gapwatch/decode-statuses/1", statuses: decodeStatuses() });
  });

  it("prints text", async () => {
    const { code, out } = await run("explain", "--decode-statuses");
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}ethernet\.macsec +blind: MACsec: the payload is encrypted$/m);
  });

  it("wants to be asked for something", async () => {
    const { code, out, err } = await run("explain");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/--help/);
  });
});
