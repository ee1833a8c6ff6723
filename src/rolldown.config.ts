import { resolve } from "node:path";
import { defineConfig } from "rolldown";

export default defineConfig({
  input: ["src/main.ts", "src/sensor-worker.ts", "src/catalogue/compile.ts"],
  platform: "node",
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
  },
});
