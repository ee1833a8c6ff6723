import type { BrokenInput } from "../../capture/capture-inputs.ts";
import { catalogueWith } from "../../catalogue/built-in.ts";
import { Judge } from "../../policy/judge.ts";
import type { Evidence } from "../../records/evidence.ts";
import type { Run } from "../../report/run.ts";
import { validationReport } from "../../report/validation.ts";
import type { Report } from "../../report/validation-shape.ts";
import type { EnclaveFile } from "../enclave-option.ts";
import { readCaptures } from "../read-captures.ts";
import { version } from "../version.ts";
import { CanaryWatch } from "./canary-watch.ts";
import { conclude } from "./conclude.ts";
import { knownIntervals } from "./known-intervals.ts";
import { WatchedSensor } from "./watched-sensor.ts";

/** A run, and the report that was made of it. */
export interface Validated {
  readonly run: Run;
  readonly report: Report;
}

/** Judges captures; null where none of them could be read at all. `canarySecret`: its probes must be seen. */
export async function judgeCaptures(
  enclave: EnclaveFile,
  paths: readonly string[],
  broken: readonly BrokenInput[],
  evidence: Evidence | null,
  canarySecret: Uint8Array | null,
): Promise<Validated | null> {
  const catalogue = catalogueWith(enclave.ownCatalogue);
  const canary = canarySecret === null ? null : new CanaryWatch(canarySecret, evidence);
  const sensor = new WatchedSensor(new Judge(enclave.policy), catalogue, canary ?? evidence, evidence);
  const read = await readCaptures(sensor, paths, broken, true);
  if (read.inputs.every(({ format }) => format === null)) return null;
  const seen = sensor.finish(read.coverage, read.interrupted);
  const concluded = conclude(seen, canary, sensor.activity);
  const run: Run = {
    policy: enclave.policy,
    policySha256: enclave.sha256,
    inputs: read.inputs,
    tsDigits: read.tsDigits,
    summary: concluded.summary,
  };
  const report = validationReport({
    run,
    toolVersion: version(),
    mode: "captures",
    watchedSec: null,
    askedSec: null,
    command: null,
    census: sensor.census,
    activity: sensor.activity,
    canary: concluded.canary,
    intervals: knownIntervals(enclave.ownCatalogue),
  });
  return { run, report };
}
