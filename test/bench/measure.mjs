import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

const WRAPPER = join(import.meta.dirname, "measure.py");

/**
 * Runs a command once, its standard output going to a file, and returns exitCode, timedOut, wallSec,
 * cpuSec (user and system, all threads and children), peakRssBytes and what it wrote to stderr.
 */
export function measure(command, stdoutPath, timeoutSec) {
  const stdout = openSync(stdoutPath, "w");
  try {
    const python = spawnSync("python3", ["-I", "-S", WRAPPER, String(timeoutSec), ...command], {
      stdio: ["ignore", stdout, "pipe", "pipe"],
      maxBuffer: 64 << 20,
    });
    if (python.error) throw new Error(`the benchmark needs python3 (${python.error.message})`);
    return { ...JSON.parse(python.output[3].toString()), stderr: python.stderr.toString() };
  } finally {
    closeSync(stdout);
  }
}

/** The middle one by CPU time: one run's numbers belong together. */
export function medianRun(runs) {
  return runs.toSorted((a, b) => a.cpuSec - b.cpuSec)[Math.floor((runs.length - 1) / 2)];
}
