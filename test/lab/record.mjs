// Records the captures of the lab's scenarios anew: captures/NAME.pcapng, and captures/NAME.md with
// their provenance and what they must be judged as.
// Usage: node test/lab/record.mjs [SCENARIO...]
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canMakeNamespaces, createLab } from "./lab.mjs";
import { provenance } from "./provenance.mjs";
import { playScenario, prepareScenario, SCENARIOS } from "./scenarios.mjs";

const CAPTURES = fileURLToPath(new URL("../../captures/", import.meta.url));

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown.length > 0) {
  fail(`no scenario ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}`);
}
if (!canMakeNamespaces()) fail("this user cannot make network namespaces here");
for (const name of wanted.length > 0 ? wanted : Object.keys(SCENARIOS)) await recordScenario(name);

/** @param {string} name */
async function recordScenario(name) {
  const scenario = SCENARIOS[name];
  const folder = mkdtempSync(join(tmpdir(), "gapwatch-record-"));
  const lab = await createLab();
  try {
    if (scenario.packages !== undefined) await lab.mountPackages(install(scenario.packages, folder));
    await prepareScenario(lab, scenario);
    const pcap = join(folder, "mirror.pcap");
    await lab.record(pcap, () => playScenario(lab, scenario, (step, result) => tell(name, step, result)));
    // From pcap, not recorded as pcapng: that would name this machine's system and interface.
    execFileSync("editcap", ["-F", "pcapng", pcap, join(CAPTURES, `${name}.pcapng`)]);
    writeFileSync(join(CAPTURES, `${name}.md`), provenance(name, scenario));
  } finally {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  }
}

/**
 * Installs packages, without their scripts, and returns where they are.
 * @param {string} manifest @param {string} folder
 */
function install(manifest, folder) {
  copyFileSync(new URL(manifest, import.meta.url), join(folder, "package.json"));
  const options = ["--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--no-package-lock"];
  execFileSync("npm", ["install", ...options], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  return join(folder, "node_modules");
}

/** @param {string} name @param {import("./scenarios/scenario.mjs").Step} step @param {import("./lab.mjs").Result} result */
function tell(name, { host, why }, { code, stderr }) {
  const lastWords = stderr.trim().split("\n").at(-1);
  process.stderr.write(`${name}: ${host}: ${why}: exit ${code} ${lastWords}\n`);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`record: ${message}\n`);
  process.exit(2);
}
