import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll } from "vitest";
import { inRepository } from "../captured-frames.ts";

/** Makes a program of a TypeScript file before the tests run; the answer is its path. */
export function bundled(path: string): () => string {
  let folder = "";
  beforeAll(async () => {
    const cache = inRepository("node_modules/.cache"); // from here packages are found
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "gapwatch-test-"));
    const bundle = await rolldown({
      input: inRepository(path),
      external: ["libsql", "koffi"],
      platform: "node",
    });
    await bundle.write({ file: join(folder, "program.mjs"), format: "esm", codeSplitting: false });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => join(folder, "program.mjs");
}
