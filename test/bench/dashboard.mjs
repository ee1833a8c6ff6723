// How much the dashboard costs: 50,000 findings, 5,000 changes a second, keys typed meanwhile.
// Usage: npm run bench:dashboard [SECONDS]
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { Dashboard } from "../.modules/dashboard/dashboard.js";
import { ScreenModel } from "../.modules/dashboard/screen-model.js";
import { terminalTraits } from "../.modules/dashboard/terminal-traits.js";
import { loadEnclave } from "../.modules/policy/enclave-file.js";

const FINDINGS = 50_000;
const CHANGES_A_SECOND = 5000;
const SECONDS = Number(process.argv[2] ?? 10);
const EVERY_MS = 50;
const KEY_EVERY_MS = 130;
const SIZE = { columns: 200, rows: 50 };
const SEVERITIES = ["info", "low", "medium", "high", "critical"];
const OUTCOMES = ["named", "attempted", "refused", "answered", "connected", "transferred"];
const START_SEC = 1_795_161_600;

/** A terminal that takes everything, and notes when. */
class FakeTerminal extends EventEmitter {
  isTTY = true;
  writable = true;
  columns = SIZE.columns;
  rows = SIZE.rows;
  frames = 0;
  octets = 0;
  /** @type {(() => void) | null} */
  written = null;

  /** @param {string} text */
  write(text) {
    this.frames++;
    this.octets += text.length;
    this.written?.();
    return true;
  }
}

const output = new FakeTerminal();
const input = Object.assign(new PassThrough(), { isTTY: true, isRaw: true, setRawMode: () => input });
const loaded = loadEnclave("gapwatch: 1\nenclave: { name: bench, inside: [10.0.0.0/8] }\n", "bench.yaml");
if ("problems" in loaded) throw new Error("the enclave file is not sound");
const enclave = { policy: loaded.policy, sha256: "0".repeat(64), path: "bench.yaml", loadedMs: Date.now() };
const model = new ScreenModel("live", enclave, null, () => Date.now());
let seed = 1;

model.found(
  Array.from({ length: FINDINGS }, (_, i) => findingOf(i, 0)),
  [],
);
look(0);
const nothing = { id: "", packets: [], files: [], missing: "none" };
const dashboard = new Dashboard(
  model,
  {
    quit: () => {},
    acknowledge: async () => "",
    draft: () => "",
    exportFindings: () => "",
    evidenceOf: async ({ id }) => ({ ...nothing, id }),
    replay: () => {},
    looksAt: () => {},
  },
  terminalTraits({ TERM: "xterm-256color", LANG: "C.UTF-8" }),
  /** @type {any} the streams of a terminal, as far as they are used */ ({ input, output }),
);
await measure();
dashboard.close();
process.exit(0);

async function measure() {
  await pause(500);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const [frames, octets] = [output.frames, output.octets];
  /** @type {number[]} */
  const latencies = [];
  let [keyMs, changed, worstMs] = [began, 0, 0];
  while (performance.now() - began < SECONDS * 1000) {
    const due = Math.floor(((performance.now() - began) / 1000) * CHANGES_A_SECOND) - changed;
    const before = performance.now();
    model.found(
      Array.from({ length: due }, () => findingOf(random(FINDINGS), ++changed)),
      [],
    );
    look(changed);
    worstMs = Math.max(worstMs, performance.now() - before);
    if (performance.now() - keyMs > KEY_EVERY_MS) {
      keyMs = performance.now();
      latencies.push(await keyLatency());
    }
    await pause(EVERY_MS);
  }
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const figures = {
    findings: FINDINGS,
    changes_per_s: Math.round(changed / seconds),
    frames_per_s: Math.round(((output.frames - frames) / seconds) * 10) / 10,
    key_ms_median: round(latencies[Math.floor(latencies.length / 2)]),
    key_ms_worst: round(latencies[latencies.length - 1]),
    cpu_share: round((user + system) / 1e6 / seconds),
    kB_per_s: Math.round((output.octets - octets) / 1000 / seconds),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** From a key to what it changes on the screen. @returns {Promise<number>} */
function keyLatency() {
  const began = performance.now();
  return new Promise((resolve) => {
    output.written = () => {
      output.written = null;
      resolve(performance.now() - began);
    };
    input.write(random(10) === 0 ? "\x1b[A" : "\x1b[B");
  });
}

/** @param {number} i @param {number} change */
function findingOf(i, change) {
  const severity = 1 + (i % 4);
  const outcome = i % OUTCOMES.length;
  const at = { sec: START_SEC + change, nsec: 0 };
  return {
    id: i.toString(16).padStart(12, "0"),
    kind: /** @type {const} */ ("egress.flow"),
    source: `10.${i % 200}.${(i >> 8) % 250}.9`,
    destination: `host-${i}.example.net`,
    port: 443,
    proto: "tcp",
    name: `host-${i}.example.net`,
    evidence: /** @type {const} */ ("in-flow"),
    rule: null,
    aliases: [],
    ips: ["192.0.2.1"],
    asked: [],
    via: [],
    mac: null,
    firstSeen: { sec: START_SEC, nsec: 0 },
    lastSeen: at,
    attempts: change + 1,
    bytesOut: change,
    bytesIn: change,
    oneWayBytes: 0,
    outcome,
    severityCap: 4,
    severityShift: 0,
    severity,
    severityName: /** @type {any} */ (SEVERITIES[severity]),
    outcomeName: /** @type {any} */ (OUTCOMES[outcome]),
    sourceName: null,
    catalogue: null,
    sharedHosting: null,
    frameworks: [],
    details: [],
  };
}

/** @param {number} changed */
function look(changed) {
  model.look({
    inputs: [{ name: "mirror0", state: "up", packets: changed * 100, dropped: 0 }],
    packets: changed * 100,
    bytes: changed * 60_000,
    flows: changed,
    packetsPerSec: 500_000,
    bitsPerSec: 2.4e9,
    reasons: [],
    raised: [],
    coverage: {},
    exceptions: [],
  });
}

/** @param {number} below */
function random(below) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed % below;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
