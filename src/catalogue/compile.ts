import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatProblem } from "../policy/yaml-source.ts";
import { compileCatalogue } from "./catalogue-data.ts";
import { catalogueFaults } from "./check.ts";
import { writeCompiled } from "./compiled-file.ts";
import type { CatalogueEntry, SharedHosting } from "./entry.ts";
import { loadEntries } from "./entry-file.ts";

// Part of the build: reads the catalogue's YAML files, holds them to the checks and writes them as one file that
// is loaded without parsing YAML. Usage: node dist/compile.js DATA-DIRECTORY [OUTPUT]; without OUTPUT it checks alone.

/** Of two uses of one host, by the same vendor, the one in the earlier file stands first: what is used more. */
const FIRST = ["model.yaml", "telemetry.yaml"];

const [directory, output] = process.argv.slice(2);
const files = readdirSync(directory)
  .filter((file) => file.endsWith(".yaml"))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
const entries: CatalogueEntry[] = [];
const shared: SharedHosting[] = [];
const faults: string[] = [];
for (const file of files) {
  const loaded = loadEntries(readFileSync(join(directory, file), "utf8"), join(directory, file));
  if ("problems" in loaded) faults.push(...loaded.problems.map(formatProblem));
  else {
    entries.push(...loaded.entries);
    shared.push(...loaded.shared);
  }
}
if (faults.length === 0) faults.push(...catalogueFaults(entries, shared));
for (const fault of faults) process.stderr.write(`catalogue: ${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else if (output !== undefined) writeFileSync(output, writeCompiled(compileCatalogue(entries, shared)));
else {
  const names = new Set(entries.flatMap((entry) => entry.names));
  process.stdout.write(`ok: ${entries.length} entries, ${names.size} host patterns, ${files.length} files\n`);
}

function rank(file: string): number {
  const place = FIRST.indexOf(file);
  return place === -1 ? FIRST.length : place;
}
