import { existsSync, statSync } from "node:fs";
import { listInputs } from "../capture/capture-inputs.ts";
import { catalogueWith } from "../catalogue/built-in.ts";
import type { RatedFinding } from "../findings/summary.ts";
import { Judge } from "../policy/judge.ts";
import { resolveStatePaths } from "../records/state-paths.ts";
import { draftPolicy } from "../report/policy-draft.ts";
import { Sensor } from "../sensor.ts";
import { withStore } from "./acknowledge.ts";
import { type EnclaveFile, readEnclaveOrExit } from "./enclave-option.ts";
import { readCaptures } from "./read-captures.ts";
import { say } from "./say.ts";

const DONE = 0;
const COULD_NOT_RUN = 2;

/** Prints the enclave file with rules for what was seen, which load only when a person has filled them in. */
export async function suggest(path: string, enclavePath: string | undefined): Promise<number> {
  const enclave = readEnclaveOrExit(enclavePath);
  const found = isState(path) ? await storedFindings(path) : await capturedFindings(path, enclave);
  if (found === null) return COULD_NOT_RUN;
  const draft = draftPolicy(enclave.octets.toString("utf8"), enclave.policy, found);
  for (const text of draft.left) say(`not suggested: ${text}`);
  process.stdout.write(draft.text);
  say(
    `${draft.rules} ${draft.rules === 1 ? "rule" : "rules"} drafted: owner, reason and expiry are yours to fill in`,
  );
  return DONE;
}

/** A directory that watch keeps its findings in. */
export function isState(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory() && existsSync(resolveStatePaths(path).store);
}

/** What a state directory remembers. Throws StateError and StoreError. */
export async function storedFindings(directory: string): Promise<RatedFinding[]> {
  const paths = resolveStatePaths(directory);
  return await withStore(paths, (store) => store.findings().map(({ finding }) => finding));
}

/** What captures show; null, with notices, where none can be read. */
async function capturedFindings(path: string, enclave: EnclaveFile): Promise<readonly RatedFinding[] | null> {
  const { paths, broken } = await listInputs([path]);
  for (const each of broken) say(`${each.path}: ${each.message}`);
  if (paths.length === 0) return null;
  const sensor = new Sensor(new Judge(enclave.policy), null);
  sensor.catalogue = catalogueWith(enclave.ownCatalogue);
  const read = await readCaptures(sensor, paths, broken, false);
  if (read.inputs.every(({ format }) => format === null)) return null;
  return sensor.finish(read.coverage, read.interrupted).findings;
}
