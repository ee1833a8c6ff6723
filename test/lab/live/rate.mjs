// Measures how fast frames can come before some are lost, and what reading one costs: the ring beside
// `tcpdump -w /dev/null`, with rings of the same size, on the same wire, in turns.
// Usage: node test/lab/live/rate.mjs [SECONDS [RATE...]]
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { createWire, sendFrames } from "./wire.mjs";

const FOLDER = fileURLToPath(new URL("../../../node_modules/.cache/gapwatch-lab-live", import.meta.url));
const RING_MB = 64;
const TICKS_PER_SEC = 100;

const [seconds = 2, ...rates] = process.argv.slice(2).map(Number);
await build({
  input: fileURLToPath(new URL("rate-reader.ts", import.meta.url)),
  platform: "node",
  external: ["koffi"],
  output: { dir: FOLDER, format: "esm" },
});
const lab = await createWire();
process.stdout.write("octets  reader    sent/s     lost      CPU ns per frame\n");
try {
  for (const octets of [64, 1400]) {
    for (const rate of rates.length > 0 ? rates : [200_000, 400_000, 600_000]) {
      await measure("ring", octets, rate, readRing);
      await measure("tcpdump", octets, rate, readTcpdump);
    }
  }
} finally {
  await lab.destroy();
}

/**
 * @param {string} name @param {number} octets @param {number} rate
 * @param {(send: () => Promise<number>) => Promise<{ sent: number, lost: number, cpuSec: number }>} read
 */
async function measure(name, octets, rate, read) {
  let tookSec = 0;
  const { sent, lost, cpuSec } = await read(async () => {
    const done = await sendFrames(lab, { frames: rate * seconds, octets, rate, cpu: 0 });
    tookSec = done.seconds;
    return done.sent;
  });
  const row = [octets, name, Math.round(sent / tookSec), lost, Math.round((cpuSec / (sent - lost)) * 1e9)];
  process.stdout.write(`${row.map((cell, i) => String(cell).padEnd([8, 10, 11, 10, 0][i])).join("")}\n`);
}

/** @param {() => Promise<number>} send */
async function readRing(send) {
  const argv = [process.execPath, `${FOLDER}/rate-reader.js`, "rx0", String(RING_MB)];
  const { sent, said, cpuSec } = await readWhile(argv, "ready", "SIGTERM", send);
  const { seen, dropped } = JSON.parse(said.split("\n")[1]);
  if (seen + dropped !== sent) throw new Error(`${sent} sent, ${seen} seen, ${dropped} dropped`);
  return { sent, lost: dropped, cpuSec };
}

/** @param {() => Promise<number>} send */
async function readTcpdump(send) {
  const argv = ["tcpdump", "-i", "rx0", "-n", "-B", String(RING_MB << 10), "-Z", "root", "-w", "/dev/null"];
  const { sent, said, cpuSec } = await readWhile(argv, "listening on", "SIGINT", send);
  return { sent, lost: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1]), cpuSec };
}

/** @param {string[]} argv @param {string} word @param {NodeJS.Signals} signal @param {() => Promise<number>} send */
async function readWhile(argv, word, signal, send) {
  const child = lab.spawn("sensor", ["taskset", "-c", "1", ...argv]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  while (!said.includes(word)) await new Promise((resolve) => setTimeout(resolve, 20));
  const before = cpuSecOf(child.pid);
  const sent = await send();
  await new Promise((resolve) => setTimeout(resolve, 1200)); // until the last block was read
  const cpuSec = cpuSecOf(child.pid) - before;
  lab.signal(child, signal);
  await once(child, "close");
  return { sent, said, cpuSec };
}

/**
 * Of the command that an nsenter runs, all its threads, in user mode and in the kernel.
 * @param {number | undefined} nsenter
 */
function cpuSecOf(nsenter) {
  const pid = readFileSync(`/proc/${nsenter}/task/${nsenter}/children`, "utf8").trim();
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
}
