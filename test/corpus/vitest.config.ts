import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/corpus/**/*.test.ts"],
    // The whole corpus is replayed in one hook.
    hookTimeout: 900_000,
    testTimeout: 60_000,
  },
});
