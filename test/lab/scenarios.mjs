// Every scenario by its name, and how one is played in a lab.
import { setTimeout as delay } from "node:timers/promises";
import { aiClients } from "./scenarios/ai-clients.mjs";
import { boundary } from "./scenarios/boundary.mjs";
import { clean } from "./scenarios/clean.mjs";
import { dns } from "./scenarios/dns.mjs";
import { names } from "./scenarios/names.mjs";
import { outcomes } from "./scenarios/outcomes.mjs";
import { packages } from "./scenarios/packages.mjs";
import { proxy } from "./scenarios/proxy.mjs";
import { quic } from "./scenarios/quic.mjs";
import { quickstart } from "./scenarios/quickstart.mjs";
import { OUTCOMES } from "./scenarios/scenario.mjs";
import { searchWalk } from "./scenarios/search-walk.mjs";

/** @type {Readonly<Record<string, import("./scenarios/scenario.mjs").Scenario>>} */
export const SCENARIOS = {
  quickstart,
  clean,
  outcomes,
  proxy,
  "search-walk": searchWalk,
  dns,
  names,
  boundary,
  packages,
  quic,
  "ai-clients": aiClients,
};

/**
 * Makes a fresh lab ready for a scenario, and waits until it is quiet.
 * @param {import("./lab.mjs").Lab} lab @param {import("./scenarios/scenario.mjs").Scenario} scenario
 */
export async function prepareScenario(lab, { treat = [], prepare = [] }) {
  for (const [prefix, treatment] of treat) await lab.treat(prefix, treatment);
  for (const [host, command] of prepare) {
    const { code, stderr } = await lab.exec(host, command.split(" "));
    if (code !== 0) throw new Error(`${host}: ${command}: ${stderr}`);
  }
  await delay(2500); // new hosts tell their multicast groups twice (RFC 3810 section 9.1)
}

/**
 * Plays a scenario's steps, one after the other. Rejects when a command cannot run at all; that
 * one fails because its destination is out of reach is what the lab is for.
 * @param {import("./lab.mjs").Lab} lab @param {import("./scenarios/scenario.mjs").Scenario} scenario
 * @param {(step: import("./scenarios/scenario.mjs").Step, result: import("./lab.mjs").Result) => void} [afterStep]
 */
export async function playScenario(lab, { steps }, afterStep) {
  for (const step of steps) {
    const result = await lab.exec(step.host, step.run, { env: step.env, timeoutMs: 60_000 });
    if (result.timedOut || result.code === 127) {
      throw new Error(`${step.host}: ${step.run.join(" ")}: ${result.timedOut ? "hangs" : result.stderr}`);
    }
    await delay(100); // the last acknowledgements belong to this step
    afterStep?.(step, result);
  }
}

/**
 * The steps' findings put together: one row per kind, source, destination and service.
 * @param {import("./scenarios/scenario.mjs").Scenario} scenario
 * @returns {import("./scenarios/scenario.mjs").Expected[]}
 */
export function expectedFindings({ steps }) {
  /** @type {Map<string, import("./scenarios/scenario.mjs").Expected>} */
  const findings = new Map();
  for (const row of steps.flatMap(({ expects }) => expects)) {
    const key = row.slice(0, 4).join("|");
    const known = findings.get(key);
    if (known === undefined || OUTCOMES.indexOf(row[4]) > OUTCOMES.indexOf(known[4])) findings.set(key, row);
  }
  return [...findings.values()];
}
