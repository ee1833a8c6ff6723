import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/corpus/**", "test/lab/**", "test/bench/**"],
    // Against what hangs only: a day of packet time takes a minute on a slow machine, several on a busy one.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // One for each processor: most files compute, or wait for the program that they started.
    maxWorkers: "100%",
  },
});
