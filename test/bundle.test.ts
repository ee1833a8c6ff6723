import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inRepository } from "./captured-frames.ts";

const folder = inRepository("dist");
const texts = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".js"))
    .map((name) => [name, readFileSync(`${folder}/${name}`, "utf8")]),
);

/** Files that may be loaded with this one, at its start or later. */
function reached(file: string): Set<string> {
  const found = new Set([file]);
  for (const name of found) {
    for (const [, next] of (texts.get(name) ?? "").matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)) found.add(next);
  }
  return found;
}

describe("files of the bundle", () => {
  // The bundler may put into main.js what others need as well: it would begin anew wherever that is loaded.
  it.each([
    ["the sensor's thread", "sensor-worker.js"],
    ["the compiler of the catalogue", "compile.js"],
  ])("never begin the program in %s", (_what, file) => {
    const files = [...reached(file)];
    expect(files.length).toBeGreaterThan(3);
    expect(files).not.toContain("main.js");
  });
});
