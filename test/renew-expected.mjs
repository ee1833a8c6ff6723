// Writes captures/NAME.expected.json anew from what the program in dist/ says of captures/NAME.pcapng.
// Look at the difference before committing it: the tests hold the program to these files.
// Usage: npm run captures:renew [-- NAME...]
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const names = readdirSync(`${ROOT}captures`)
  .filter((file) => file.endsWith(".pcapng"))
  .map((file) => basename(file, ".pcapng"));

for (const name of process.argv.length > 2 ? process.argv.slice(2) : names) {
  const args = ["dist/main.js", "replay", `captures/${name}.pcapng`, "-e", "allowlists/quickstart.yaml"];
  const report = JSON.parse(
    execFileSync(process.execPath, [...args, "--json", "--exit-zero"], { cwd: ROOT, encoding: "utf8" }),
  );
  const expected = {
    verdict: report.verdict,
    reasons: report.reasons,
    allowed: report.allowed.map(brief),
    findings: report.findings.map(findingOf),
  };
  writeFileSync(`${ROOT}captures/${name}.expected.json`, `${JSON.stringify(expected, null, 2)}\n`);
}
execFileSync("npx", ["biome", "format", "--write", "captures"], { cwd: ROOT, stdio: "inherit" });

/** @param {{ rule: string, attempts: number }} use */
function brief({ rule, attempts }) {
  return { rule, attempts };
}

/** @param {any} finding */
function findingOf({ id, kind, severity, outcome, source, destination, attempts }) {
  const { name, ips, port, proto } = destination;
  const service = port === null ? proto : `${port}/${proto}`;
  return { id, kind, severity, outcome, source: source.ip, destination: name ?? ips[0], service, attempts };
}
