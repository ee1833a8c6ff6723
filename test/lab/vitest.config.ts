import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/lab/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // A lab has servers on every port, and this may be a small machine.
    fileParallelism: false,
  },
});
