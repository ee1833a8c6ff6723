// Measures how fast frames can come before some are lost, and what one costs: the whole of `gapwatch watch` beside
// `tcpdump -w /dev/null`, with rings of the same size, on the same wire, in turns. The sender has one core, the
// reader another. In the first half the sender's core also takes the frames in, as far as the ring; in the second
// the reader's does (receive packet steering), as an interrupt of a card there would, so that the reader has only
// what that leaves. Usage: npm run bench:live [-- SECONDS [RATE...]], a rate of 0 for as fast as the sender can.
// Where nothing is lost even then, the sender was the limit, and the processor's time for a frame says more. Other
// work on the machine makes all of it worse: each trial waits a while for a quiet moment, and the last column says what
// share of all processors others had.
// Ends with 1 when watch loses frames at a rate of less than nine tenths of the best that tcpdump lost none at.
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createWire, prepareFlood, sendFlood, steer } from "./wire.mjs";

const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));
const RING_MB = 64;
const FLOWS = 1000;
const SENDER_CPU = 0;
const READER_CPU = 1;
const TARGET_SHARE = 0.9;
const RATES = [250_000, 500_000, 750_000, 1_000_000, 1_250_000, 1_500_000, 2_000_000, 0];
/** Code is compiled and the ring's memory touched before anything is measured. */
const WARM_UP = { frames: 300_000, rate: 200_000 };
const WIDTHS = [15, 8, 9, 10, 10, 18, 0];
const QUIET_SHARE = 0.1;
/** A loss while others had more than this says nothing: the trial is made again, so often. */
const DISTURBED_SHARE = 0.15;
const REPEATS = 2;
const QUIET_WAIT_MS = 15_000;
const TICKS_PER_SEC = 100;
const ENCLAVE_FILE = `
gapwatch: 1
enclave:
  name: rate-lab
  inside: [10.9.0.0/24]
`;

/** @typedef {{ asked: number, sent: number }} Rate per second; asked Infinity for as many as the sender can */
/** @type {Rate} */
const NONE = { asked: 0, sent: 0 };

const [seconds = 2, ...asked] = process.argv.slice(2).map(Number);
const rates = asked.length > 0 ? asked : RATES;
const folder = mkdtempSync(join(tmpdir(), "gapwatch-rate-"));
const enclave = join(folder, "enclave.yaml");
writeFileSync(enclave, ENCLAVE_FILE);
const watchOptions = ["--headless", "-i", "rx0", "-e", enclave, "--state", join(folder, "state")];
const READERS = {
  tcpdump: {
    argv: ["tcpdump", "-i", "rx0", "-n", "-B", `${RING_MB << 10}`, "-Z", "root", "-w", "/dev/null"],
    starts: "listening on",
    end: "SIGINT",
    seen: /(\d+) packets? captured/,
  },
  watch: {
    argv: [process.execPath, MAIN, "watch", ...watchOptions, "--ring-mb", `${RING_MB}`],
    starts: "watching rx0",
    end: "SIGTERM",
    seen: /([\d,]+) packets? in/,
  },
};
const lab = await createWire();
try {
  await prepareFlood(lab);
  row("taken in by", "octets", "reader", "sent/s", "lost", "CPU ns per frame", "others");
  for (const [intake, cpu] of [
    ["sender's core", null],
    ["reader's core", READER_CPU],
  ]) {
    await steer(lab, typeof cpu === "number" ? cpu : null);
    for (const octets of [64, 1400]) await compare(`${intake}`, octets);
  }
} finally {
  await lab.destroy();
  rmSync(folder, { recursive: true });
}

/** Both readers at rising rates, each up to where it loses frames. @param {string} intake @param {number} octets */
async function compare(intake, octets) {
  /** The highest rate without loss: as it was asked for, and as it was sent. @type {Record<string, Rate>} */
  const best = { tcpdump: NONE, watch: NONE };
  const losing = new Set();
  for (const rate of rates) {
    for (const [name, reader] of Object.entries(READERS)) {
      if (losing.has(name)) continue;
      let { sentPerSec, lost, isDisturbed } = await measured(intake, octets, name, reader, rate);
      for (let again = 0; lost > 0 && isDisturbed && again < REPEATS; again++)
        ({ sentPerSec, lost, isDisturbed } = await measured(intake, octets, name, reader, rate));
      if (lost > 0) losing.add(name);
      else best[name] = { asked: rate === 0 ? Infinity : rate, sent: sentPerSec };
    }
  }
  const { tcpdump, watch } = best;
  process.stdout.write(
    `  nothing lost: tcpdump up to ${rateText(tcpdump)}, watch up to ${rateText(watch)}\n`,
  );
  const target = TARGET_SHARE * (tcpdump.asked === Infinity ? tcpdump.sent : tcpdump.asked);
  if (watch.asked < target) process.exitCode = 1;
}

/**
 * One trial, printed. @param {string} intake @param {number} octets @param {string} name
 * @param {typeof READERS.watch} reader @param {number} rate
 */
async function measured(intake, octets, name, reader, rate) {
  const { sentPerSec, lost, cpuNs, others } = await measure(reader, octets, rate);
  row(
    intake,
    `${octets}`,
    name,
    `${sentPerSec}`,
    `${lost}`,
    `${cpuNs}`,
    `${Math.round(100 * Math.max(0, others))} %`,
  );
  return { sentPerSec, lost, isDisturbed: others > DISTURBED_SHARE };
}

/** @param {Rate} rate */
function rateText({ asked, sent }) {
  return asked === Infinity ? `${sent}/s, the most that was sent` : `${sent}/s`;
}

/** @param {typeof READERS.watch} reader @param {number} octets @param {number} rate */
async function measure({ argv, starts, end, seen }, octets, rate) {
  const child = lab.spawn("sensor", ["taskset", "-c", `${READER_CPU}`, ...argv]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  while (!said.includes(starts)) {
    if (child.exitCode !== null) throw new Error(said);
    await delay(20);
  }
  const flood = { octets, flows: FLOWS, cpu: SENDER_CPU };
  const warmUp = await sendFlood(lab, { ...flood, ...WARM_UP });
  await delay(1200); // until the last block was read
  await quietMoment();
  const before = cpuNsOf(child.pid);
  const machineBefore = machineTime();
  const frames = (rate === 0 ? Math.max(...RATES) : rate) * seconds;
  const { sent, seconds: tookSec, cpuSec } = await sendFlood(lab, { ...flood, frames, rate });
  const machine = machineTime();
  const readerSec = (cpuNsOf(child.pid) - before) / 1e9;
  const others =
    (machine.busySec - machineBefore.busySec - cpuSec - readerSec) / (machine.sec - machineBefore.sec);
  await delay(1200);
  const cpuNs = cpuNsOf(child.pid) - before;
  lab.signal(child, /** @type {NodeJS.Signals} */ (end));
  await once(child, "close");
  const lost = sent + warmUp.sent - Number(seen.exec(said)?.[1].replaceAll(",", ""));
  if (!(lost >= 0)) throw new Error(`${sent} and ${warmUp.sent} sent:\n${said}`);
  return { sentPerSec: Math.round(sent / tookSec), lost, cpuNs: Math.round(cpuNs / (sent - lost)), others };
}

/** Waits until the machine has had little to do for half a second, or long enough. */
async function quietMoment() {
  for (const endMs = performance.now() + QUIET_WAIT_MS; performance.now() < endMs; ) {
    const before = machineTime();
    await delay(500);
    const now = machineTime();
    if (now.busySec - before.busySec < QUIET_SHARE * (now.sec - before.sec)) return;
  }
}

/** Processors' time since the start, all of it and what was neither idle nor gives way (man 5 proc_stat). */
function machineTime() {
  const ticks = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].split(/ +/).slice(1, 9).map(Number);
  const all = ticks.reduce((a, b) => a + b);
  return { sec: all / TICKS_PER_SEC, busySec: (all - ticks[1] - ticks[3] - ticks[4]) / TICKS_PER_SEC };
}

/**
 * Of the command that an nsenter runs, all its threads, in user mode and in the kernel (sched-stats.rst).
 * @param {number | undefined} nsenter
 */
function cpuNsOf(nsenter) {
  const pid = readFileSync(`/proc/${nsenter}/task/${nsenter}/children`, "utf8").trim();
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]),
  );
  return times.reduce((a, b) => a + b);
}

/** @param {string[]} cells */
function row(...cells) {
  process.stdout.write(`${cells.map((cell, i) => cell.padEnd(WIDTHS[i])).join("")}\n`);
}
