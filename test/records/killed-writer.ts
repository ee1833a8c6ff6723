// Run as a process of its own: records findings for ever, and says on stdout what may be reported.
import { writeSync } from "node:fs";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths } from "../../src/records/state-paths.ts";
import { sampleFinding } from "./sample-findings.ts";

const paths = resolveStatePaths(process.argv[2]);
const state = await State.open(paths, (part, message) => writeSync(1, `alarm ${part} ${message}\n`));
const known = state.loadFindings();
writeSync(1, `loaded ${known.map(({ id }) => id).join(" ")}\n`);
const hosts = Number(process.argv[3]);
for (let n = known.length; n < known.length + hosts; n++) {
  const batch = [sampleFinding(`host-${n}.example.org`), sampleFinding(`mirror-${n}.example.org`)];
  state.findings(batch.map((finding) => ({ what: "new", finding, into: null })));
  if (n % 7 === 0) {
    state.sensor({ name: "sensor.gap", subject: "", raised: n % 2 === 0, atMs: Date.now(), text: String(n) });
  }
  if (state.flush()) writeSync(1, `reported ${batch.map(({ id }) => id).join(" ")}\n`);
}
state.close();
