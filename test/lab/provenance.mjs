// The text beside a capture: where it comes from, what happens in it, what it must be judged as.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expectedFindings } from "./scenarios.mjs";

/**
 * Programs that may appear in a step, and how each tells its version.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const VERSION_ARGS = {
  "apt-get": ["--version"],
  chromium: ["--version"],
  chronyd: ["--version"],
  curl: ["--version"],
  dig: ["-v"],
  git: ["--version"],
  gtlsclient: [],
  node: ["--version"],
  npm: ["--version"],
  openssl: ["version"],
  ping: ["-V"],
  "/usr/bin/python3": ["--version"],
  wget: ["--version"],
};
/**
 * Programs that a client of the kit starts.
 * @type {Readonly<Record<string, string>>}
 */
const CLIENT_OF = { "apt-get": "/run/kit/clients/apt-update.sh" };
/**
 * Programs that do not tell their version: the package that they came in.
 * @type {Readonly<Record<string, string>>}
 */
const PACKAGE_OF = { gtlsclient: "ngtcp2-client" };
const RECORDERS = { tcpdump: ["--version"], editcap: ["--version"] };

/** @param {string} name @param {import("./scenarios/scenario.mjs").Scenario} scenario */
export function provenance(name, scenario) {
  const used = Object.keys(VERSION_ARGS).filter((program) =>
    scenario.steps.some(({ run }) => run[0] === program || run[1] === CLIENT_OF[program]),
  );
  return `# ${name}.pcapng

${scenario.about}

Recorded on ${new Date().toISOString().slice(0, 10)} in gapwatch's lab by \`node test/lab/record.mjs ${name}\`:
real clients in network namespaces, \`tcpdump\` with nanosecond times on the mirror port of the
enclave's switch, converted by \`editcap\`. Nothing left the machine. Addresses outside are from
documentation ranges (RFC 5737, RFC 3849) or cloud metadata addresses, names resolve to them by the
lab's own resolver, MAC addresses are locally administered. The capture is under the licence of this
repository. It is meant to be judged with \`allowlists/quickstart.yaml\`.

Clients: ${used.map((program) => versionOf(program, VERSION_ARGS[program] ?? [])).join("; ")}.
${librariesText(scenario)}Recorders: ${Object.entries(RECORDERS)
    .map(([program, args]) => versionOf(program, args))
    .join("; ")}.

## Expected findings

Verdict ${expectedFindings(scenario).length > 0 ? "reachback" : "clean"}; exceptions used: ${scenario.exceptions.join(", ") || "none"}.

${table([["kind", "source", "destination", "service", "outcome"], ...expectedFindings(scenario)])}

## Steps

${scenario.steps.map(stepText).join("\n\n")}
`;
}

/**
 * A line of the packages that were installed for the clients, if any.
 * @param {import("./scenarios/scenario.mjs").Scenario} scenario
 */
function librariesText({ packages }) {
  if (packages === undefined) return "";
  const { dependencies } = JSON.parse(readFileSync(new URL(packages, import.meta.url), "utf8"));
  const named = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  return `Libraries, from the npm registry: ${named.join("; ")}.\n`;
}

/** @param {readonly (readonly string[])[]} rows the first is the head */
function table([head, ...rows]) {
  if (rows.length === 0) return "No findings.";
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  /** @param {readonly string[]} row */
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** @param {import("./scenarios/scenario.mjs").Step} step @param {number} index */
function stepText({ host, run, env = {}, why, expects }, index) {
  const words = [...Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`), ...run.map(quote)];
  const leadsTo = expects.map(([kind, , destination]) => `${kind} ${destination}`).join(", ");
  const marker = `${index + 1}. `;
  return `${marker}${host}: ${why}. Leads to ${leadsTo || "nothing"}.

${" ".repeat(marker.length)}\`${words.join(" ").replaceAll("\n", "; ")}\``;
}

/** @param {string} word */
function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
}

/** @param {string} program @param {readonly string[]} args */
function versionOf(program, args) {
  const name = PACKAGE_OF[program];
  const [command, options] = name === undefined ? [program, args] : ["dpkg-query", ["--show", name]];
  const { stdout, stderr } = spawnSync(command, options, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  const version = /\d+\.[\w.+-]*\d|\b20\d{6}\b/.exec(`${stdout}${stderr}`)?.[0] ?? "of unknown version";
  return `${program.replace("/usr/bin/", "")} ${version}`;
}
