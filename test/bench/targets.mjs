/**
 * What gapwatch has to reach. CPU against `tcpdump -r F -w /dev/null` in the same run or in seconds,
 * peak memory in megabytes, and how many times less CPU than Suricata.
 */
export const TARGETS = {
  small: { timesTcpdump: 1.5, peakMb: 100, timesSuricata: 7 },
  mixed: { timesTcpdump: 1.0, peakMb: 100, timesSuricata: 7 },
  flows: { cpuSec: 1.6, peakMb: 400, timesSuricata: 9 },
  hundred: { wallMs: 300 },
};

/** One line for each target of a workload: what was measured, what was asked, whether it is reached. */
export function compare(workload, results) {
  const ours = results.find(({ tool }) => tool.startsWith("gapwatch"));
  if (ours === undefined) return [];
  const target = TARGETS[workload];
  const cpuOf = (name) => results.find(({ tool }) => tool === name)?.cpuSec;
  const tcpdump = cpuOf("tcpdump -w /dev/null");
  const suricata = cpuOf("suricata");
  const lines = [];
  const atMost = (what, value, limit) =>
    lines.push({ what, value, limit: `≤ ${limit}`, reached: value <= limit });
  if (target.timesTcpdump && tcpdump) atMost("CPU / tcpdump -w", ours.cpuSec / tcpdump, target.timesTcpdump);
  if (target.cpuSec) atMost("CPU seconds", ours.cpuSec, target.cpuSec);
  if (target.peakMb) atMost("peak RSS, MB", ours.peakRssBytes / 1e6, target.peakMb);
  if (target.wallMs) atMost("wall, ms", ours.wallSec * 1000, target.wallMs);
  if (target.timesSuricata && suricata) {
    const value = suricata / ours.cpuSec;
    lines.push({
      what: "suricata CPU / ours",
      value,
      limit: `≥ ${target.timesSuricata}`,
      reached: value >= target.timesSuricata,
    });
  }
  return lines;
}
