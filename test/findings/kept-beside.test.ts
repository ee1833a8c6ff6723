import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Sensor } from "../../src/sensor.ts";
import { captured, inRepository } from "../captured-frames.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf } from "../traffic/frames.ts";

/** What the sensor keeps by the numbers of rows, beside them: it must go when the flow does. */
const KEPT = [
  "conversations.talks",
  "quic.talks",
  "dtls.talks",
  "mismatches.open",
  "secrets.directions",
  "secrets.waiting",
  "contents.tunnels",
  "proxies.open",
  "nameJudge.talks",
  "flows.allowedByAnswer",
  "flows.allowedName",
  "accounts.split.flows",
  "accounts.budgets.counted",
];

function reach(sensor: Sensor, path: string): Map<number, unknown> | Set<number> {
  let at: unknown = (sensor as unknown as Record<string, unknown>)["judges"];
  for (const part of path.split(".")) at = (at as Record<string, unknown>)[part];
  if (at instanceof Map || at instanceof Set) return at;
  throw new Error(`${path} is neither a Map nor a Set`);
}

it("forgets what it keeps of a flow when the flow ends", async () => {
  const used = new Set<string>();
  const enclave = readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8");
  for (const file of readdirSync(inRepository("captures")).filter((name) => name.endsWith(".pcapng"))) {
    const sensor = new Sensor(judgeFrom(enclave), null);
    for (const frame of await captured(inRepository(`captures/${file}`))) {
      for (const batch of batchesOf([frame])) sensor.consume(batch);
      for (const path of KEPT) if (reach(sensor, path).size > 0) used.add(path);
    }
    sensor.finish([], false);
    for (const path of KEPT) expect(reach(sensor, path).size, `${path} after ${file}`).toBe(0);
  }
  // Else the test above says little.
  expect(used.size).toBeGreaterThanOrEqual(5);
});
