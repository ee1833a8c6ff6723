import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { createWire } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("worker tests skipped: this user cannot make network namespaces here\n");

/** Where modules of the repository find what it has installed. */
const FOLDER = fileURLToPath(new URL("../../../node_modules/.cache/gapwatch-lab-live", import.meta.url));
const PROGRAM = `${FOLDER}/capture-worker.js`;

describe.skipIf(!possible)("ring in a worker thread", () => {
  let lab: Lab;
  beforeAll(async () => {
    await build({
      input: fileURLToPath(new URL("capture-worker.ts", import.meta.url)),
      platform: "node",
      external: ["koffi"],
      output: { dir: FOLDER, format: "esm" },
    });
    lab = await createWire();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(FOLDER, { recursive: true });
  });

  // Ten times each: koffi's own way of polling ended the process with a signal only now and then.
  it.each(["exit", "terminate", "stop"])("ends without a crash by %s", async (ending) => {
    for (let i = 0; i < 10; i++) {
      const result = await lab.exec("sensor", [process.execPath, PROGRAM, "rx0", ending]);
      expect(result).toEqual({ code: 0, stdout: "capturing\n", stderr: "", timedOut: false });
    }
  });

  it("says what to grant where it may not capture", async () => {
    const without = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    const { stdout } = await lab.exec("sensor", [...without, process.execPath, PROGRAM, "rx0", "exit"]);
    expect(stdout).toContain("AmbientCapabilities=CAP_NET_RAW");
  });
});
