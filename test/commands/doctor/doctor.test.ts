import { describe, expect, it } from "vitest";
import { ENCLAVE, gapwatch, ownFolder } from "../run-gapwatch.ts";

const folder = ownFolder();

describe("gapwatch doctor", () => {
  it("looks at the machine, the state directory and the policy, in lines that fit", () => {
    const { out, err } = gapwatch(["doctor", "-e", ENCLAVE, "--state", folder.path]);
    expect(err).toBe("");
    const lines = out.trimEnd().split("\n");
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^(ok {7}|warning {2}|failed {3}| {9})\S/);
    expect(lines.at(-1)).toMatch(/^\d+ ok, \d+ warnings?, \d+ failed$/);
    for (const topic of ["platform", "permission", "clock", "state", "policy"]) {
      expect(out).toMatch(new RegExp(`^(ok|warning|failed) +${topic}: `, "m"));
    }
  });

  it("fails where something would keep watch from running, and says where to look", () => {
    const { code, out, err } = gapwatch(["doctor", "-e", folder.file("bad.yaml", "gapwatch: 2\n")]);
    expect(code).toBe(1);
    expect(err).toMatch(/bad\.yaml:1:11: /);
    expect(out).toMatch(/^failed {3}policy: /m);
    expect(out).toMatch(/-> gapwatch policy check /);
  });

  it("prints one JSON document when told to", () => {
    const { out } = gapwatch(["doctor", "-e", ENCLAVE, "--state", folder.path, "--json"]);
    const report = JSON.parse(out) as { schema: string; status: string; checks: { topic: string }[] };
    expect(report.schema).toBe("gapwatch/doctor/1");
    expect(["ok", "warning", "failed"]).toContain(report.status);
    expect(report.checks.map(({ topic }) => topic)).toContain("state");
    expect(Object.keys(report.checks[0])).toEqual(["status", "topic", "text", "remedy"]);
  });

  it.each([
    [["doctor", "--for", "soon"], /expected a duration/],
    [["doctor", "--for", "0s"], /expected a duration/],
    [["doctor", "--ring-mb", "1"], /whole number of megabytes/],
    [["doctor", "eth0"], /too many arguments/],
  ])("%j could not run", (args, says) => {
    const { code, out, err } = gapwatch(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(says);
  });
});
