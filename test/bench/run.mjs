// npm run bench -- [--only small,mixed,flows,hundred] [--runs N] [--all] [--json FILE]
// Makes the workloads (once, in $GAPWATCH_BENCH_DIR or test/bench/work), measures gapwatch beside other
// programs on the same files in the same run, and prints medians beside the targets.
import { openSync, readSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure, medianRun } from "./measure.mjs";
import { renderTable, renderTargets } from "./table.mjs";
import { compare } from "./targets.mjs";
import { TOOLS, whyMissing } from "./tools.mjs";
import { ensureWorkload, WORKLOADS } from "./traffic/workloads.mjs";

const TIMEOUT_SEC = 1800;

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(WORKLOADS).join(",") },
    runs: { type: "string", default: "3" },
    all: { type: "boolean", default: false },
    json: { type: "string" },
  },
});

const folder = process.env.GAPWATCH_BENCH_DIR ?? join(import.meta.dirname, "work");
const print = (text) => process.stdout.write(text);
const notice = (text) => process.stderr.write(`bench: ${text}\n`);

function main() {
  const names = options.only.split(",");
  const runs = Number(options.runs);
  const unknown = names.find((name) => !Object.hasOwn(WORKLOADS, name));
  if (unknown !== undefined) fail(`no workload ${unknown}; there are ${Object.keys(WORKLOADS).join(", ")}`);
  if (!Number.isInteger(runs) || runs < 1) fail("--runs wants a whole number from 1");
  const tools = availableTools();
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
  print(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, median of ${runs}\n`);
  const workloads = names.map((name) => runWorkload(name, tools, runs));
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, runs, workloads }, null, 2)}\n`);
}

function fail(message) {
  notice(message);
  process.exit(2);
}

function availableTools() {
  const wanted = TOOLS.filter((tool) => !tool.all || options.all);
  return wanted.filter((tool) => {
    const why = whyMissing(tool);
    if (why !== null) notice(`${tool.name} left out: ${why}`);
    return why === null;
  });
}

function runWorkload(name, tools, runs) {
  const { path, facts } = ensureWorkload(name, folder, notice);
  warmPageCache(path);
  const samples = new Map(tools.map((tool) => [tool, []]));
  // Round by round, so that a slow minute of the machine hits everybody.
  for (let round = 0; round < runs; round++) {
    for (const tool of tools) {
      if (tool.once && round > 0) continue;
      if (tool.packets > facts.packets) continue;
      const sample = runOnce(tool, path);
      if (sample !== null) samples.get(tool).push(sample);
    }
  }
  const results = [];
  for (const [tool, list] of samples) {
    if (list.length === 0) continue;
    results.push({
      tool: tool.name,
      packets: tool.packets ?? facts.packets,
      ...medianRun(list),
      samples: list,
    });
  }
  const judged = inspect(tools, samples, facts);
  const targets = compare(name, results);
  print(
    `\n${title(name, facts)}\n${renderTable(results, facts)}${renderTargets(targets)}${renderJudged(judged)}`,
  );
  return { name, facts, results, targets, judged };
}

function runOnce(tool, path) {
  const stdoutPath = tool.stdout ? join(folder, tool.stdout) : "/dev/null";
  tool.prepare?.(folder);
  const { stderr, ...sample } = measure(tool.command(path, folder), stdoutPath, TIMEOUT_SEC);
  if (!sample.timedOut && (tool.exitCodes ?? [0]).includes(sample.exitCode)) return sample;
  const how = sample.timedOut ? `gave no answer in ${TIMEOUT_SEC} s` : `ended with ${sample.exitCode}`;
  notice(`${tool.name} ${how}: ${stderr.trim().split("\n").at(-1)}`);
  return null;
}

function warmPageCache(path) {
  const buffer = new Uint8Array(4 << 20);
  const fd = openSync(path, "r");
  while (readSync(fd, buffer, 0, buffer.length, null) > 0);
}

/** Speed counts only for the right answer: looks into what the last run printed. */
function inspect(tools, samples, facts) {
  const tool = tools.find((candidate) => candidate.inspect);
  if (tool === undefined || samples.get(tool).length === 0) return null;
  return tool.inspect(join(folder, tool.stdout), facts);
}

function title(name, { packets, frameBytes, fileBytes, conversations }) {
  const mean = Math.round(frameBytes / packets);
  const count = (value) => value.toLocaleString("en");
  return `${name}: ${count(packets)} packets of ${mean} B, ${count(conversations)} conversations, ${(fileBytes / 1e9).toFixed(2)} GB`;
}

function renderJudged(judged) {
  if (judged === null) return "";
  const kinds = Object.entries(judged.kinds).map(([kind, count]) => `${count} ${kind}`);
  const found = `  verdict ${judged.verdict}, ${judged.findings} findings: ${kinds.join(", ")}; ${judged.rulesUsed} rules used\n`;
  return found + judged.complaints.map((complaint) => `  WRONG    ${complaint}\n`).join("");
}

main();
