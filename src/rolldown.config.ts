import { resolve } from "node:path";
import { type ChunkingContext, defineConfig } from "rolldown";

export default defineConfig({
  input: ["src/main.ts", "src/sensor-worker.ts", "src/catalogue/compile.ts"],
  platform: "node",
  preserveEntrySignatures: "allow-extension", // main.js also holds what every command needs
  external: ["pino", "koffi", "libsql", "blessed"],
  // Node's own choice of yaml is CommonJS: its modules are compiled twice, once as bodies of functions
  // that will run. These are the same ones as ES modules.
  resolve: { alias: { yaml: resolve("node_modules/yaml/browser/index.js") } },
  logLevel: "warn",
  output: {
    dir: "dist",
    cleanDir: true,
    format: "esm",
    minify: true, // what is short is quick to compile, and its text stays in memory
    codeSplitting: {
      groups: [{ debugName: "replay", name: pieceOfReplay(), includeDependenciesRecursively: false }],
    },
  },
});

/**
 * The file that a module of `replay` goes into; null where the bundler decides. Left alone it makes one file for
 * each set of commands that need the same: forty for a replay, and to find, read and link one costs half a
 * millisecond of CPU. Each of these is closed: what it imports is in it, in one that its readers load anyway, or
 * in one that the bundler made. So no two import each other, and the worker never loads main.js.
 */
function pieceOfReplay(): (id: string, graph: ChunkingContext) => string | null {
  let sets: ReturnType<typeof reachedBy> | null = null;
  return (id, graph) => {
    sets ??= reachedBy(graph);
    const { replay, small, worker, enclave, findings, looking } = sets;
    if (!replay.has(id) || small.has(id)) return null;
    if (worker.has(id)) {
      if (findings.has(id)) return "shared";
      if (enclave.has(id)) return "enclave";
      return looking.has(id) ? "looking" : "judging";
    }
    if (enclave.has(id)) return null;
    return looking.has(id) || findings.has(id) ? "telling" : "replaying";
  };
}

/** What each command, or each of some alike, loads at its start. */
function reachedBy(graph: ChunkingContext) {
  return {
    replay: reached(graph, "commands/replay"),
    small: reached(graph, "main", "commands/keygen", "commands/verify", "commands/canary"),
    worker: reached(graph, "sensor-worker"),
    enclave: reached(graph, "commands/enclave-option"),
    findings: reached(graph, "commands/findings"),
    looking: reached(graph, "commands/explain", "commands/policy", "commands/doctor", "commands/watch"),
  };
}

/** These modules and what they import, ids as the bundler has them. */
function reached(graph: ChunkingContext, ...roots: string[]): ReadonlySet<string> {
  const found = new Set(roots.map((root) => resolve(`src/${root}.ts`)));
  for (const id of found) {
    for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  }
  return found;
}
