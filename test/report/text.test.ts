import { describe, expect, it } from "vitest";
import { textReport } from "../../src/report/text.ts";
import { finding, moment, sampleRun } from "./sample-run.ts";

const PLAIN = { columns: 80, color: false };

function linesOf(text: string): string[] {
  return text.split("\n");
}

describe("textReport", () => {
  for (const columns of [80, 200]) {
    it(`is laid out for ${columns} columns (text-${columns}.txt; renew with vitest -u)`, async () => {
      const text = textReport(sampleRun(), { columns, color: false });
      await expect(text).toMatchFileSnapshot(`text-${columns}.txt`);
    });
  }

  it("fits every width and says the same in each", () => {
    const words = (text: string): string => text.replace(/[\s,]+/g, "");
    const wide = words(textReport(sampleRun(), { columns: 300, color: false }));
    for (let columns = 80; columns <= 230; columns += 5) {
      const text = textReport(sampleRun(), { columns, color: false });
      expect(linesOf(text).filter((line) => line.length > columns)).toEqual([]);
      expect(words(text)).toBe(wide);
    }
  });

  it("says nothing by colour alone", () => {
    const colored = textReport(sampleRun(), { columns: 80, color: true });
    expect(colored).toMatch(/\x1b\[1;31mREACHBACK\x1b\[0m/);
    const stripped = colored.replace(/\x1b\[[\d;]*m/g, "").replace(/ +$/gm, "");
    expect(stripped).toBe(textReport(sampleRun(), PLAIN));
  });

  it("lets no foreign text out of its place, wherever it comes from", () => {
    const evil = "\x1b[2J\u202e\u009b\r\nCLEAN \u0421";
    const hostile = finding("high", "refused", {
      destination: `a${evil}.example.com`,
      name: `a${evil}.example.com`,
      sourceName: evil,
      via: [evil],
      asked: [evil],
      ips: [evil],
      rule: evil,
    });
    const base = sampleRun({ findings: [hostile], reasons: [`capture.incomplete: ${evil}: ${evil}`] });
    const run = {
      ...base,
      inputs: [{ ...base.inputs[0], path: evil }],
      policy: { ...base.policy, name: evil },
    };
    const text = textReport(run, PLAIN);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).not.toMatch(/^CLEAN/m);
    expect(text).toContain("\\u{202e}");
  });

  it("shows who owns a name that is too long", () => {
    const name = `${Array.from({ length: 6 }, () => "x".repeat(40)).join(".")}.attacker.co.uk`;
    const text = textReport(
      sampleRun({ findings: [finding("medium", "named", { destination: name, name })] }),
      PLAIN,
    );
    expect(text).toMatch(/^ {2}x+\.{3}.*\.attacker\.co\.uk$/m);
  });
});

describe("the verdict", () => {
  const verdictOf = (...args: Parameters<typeof sampleRun>): string[] =>
    linesOf(textReport(sampleRun(...args), { columns: 200, color: false })).slice(0, 4);

  it("is clean, and says so of exceptions", () => {
    const nothing = { verdict: "clean", reasons: [], findings: [], exceptions: [] } as const;
    expect(verdictOf(nothing).slice(0, 3)).toEqual([
      "CLEAN",
      "Nothing tried to get out, and the sensor saw what it had to see.",
      "",
    ]);
    const { exceptions } = sampleRun().summary;
    expect(verdictOf({ ...nothing, exceptions }).slice(0, 2)).toEqual([
      "CLEAN, 1 exception used",
      "Nothing but what the enclave file allows tried to get out, and the sensor saw what it had to see.",
    ]);
  });

  it("is inconclusive, and proves nothing", () => {
    const [word, sentence] = verdictOf({ verdict: "inconclusive", findings: [], exceptions: [] });
    expect(word).toBe("INCONCLUSIVE");
    expect(sentence).toMatch(/partly blind \(2 reasons below\): this proves nothing/);
  });

  it("counts a destination once, by what came furthest, and a DNS question only where it is alone", () => {
    const asked = finding("high", "answered", { kind: "dns.name", destination: "a.com" });
    const tried = finding("medium", "attempted", { destination: "a.com" });
    const through = finding("critical", "transferred", { destination: "a.com", sourceName: "agent-01" });
    const counts = (...findings: (typeof asked)[]): string[] =>
      verdictOf({ findings, reasons: [] }).slice(1, 3);
    expect(counts(asked)).toEqual([
      "1 inside host tried to reach 1 outside destination; none got through.",
      "Of these 1 only asked for by name.",
    ]);
    expect(counts(asked, tried)[1]).toBe("Of these 1 gave no answer.");
    expect(counts(asked, tried, through)).toEqual([
      "2 inside hosts tried to reach 1 outside destination; 1 got through.",
      "Of these 1 took data.",
    ]);
  });

  it("does not call a resolver inside an outside destination", () => {
    const findings = [finding("medium", "refused", { kind: "dns.resolver", destination: "10.20.1.31" })];
    expect(verdictOf({ findings, reasons: [] }).slice(1, 3)).toEqual([
      "1 inside host asked a resolver inside that is not approved.",
      "",
    ]);
  });
});

describe("what was read", () => {
  it("sums up many captures, but hides no hash", () => {
    const { inputs } = sampleRun();
    const many = Array.from({ length: 30 }, (_, i) => ({ ...inputs[0], path: `${i}.pcap` }));
    const text = textReport(sampleRun({}, { inputs: many }), PLAIN);
    expect(text).toContain("9.pcap: ");
    expect(text).not.toContain("10.pcap: ");
    expect(text).toContain("and 20 more captures; 1,234,568 packets and 987.7 MB in all");
    const hashed = many.map((input) => ({ ...input, sha256: "cd".repeat(32) }));
    expect(textReport(sampleRun({}, { inputs: hashed }), PLAIN).match(/(cd){32}/g)).toHaveLength(30);
  });

  it("repeats the date where a run passes midnight", () => {
    const base = sampleRun();
    const inputs = [{ ...base.inputs[0], last: moment(86_400) }];
    const text = textReport({ ...base, inputs }, { columns: 200, color: false });
    expect(text).toContain("2026-11-20 08:00:00 to 2026-11-21 08:00:00 UTC (1 d)");
    expect(text).toContain("2026-11-20 08:00:02 to 2026-11-20 09:02:05");
  });

  it("has no window where there is no packet", () => {
    const base = sampleRun();
    const empty = { ...base.inputs[0], packets: 0, first: null, last: null };
    expect(textReport({ ...base, inputs: [empty] }, PLAIN)).not.toMatch(/^Window/m);
  });
});
