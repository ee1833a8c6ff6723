// Replays captures one after another: a path comes in by message, what was seen goes back.

import { CaptureError } from "../.modules/capture/frame-source.js";
import { openCapture } from "../.modules/capture/open-capture.js";
import { loadEnclave } from "../.modules/policy/enclave-file.js";
import { Judge } from "../.modules/policy/judge.js";
import { Sensor } from "../.modules/sensor.js";
import { FactObserver } from "./facts.mjs";

// Names and flows do not depend on the policy; this one has both sides of the boundary in most captures.
const ENCLAVE = `
gapwatch: 1
enclave:
  name: corpus
  inside: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "fd00::/8"]
  resolvers: [10.0.0.138]
  crown_jewels_bytes: 100MB
`;
const loaded = loadEnclave(ENCLAVE, "corpus.yaml");
if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
const judge = new Judge(loaded.policy);

async function replay(path) {
  const observer = new FactObserver();
  const sensor = new Sensor(judge, observer);
  try {
    const source = await openCapture(path);
    for (let batch = await source.next(); batch !== null; batch = await source.next()) sensor.consume(batch);
    source.close();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error; // else it is refused, as a whole
  }
  const { findings } = sensor.finish([], false);
  const counts = [...observer.packets].map(([flow, [there, back]]) => `PACKETS ${flow} ${there}/${back}`);
  return { facts: [...observer.facts, ...counts], hidden: findings.filter(isHidden).map(lineOf) };
}

/** Of the detectors that look for what hides. */
function isHidden({ kind, source }) {
  return (
    ["tunnel.dns", "tunnel.icmp", "beacon", "secret.cleartext"].includes(kind) ||
    (kind === "volume.budget" && source !== null)
  );
}

function lineOf({ kind, severityName, source, destination, details }) {
  const what = details.map((detail) => detail.replace(/( \.\.\..{4})?, fingerprint .*/, ""));
  return [kind, severityName, source, destination, what.join("; ")].join(" ");
}

process.on("message", async (path) => {
  const begun = performance.now();
  const { facts, hidden } = await replay(path);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.send({ facts, hidden, ms: performance.now() - begun, peakBytes });
});
