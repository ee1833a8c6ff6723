import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("../../..", import.meta.url).pathname,
    include: ["test/bench/detect/**/*.test.ts"],
    testTimeout: 300_000,
  },
});
