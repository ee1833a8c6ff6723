import { Activity } from "../../src/findings/activity.ts";
import type { RatedFinding } from "../../src/findings/summary.ts";
import type { Run } from "../../src/report/run.ts";
import { validationReport } from "../../src/report/validation.ts";
import type { Report } from "../../src/report/validation-shape.ts";
import { moment, sampleRun } from "./sample-run.ts";

/** A report over the sample run; parts of its summary and run may be given otherwise. */
export function sampleReport(summary: Partial<Run["summary"]> = {}, run: Partial<Run> = {}): Report {
  const activity = new Activity();
  for (let sec = 0; sec < 3600; sec += 10) activity.packets(moment(sec).sec, sec % 700, sec === 1000 ? 3 : 0);
  for (const sec of [2, 10, 900, 900, 3000]) activity.attempts(moment(sec).sec, 2);
  const sample = sampleRun(summary, run);
  const findings = sample.summary.findings.map((each, i) => ({
    ...each,
    id: i.toString(16).padStart(12, "0"),
  }));
  const whole = { ...sample, summary: { ...sample.summary, findings } };
  return validationReport({
    run: whole,
    toolVersion: "0.1.0",
    mode: "captures",
    watchedSec: null,
    askedSec: null,
    command: null,
    census: {
      services: whole.policy.services.map(() => ({ uses: 0, users: [], last: null })),
      prefixes: whole.policy.inside.map(({ text }) => ({ prefix: text, hosts: 3 })),
    },
    activity,
    canary: null,
    intervals: [
      { component: "vLLM", everySec: 600 },
      { component: "Grafana", everySec: 86_400 },
    ],
  });
}

/** Names as an attacker would choose them for whatever prints them. */
export const HOSTILE = [
  "<script>alert(1)</script>.example",
  '"><img src=x onerror=alert(1)>.example',
  "</style><svg onload=alert(1)>.example",
  "a]]><!--&amp;'`{{7*7}}.example",
  "\u001b[2J\u0007\u202eelpmaxe\u0000.example",
  "javascript:alert(1)//.example",
];

/** The findings with hostile names in every place that a name can stand. */
export function hostileFindings(findings: readonly RatedFinding[]): RatedFinding[] {
  return findings.map((finding, i) => {
    const name = HOSTILE[i % HOSTILE.length];
    return { ...finding, name, destination: name, sourceName: name, asked: [name], via: [name] };
  });
}
