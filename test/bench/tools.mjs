import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const HERE = import.meta.dirname;
const MAIN = join(HERE, "../../dist/main.js");
const ENCLAVE = join(HERE, "bench.yaml");

/** Both ends inside: what an analyst without gapwatch filters away to see what crosses the boundary. */
const CROSSES_BOUNDARY =
  "(ip and not (src net 10.0.0.0/8 and dst net 10.0.0.0/8)) or " +
  "(ip6 and not (src net fd20:5eed::/48 and dst net fd20:5eed::/48))";

const TSHARK_PACKETS = 200_000;
const TSHARK_FIELDS = [
  "frame.time_epoch",
  "ip.src",
  "ip.dst",
  "dns.qry.name",
  "tls.handshake.extensions_server_name",
];

/**
 * The programs to compare. `command(path, folder)` is what to run; `prepare(folder)` comes before it;
 * `once` marks those too slow to repeat, `all` those that run with --all only, `packets` those that see only so many.
 */
export const TOOLS = [
  {
    name: "gapwatch replay --json",
    command: (path) => [process.execPath, MAIN, "replay", path, "-e", ENCLAVE, "--json"],
    missing: () => (existsSync(MAIN) ? null : "dist/main.js is missing: npm run build"),
    exitCodes: [0, 1, 3],
    stdout: "gapwatch.json",
    inspect: inspectSummary,
  },
  { name: "node readSync, 2 MiB", command: (path) => [process.execPath, join(HERE, "read.mjs"), path] },
  { name: "cat > /dev/null", command: (path) => ["cat", path] },
  { name: "tcpdump -w /dev/null", command: (path) => ["tcpdump", "-r", path, "-w", "/dev/null"] },
  { name: "tcpdump BPF to text", command: (path) => ["tcpdump", "-n", "-r", path, CROSSES_BOUNDARY] },
  {
    name: `tshark, first ${TSHARK_PACKETS / 1000} k`,
    command: (path) => [...tsharkCommand(path), "-c", String(TSHARK_PACKETS)],
    packets: TSHARK_PACKETS,
    once: true,
  },
  { name: "tshark", command: tsharkCommand, once: true, all: true },
  {
    name: "suricata",
    // It would append to the logs of the run before.
    prepare: (folder) => {
      rmSync(join(folder, "suricata"), { recursive: true, force: true });
      mkdirSync(join(folder, "suricata"));
    },
    command: (path, folder) => [
      ...[
        "suricata",
        "--runmode",
        "single",
        "-c",
        join(HERE, "suricata.yaml"),
        "-S",
        "/dev/null",
        "-k",
        "none",
      ],
      ...["-l", join(folder, "suricata"), "-r", path],
    ],
    once: true,
    all: true,
  },
];

function tsharkCommand(path) {
  return ["tshark", "-n", "-r", path, "-T", "fields", ...TSHARK_FIELDS.flatMap((field) => ["-e", field])];
}

/** Why a tool cannot run here, or null. */
export function whyMissing(tool) {
  if (tool.missing) return tool.missing();
  const [program] = tool.command("", ".");
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", program]).status === 0
    ? null
    : `${program} is not installed`;
}

/** What gapwatch found, and complaints where that cannot be right for this workload. */
function inspectSummary(path, facts) {
  const summary = JSON.parse(readFileSync(path, "utf8"));
  const complaints = [];
  const { packets, dns_queries: questions, tls_hellos: hellos } = summary.totals;
  if (packets !== facts.packets) complaints.push(`judged ${packets} of ${facts.packets} packets`);
  if (questions !== facts.told.dns) complaints.push(`read ${questions} of ${facts.told.dns} DNS questions`);
  // A hello may be under way when the capture stops.
  const off = Math.abs(hellos - facts.told.tls);
  if (off > facts.openAtEnd) complaints.push(`read ${hellos} of ${facts.told.tls} ClientHellos`);
  if (summary.totals.undecoded > 0) complaints.push(`${summary.totals.undecoded} frames not decoded`);
  if (summary.verdict !== "reachback") complaints.push(`verdict ${summary.verdict}, not reachback`);
  const kinds = {};
  for (const { kind } of summary.findings) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const { verdict, findings, totals, allowed, reasons } = summary;
  return {
    complaints,
    verdict,
    findings: findings.length,
    kinds,
    totals,
    rulesUsed: allowed.length,
    reasons,
  };
}
