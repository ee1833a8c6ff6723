// Measures how fast frames can come before some are lost, and what one costs: the whole of `gapwatch watch` beside
// `tcpdump -w /dev/null`, with rings of the same size, on the same wire, in turns. The sender has one core, the
// reader another. Usage: npm run bench:live [-- SECONDS [RATE...]], a rate of 0 for as fast as the sender can.
// Where neither loses a frame the sender was the limit, and its rates say how busy the machine was with other things.
// Ends with 1 when watch loses frames at a rate of less than nine tenths of the best that tcpdump lost none at.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createWire, sendFrames } from "./wire.mjs";

const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));
const RING_MB = 64;
const FLOWS = 1000;
const TICKS_PER_SEC = 100;
const TARGET_SHARE = 0.9;
const RATES = [100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 0];
const ENCLAVE_FILE = `
gapwatch: 1
enclave:
  name: rate-lab
  inside: [10.9.0.0/24]
`;

/** @typedef {{ sent: number, lost: number, cpuSec: number }} Reading */

const [seconds = 2, ...rates] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "gapwatch-rate-"));
const enclave = join(folder, "enclave.yaml");
writeFileSync(enclave, ENCLAVE_FILE);
const lab = await createWire();
const READERS = { tcpdump: readTcpdump, watch: readWatch };
/** The highest rate that was asked for and lost no frame, and what was sent then. @type {Map<string, number[]>} */
const best = new Map();
row("octets", "reader", "sent/s", "lost", "CPU ns per frame");
try {
  for (const octets of [64, 1400]) {
    for (const rate of rates.length > 0 ? rates : RATES) {
      for (const [name, read] of Object.entries(READERS)) await measure(name, octets, rate, read);
    }
  }
} finally {
  await lab.destroy();
  rmSync(folder, { recursive: true });
}
for (const octets of [64, 1400]) {
  const [tcpdump, watch] = ["tcpdump", "watch"].map((name) => best.get(`${name} ${octets}`) ?? [0, 0]);
  process.stdout.write(
    `\n${octets} octets, no frame lost: tcpdump up to ${text(tcpdump)}, watch up to ${text(watch)}\n`,
  );
  if (watch[0] < TARGET_SHARE * tcpdump[0]) process.exitCode = 1;
}

/** @param {number[]} rate asked for, and sent */
function text([asked, sent]) {
  return `${sent}/s (asked for ${asked === Infinity ? "as many as can be" : `${asked}/s`})`;
}

/**
 * @param {string} name @param {number} octets @param {number} rate
 * @param {(send: () => Promise<number>) => Promise<Reading>} read
 */
async function measure(name, octets, rate, read) {
  let tookSec = 0;
  const { sent, lost, cpuSec } = await read(async () => {
    const frames = (rate === 0 ? Math.max(...RATES) : rate) * seconds;
    const done = await sendFrames(lab, { frames, octets, rate, flows: FLOWS, cpu: 0 });
    tookSec = done.seconds;
    return done.sent;
  });
  const sentPerSec = Math.round(sent / tookSec);
  row(`${octets}`, name, `${sentPerSec}`, `${lost}`, `${Math.round((cpuSec / (sent - lost)) * 1e9)}`);
  const asked = rate === 0 ? Infinity : rate;
  const key = `${name} ${octets}`;
  if (lost === 0 && asked >= (best.get(key)?.[0] ?? 0)) best.set(key, [asked, sentPerSec]);
}

/** @param {string[]} cells */
function row(...cells) {
  process.stdout.write(`${cells.map((cell, i) => cell.padEnd([8, 10, 11, 10, 0][i])).join("")}\n`);
}

/** @param {() => Promise<number>} send @returns {Promise<Reading>} */
async function readWatch(send) {
  const options = ["-i", "rx0", "-e", enclave, "--state", join(folder, "state"), "--ring-mb", `${RING_MB}`];
  const argv = [process.execPath, MAIN, "watch", "--headless", ...options];
  const { sent, said, cpuSec } = await readWhile(argv, "watching rx0", "SIGTERM", send);
  /** @param {RegExp} what */
  const count = (what) => Number(what.exec(said)?.[1].replaceAll(",", ""));
  const lost = count(/([\d,]+) reported lost/);
  const seen = count(/([\d,]+) packets? in/);
  if (seen + lost !== sent) throw new Error(`${sent} sent, ${seen} seen, ${lost} lost:\n${said}`);
  return { sent, lost, cpuSec };
}

/** @param {() => Promise<number>} send @returns {Promise<Reading>} */
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
  while (!said.includes(word)) {
    if (child.exitCode !== null) throw new Error(said);
    await delay(20);
  }
  await delay(300); // what it still has to do after its start is not a frame's cost
  const before = cpuSecOf(child.pid);
  const sent = await send();
  await delay(1200); // until the last block was read
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
