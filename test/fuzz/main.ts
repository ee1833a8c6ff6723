// Throws mutated frames at the whole sensor and mutated capture files at the readers: see README, "In the repository".
//
//     npm run fuzz -- [--frames N] [--files N] [--seed N]     as many as are wanted, from round number N on
//     npm run fuzz -- --again FILE                            the frames of a fault that was found
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { STATUSES } from "../../src/decode/status.ts";
import { judgeFrom } from "../sensor-run.ts";
import { fileRound, NO_FILES, scratchFolder } from "./file-round.ts";
import { Fault, Finds, frameRound, type Made, runFrames, type Seen } from "./frame-round.ts";
import { FUZZ_ENCLAVE } from "./fuzz-enclave.ts";
import { captureFiles, talksOf } from "./seeds.ts";
import { watchdog } from "./watchdog.ts";

const REPORT_EVERY = 500_000;
const MAX_MEMORY = 1 << 30;
const FOLDERS = ["captures", "../shared/captures"];

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    files: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    again: { type: "string" },
  },
});

const judge = judgeFrom(FUZZ_ENCLAVE);
const seen: Seen = { frames: 0, names: new Map(), slowestMs: 0 };
const begun = performance.now();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function checkMemory(): void {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  if (heapUsed + arrayBuffers > MAX_MEMORY)
    throw new Error(`${heapUsed + arrayBuffers} octets of memory in use`);
}

function report(): void {
  const seconds = (performance.now() - begun) / 1000;
  const reached = STATUSES.filter(({ name }) => (seen.names.get(name) ?? 0) > 0).length;
  const told = [...seen.names.values()].filter((count) => count > 0).length;
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);
  say(
    `${seen.frames} frames, ${Math.round(seen.frames / seconds)} a second (each through two sensors), ` +
      `${reached} of ${STATUSES.length} statuses, ${told} counters, ` +
      `slowest ${seen.slowestMs.toFixed(1)} ms, ${peakMib} MiB`,
  );
}

function fuzzFrames(talks: Awaited<ReturnType<typeof talksOf>>, seed: number, wanted: number): void {
  const finds = new Finds();
  const dog = watchdog();
  let due = REPORT_EVERY;
  try {
    for (let round = seed; seen.frames < wanted; round++) {
      dog.beat(round);
      frameRound(judge, talks, finds, round, seen);
      checkMemory();
      if (seen.frames < due) continue;
      report();
      due += REPORT_EVERY;
    }
  } catch (error) {
    if (error instanceof Fault) {
      const path = `fuzz-fault-${Date.now()}.json`;
      const frames = error.frames.map((frame) => ({
        ...frame,
        data: Buffer.from(frame.data).toString("hex"),
      }));
      writeFileSync(path, JSON.stringify({ maxFlows: error.maxFlows, frames }));
      say(`the round's frames are in ${path}: npm run fuzz -- --again ${path}`);
    }
    throw error;
  } finally {
    dog.stop();
  }
  report();
  const silent = STATUSES.filter(({ name }) => (seen.names.get(name) ?? 0) === 0);
  say(`statuses not reached: ${silent.map(({ name }) => name).join(", ") || "none"}`);
}

function runAgain(path: string): void {
  const { frames, maxFlows } = JSON.parse(readFileSync(path, "utf8")) as {
    frames: readonly Made[];
    maxFlows: number;
  };
  const octets = frames.map((frame) => ({ ...frame, data: Buffer.from(String(frame.data), "hex") }));
  runFrames(judge, octets, maxFlows, new Finds(), seen);
  say("no fault");
}

async function fuzzFiles(paths: readonly string[], seed: number, wanted: number): Promise<void> {
  const files = paths.map((path) => new Uint8Array(readFileSync(path)));
  const found = { ...NO_FILES };
  const scratch = scratchFolder();
  const dog = watchdog();
  try {
    for (let round = seed; found.files < wanted; round++) {
      dog.beat(round);
      await fileRound(scratch.path, files, round, found).catch((error: unknown) => {
        throw new Error(`file round ${round} (run it with --frames 0 --files 1 --seed ${round})`, {
          cause: error,
        });
      });
      if (round % 1000 === 0) checkMemory();
    }
  } finally {
    dog.stop();
    scratch.remove();
  }
  say(
    `${found.files} files: ${found.whole} whole, ${found.damaged} damaged, ${found.refused} refused, ` +
      `${found.frames} frames in them, slowest ${found.slowestMs.toFixed(0)} ms`,
  );
}

if (values.again !== undefined) runAgain(values.again);
else {
  const paths = captureFiles(FOLDERS.filter((folder) => existsSync(folder)));
  const seed = Number(values.seed);
  say(`seed ${seed}, ${paths.length} captures`);
  fuzzFrames(await talksOf(paths), seed, Number(values.frames));
  await fuzzFiles(paths, seed, Number(values.files));
}
