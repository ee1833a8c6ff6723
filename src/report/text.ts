import type { Run } from "./run.ts";
import { rfc3339 } from "./time-text.ts";

/** The report for people. `columns`: width of the terminal. */
export function textReport(run: Run, columns: number): string {
  const { summary } = run;
  const lines = [`${summary.verdict.toUpperCase()}`, ""];
  for (const f of summary.findings) {
    const line = `${f.severityName.padEnd(9)}${f.kind.padEnd(18)}${f.source} -> ${f.destination} ${f.port ?? "-"}/${f.proto} ${f.outcomeName} x${f.attempts} ${rfc3339(f.firstSeen, run.tsDigits)}`;
    lines.push(line.slice(0, Math.max(80, columns)));
  }
  for (const reason of summary.reasons) lines.push(`  ${reason}`);
  return `${lines.join("\n")}\n`;
}
