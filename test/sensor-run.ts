import type { InputCoverage } from "../src/findings/coverage.ts";
import type { RatedFinding, Summary } from "../src/findings/summary.ts";
import { loadEnclave } from "../src/policy/enclave-file.ts";
import { Judge } from "../src/policy/judge.ts";
import { Sensor } from "../src/sensor.ts";
import { batchesOf, type TimedFrame } from "./traffic/frames.ts";

/** The judge of an enclave file's text. */
export function judgeFrom(text: string): Judge {
  const loaded = loadEnclave(text, "enclave.yaml");
  if ("problems" in loaded) throw new Error(loaded.problems.map((problem) => problem.message).join("; "));
  return new Judge(loaded.policy);
}

/** What a sensor says of frames, as if each list were one input; `facts` changes what is known of them. */
export function watch(
  judge: Judge,
  inputs: readonly (readonly TimedFrame[])[],
  facts: Partial<InputCoverage> = {},
  linkType = 1,
): Summary {
  const sensor = new Sensor(judge, null);
  for (const frames of inputs) for (const batch of batchesOf(frames, linkType)) sensor.consume(batch);
  const coverage = inputs.map((frames, i) => ({
    path: `input-${i}`,
    packets: frames.length,
    dropped: 0,
    filtered: false,
    damage: null,
    ...facts,
  }));
  return sensor.finish(coverage, false);
}

/** Port and protocol as people write them: `443/tcp`, `icmp`. */
export function serviceOf({ port, proto }: RatedFinding): string {
  return port === null ? `${proto}` : `${port}/${proto}`;
}

/** One finding in a line: kind, source, destination, service, outcome, severity, attempts. */
export function lineOf(finding: RatedFinding): string {
  const { kind, source, destination, outcomeName, severityName, attempts } = finding;
  return `${kind} ${source} ${destination} ${serviceOf(finding)} ${outcomeName} ${severityName} x${attempts}`;
}
