const HEADINGS = ["", "wall s", "CPU s", "RSS MB", "Mpkt/s", "MB/s", "× tcpdump -w"];

/** Results of one workload as text: rates by wall time, the last column by CPU time a packet. */
export function renderTable(results, facts) {
  const perPacket = ({ cpuSec, packets }) => cpuSec / packets;
  const yardstick = results.find(({ tool }) => tool === "tcpdump -w /dev/null");
  const rows = results.map((result) => [
    result.tool,
    result.wallSec.toFixed(3),
    result.cpuSec.toFixed(3),
    (result.peakRssBytes / 1e6).toFixed(0),
    (result.packets / result.wallSec / 1e6).toFixed(2),
    ((facts.fileBytes * result.packets) / facts.packets / result.wallSec / 1e6).toFixed(0),
    yardstick ? (perPacket(result) / perPacket(yardstick)).toFixed(2) : "-",
  ]);
  const widths = HEADINGS.map((heading, n) => Math.max(heading.length, ...rows.map((row) => row[n].length)));
  const line = (cells) =>
    cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join("  ");
  return [HEADINGS, ...rows].map((cells) => `  ${line(cells)}\n`).join("");
}

export function renderTargets(lines) {
  return lines
    .map(({ what, value, limit, reached }) => {
      const digits = value < 100 ? 2 : 0;
      return `  ${reached ? "reached" : "MISSED "}  ${what}: ${value.toFixed(digits)} (${limit})\n`;
    })
    .join("");
}
