import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inRepository } from "./captured-frames.ts";

const folder = inRepository("dist");
const texts = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => [name, readFileSync(`${folder}/${name}`, "utf8")]),
);

/** Files that a file of the bundle imports before it runs. */
function imports(file: string): string[] {
  const found = (texts.get(file) ?? "").matchAll(/(?:from|\bimport)\s*["'`]\.\/([\w-]+\.js)["'`]/g);
  return [...found].map(([, name]) => name);
}

/** Files that are loaded with it. */
function loaded(file: string): Set<string> {
  const found = new Set(imports(file));
  for (const name of found) for (const next of imports(name)) found.add(next);
  return found;
}

function fileOf(command: string): string {
  const file = [...texts.keys()].find((name) => texts.get(name)?.includes(`command(\`${command}\`)`));
  if (file === undefined) throw new Error(`no file has the command ${command}`);
  return file;
}

describe("files of the bundle", () => {
  it("are in no circle: what they hold is there when it is used", () => {
    expect([...texts.keys()].filter((name) => loaded(name).has(name))).toEqual([]);
  });

  it("do not start the program in the worker, nor in the compiler of the catalogue", () => {
    expect([...loaded("sensor-worker.js")]).not.toContain("main.js");
    expect([...loaded("compile.js")]).not.toContain("main.js");
  });

  it("are few for a replay, and hardly any for what only tells the version", () => {
    expect([...loaded(fileOf("replay"))]).toContain("main.js");
    expect(loaded(fileOf("replay")).size).toBeLessThan(16);
    expect(loaded("main.js").size).toBeLessThan(3);
  });
});
