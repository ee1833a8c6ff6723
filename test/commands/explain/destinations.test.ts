import { describe, expect, it } from "vitest";
import { gapwatch, ownFolder, QUICKSTART } from "../run-gapwatch.ts";

const folder = ownFolder();

function answersOf(...args: string[]) {
  const { code, out, err } = gapwatch(["explain", "--json", ...args]);
  return { code, err, answers: JSON.parse(out).answers };
}

describe("gapwatch explain NAME|ADDRESS", () => {
  it("says who contacts it, what for and what turns it off", () => {
    const { code, out } = gapwatch(["explain", "stats.vllm.ai", "169.254.169.254"]);
    expect(code).toBe(0);
    expect(out).toMatch(/component +vLLM usage stats, vLLM project/);
    expect(out).toMatch(/to turn off +VLLM_NO_USAGE_STATS=1/);
    expect(out).toMatch(/address +cloud metadata/);
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("prints JSON, every component of a shared host in it", () => {
    const { code, answers } = answersOf("huggingface.co", "8.8.8.8");
    expect(code).toBe(0);
    expect(answers[0]).toMatchObject({
      query: "huggingface.co",
      known: true,
      registrable_domain: "huggingface.co",
    });
    expect(answers[0].entries.length).toBeGreaterThan(1);
    expect(answers[0].entries[0]).toMatchObject({ kind: "model-hub", group: "model", matched_by: "name" });
    expect(answers[1].entries[0].component).toBe("Google Public DNS");
  });

  it("says of unknown names what can be said", () => {
    const { code, answers } = answersOf("telemetry.hugingface.co", "x.cloudfront.net", "nowhere.invalid");
    expect(code).toBe(0);
    expect(answers[0]).toMatchObject({
      known: false,
      registrable_domain: "hugingface.co",
      suggests: "telemetry",
    });
    expect(answers[0].similar).toContain("huggingface.co");
    expect(answers[1]).toMatchObject({ known: false, shared_hosting: { operator: "AWS" } });
    expect(answers[2]).toMatchObject({ known: false, similar: [] });
  });

  it("names the hosts of a product that is asked for in place of a host", () => {
    const { code, answers } = answersOf("vLLM", "langfuse", "ml", "nosuchproduct");
    expect(code).toBe(0);
    expect(answers[0]).toMatchObject({ query: "vLLM", known: false, entries: [] });
    expect(answers[0].similar).toContain("stats.vllm.ai");
    expect(answers[1].similar).toContain("cloud.langfuse.com");
    expect(answers[2].similar).toEqual([]);
    expect(answers[3].similar).toEqual([]);
    expect(gapwatch(["explain", "vllm"]).out).toMatch(/similar +stats\.vllm\.ai/);
  });

  it("says what kind of address it is", () => {
    const { answers } = answersOf("10.1.2.3", "203.0.113.5", "2002:c000:207::1", "2606:4700::1", "127.0.0.1");
    expect(answers.map(({ address_kind }: { address_kind: string | null }) => address_kind)).toEqual([
      "private (RFC 1918)",
      "for documentation (RFC 5737)",
      expect.stringContaining("6to4"),
      null,
      "local to this link or host",
    ]);
  });

  it("takes what is found in logs: URLs, and hosts with their ports", () => {
    const queries = [
      "https://user@huggingface.co:443/models?x=1",
      "telemetry.crewai.com:4319",
      "[2001:4860:4860::8888]:53/udp",
      "203.0.113.5:123/udp",
      "203.0.113.5:123",
    ];
    const { code, answers } = answersOf(...queries);
    expect(code).toBe(0);
    expect(answers.map(({ query }: { query: string }) => query)).toEqual(queries);
    expect(answers.map(({ entries }: { entries: { component: string }[] }) => entries[0]?.component)).toEqual(
      ["Hugging Face Hub client", "CrewAI telemetry", "Google Public DNS", "NTP client (by port)", undefined],
    );
  });

  it("reads stdin, a name a line, and says which are none", () => {
    const input = Buffer.from("# list\nhuggingface.co\n\n  8.8.8.8 \nno name\x1b[2J\n");
    const { code, out, err } = gapwatch(["explain", "--json", "-"], input);
    expect(code).toBe(2);
    expect(JSON.parse(out).answers.map(({ query }: { query: string }) => query)).toEqual([
      "huggingface.co",
      "8.8.8.8",
    ]);
    expect(err).toContain("is no name and no address");
    expect(err).not.toContain("\x1b");
  });

  it("prints the severity table and the frameworks table", () => {
    const severity = gapwatch(["explain", "--severity"]).out;
    expect(severity).toMatch(/transferred +critical/);
    expect(severity).toMatch(/model-api +one higher/);
    expect(severity).toMatch(/time +one lower/);
    const frameworks = gapwatch(["explain", "--frameworks"]).out;
    for (const text of [
      "NHI-02",
      "A2",
      "M1",
      "SC-7(5)",
      "AU-12",
      "ASI04",
      "T1219",
      "NIST SP 800-53 Revision 5",
    ]) {
      expect(frameworks).toContain(text);
    }
    for (const out of [severity, frameworks])
      expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(JSON.parse(gapwatch(["explain", "--frameworks", "--json"]).out).schema).toBe(
      "gapwatch/frameworks/1",
    );
    expect(JSON.parse(gapwatch(["explain", "--severity", "--json"]).out).schema).toBe("gapwatch/severity/1");
    expect(gapwatch(["explain", "--severity", "huggingface.co"]).code).toBe(2);
  });
});

describe("catalogue files of an enclave", () => {
  const lines = [
    "gapwatch: 1",
    "enclave:",
    "  name: own",
    "  inside: [10.20.0.0/16]",
    "  resolvers: [10.20.0.53]",
  ];
  const sound =
    "gapwatch_catalogue: 1\nentries:\n  - { component: Our hub, kind: model-hub, names: [huggingface.co], setting: ask us }\n";

  it("go before what gapwatch ships", () => {
    folder.file("own.yaml", sound);
    const enclave = folder.file("enclave.yaml", [...lines, "  catalogue: [own.yaml]", ""].join("\n"));
    expect(gapwatch(["policy", "check", enclave]).code).toBe(0);
    const report = JSON.parse(gapwatch(["replay", QUICKSTART, "-e", enclave, "--json"]).out);
    const finding = report.findings.find(
      (each: { destination: { name: string } }) => each.destination.name === "huggingface.co",
    );
    expect(finding.catalogue).toMatchObject({ component: "Our hub", kind: "model-hub", opt_out: "ask us" });
    const { out } = gapwatch(["explain", "-e", enclave, "--json", "huggingface.co"]);
    expect(JSON.parse(out).answers[0].entries[0].component).toBe("Our hub");
  });

  it("are refused with line and column when they are wrong, or not there", () => {
    folder.file("bad.yaml", sound.replace("model-hub", "model-hubb"));
    const enclave = folder.file(
      "bad-enclave.yaml",
      [...lines, "  catalogue: [bad.yaml, gone.yaml]", ""].join("\n"),
    );
    const { code, err } = gapwatch(["policy", "check", enclave]);
    expect(code).toBe(2);
    expect(err).toMatch(/bad\.yaml:3:33: .*kind is "model-hubb"; expected one of/);
    expect(err).toMatch(/bad-enclave\.yaml:6:25: cannot read "gone\.yaml": there is no such file/);
  });
});
