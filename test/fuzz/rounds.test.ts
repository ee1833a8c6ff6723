import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inRepository } from "../captured-frames.ts";
import { judgeFrom } from "../sensor-run.ts";
import { fileRound, NO_FILES, scratchFolder } from "./file-round.ts";
import { Finds, frameRound, type Seen } from "./frame-round.ts";
import { FUZZ_ENCLAVE } from "./fuzz-enclave.ts";
import { captureFiles, talksOf } from "./seeds.ts";

// `npm run fuzz` does the same for as long as one likes.
const paths = captureFiles([inRepository("captures")]);
const judge = judgeFrom(FUZZ_ENCLAVE);

describe("a short run of the fuzzer", () => {
  it("makes no frame decode by what lies around it, throw, or take long", async () => {
    const talks = await talksOf(paths);
    const seen: Seen = { frames: 0, names: new Map(), slowestMs: 0 };
    const finds = new Finds();
    for (let round = 1; round <= 24; round++) frameRound(judge, talks, finds, round, seen);
    expect(seen.frames).toBe(24 * 1024);
    // Else it was all noise.
    expect(seen.names.get("ok")).toBeGreaterThan(8000);
    for (const name of ["ipv4.fragment", "ipv6.fragment", "fragment.overlap", "ipv6.ext_truncated"]) {
      expect(seen.names.get(name), name).toBeGreaterThan(10);
    }
    expect([...seen.names.values()].filter((count) => count > 0).length).toBeGreaterThan(40);
  });

  it("makes no capture file throw what nobody catches, or a frame reach beyond its memory", async () => {
    const files = paths.map((path) => new Uint8Array(readFileSync(path)));
    const scratch = scratchFolder();
    const seen = { ...NO_FILES };
    for (let round = 1; round <= 300; round++) await fileRound(scratch.path, files, round, seen);
    scratch.remove();
    for (const ending of ["whole", "damaged", "refused"] as const) expect(seen[ending]).toBeGreaterThan(20);
  });
});
