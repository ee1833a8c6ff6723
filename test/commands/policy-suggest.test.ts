import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import type { EnclavePolicy } from "../../src/policy/policy.ts";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths } from "../../src/records/state-paths.ts";
import { draftPolicy } from "../../src/report/policy-draft.ts";
import { enclave, Scene } from "../findings/scene.ts";
import { HOSTILE } from "../report/sample-report.ts";
import { FINDINGS, finding } from "../report/sample-run.ts";
import { ENCLAVE, gapwatch, ownFolder, QUICKSTART } from "./run-gapwatch.ts";

const folder = ownFolder();

/** As a person would: every open field. */
function filledIn(text: string): string {
  return text
    .replace(/reason:$/gm, "reason: because")
    .replace(/owner:$/gm, "owner: somebody")
    .replace(/expires:$/gm, "expires: never");
}

function load(text: string) {
  const loaded = loadEnclave(text, "draft.yaml");
  return "problems" in loaded ? loaded.problems.map(({ message }) => message) : loaded.policy;
}

describe("policy suggest", () => {
  it("drafts a file that does not load until a person has filled it in, and then allows what was seen", () => {
    const { code, out, err } = gapwatch(["policy", "suggest", QUICKSTART, "-e", ENCLAVE]);
    expect(code).toBe(0);
    expect(err).toContain("17 rules drafted");
    expect(load(out)).toEqual(
      expect.arrayContaining([
        "allow[1].reason is empty",
        "allow[1].owner is empty",
        "allow[1].expires is empty",
      ]),
    );
    expect(out).toContain("finding 23d7aaeb401c");
    expect(out).toContain("HF_HUB_OFFLINE=1");
    const path = folder.file("filled.yaml", filledIn(out));
    const replayed = JSON.parse(gapwatch(["replay", QUICKSTART, "-e", path, "--json"]).out);
    expect(replayed.findings.filter(({ kind }: { kind: string }) => kind === "egress.flow")).toEqual([]);
    expect(replayed.allowed.length).toBeGreaterThan(10);
  });

  it("keeps the rest of the file, its comments among it", () => {
    const text = `# ours\n${enclave(["id: a, to: [192.0.2.1], owner: o, reason: r, expires: never"])}`;
    const draft = draftPolicy(
      text,
      load(text) as never,
      new Scene().tls("10.20.1.11", "198.51.100.7", null).seen(text).findings,
    );
    expect(draft.text.startsWith("# ours\n")).toBe(true);
    expect(draft.rules).toBe(1);
    expect(load(filledIn(draft.text))).toMatchObject({ rules: [{ id: "a" }, { id: "draft-198-51-100-7" }] });
  });

  it("drafts nothing for what no rule can allow, and nothing that breaks out of the file", () => {
    const text = enclave();
    const hostile = HOSTILE.map((name) =>
      finding("high", "answered", { name, destination: name, ips: [], evidence: "in-flow" }),
    );
    const draft = draftPolicy(text, load(text) as never, [...FINDINGS, ...hostile]);
    expect(draft.left.length).toBeGreaterThan(3);
    const policy = load(filledIn(draft.text)) as EnclavePolicy;
    expect(policy.rules.map(({ id }) => id).filter((id) => !/^draft-[a-z0-9-]+$/.test(id))).toEqual([]);
    expect(policy.rules).toHaveLength(draft.rules);
  });

  it("could not run without a capture", () => {
    expect(gapwatch(["policy", "suggest", "nowhere.pcap", "-e", ENCLAVE])).toMatchObject({
      code: 2,
      out: "",
    });
  });
});

describe("policy diff", () => {
  const before = folder.file(
    "a.yaml",
    enclave([
      "id: old, to: [198.51.100.7], owner: o, reason: r, expires: never",
      "id: kept, to: [192.0.2.1], ports: [443/tcp], owner: o, reason: r, expires: never",
    ]),
  );
  const after = folder.file(
    "b.yaml",
    enclave([
      "id: kept, to: [192.0.2.1], ports: [80/tcp], owner: o, reason: r, expires: never",
      "id: new, to: [198.51.100.8], owner: o, reason: r, expires: never",
    ]).replace("10.20.0.53", "10.20.0.54"),
  );

  it("says what came, went and changed; exit 0 for no difference", () => {
    const { code, out } = gapwatch(["policy", "diff", before, after]);
    expect(code).toBe(1);
    expect(out.split("\n")).toEqual([
      "- rule old: out to 198.51.100.7, ports any, from any inside host, expires never",
      "~ rule kept",
      "    ports: 443/tcp -> 80/tcp",
      "+ rule new: out to 198.51.100.8, ports any, from any inside host, expires never",
      "~ enclave.resolvers: +10.20.0.54, -10.20.0.53",
      "",
    ]);
    expect(gapwatch(["policy", "diff", before, before])).toMatchObject({ code: 0 });
    expect(gapwatch(["policy", "diff", before, "nowhere.yaml"])).toMatchObject({ code: 2, out: "" });
  });

  it("judges stored findings by both", async () => {
    const state = mkdtempSync(join(tmpdir(), "gapwatch-diff-"));
    afterAll(() => rmSync(state, { recursive: true }));
    const scene = new Scene();
    for (const to of ["198.51.100.7", "198.51.100.8", "198.51.100.9"]) scene.tls("10.20.1.11", to, null);
    const { findings } = scene.seen(enclave());
    const store = await State.open(resolveStatePaths(state), () => {});
    store.findings(findings.map((each) => ({ what: "new", finding: each, into: null })));
    store.flush();
    store.close();
    const { out } = gapwatch(["policy", "diff", before, after, "--state", state]);
    expect(out).toContain("newly forbidden: egress.flow 10.20.1.11 -> 198.51.100.7 443/tcp");
    expect(out).toContain("newly allowed: egress.flow 10.20.1.11 -> 198.51.100.8 443/tcp");
    expect(out).not.toContain("198.51.100.9");
    const suggested = gapwatch(["policy", "suggest", state, "-e", before]);
    expect(suggested.out).toContain("draft-198-51-100-9");
    writeFileSync(join(state, "gapwatch.db"), "no database at all");
    expect(gapwatch(["policy", "diff", before, after, "--state", state]).code).toBe(2);
  });
});

describe("validate --compare", () => {
  it("says what came and went since an earlier report", () => {
    const [clean, quickstart] = ["clean", "quickstart"].map((name) => join(folder.path, name));
    const capture = (name: string): string => QUICKSTART.replace("quickstart", name);
    const validate = (...args: string[]) =>
      gapwatch(["validate", ...args, "-e", ENCLAVE, "--state", folder.path]);
    validate(capture("clean"), "--report", clean);
    const { out, code } = validate(QUICKSTART, "--compare", clean, "--report", quickstart, "--json");
    const { comparison } = JSON.parse(out).validation;
    expect(code).toBe(1);
    expect(comparison).toMatchObject({ earlier_result: "PASS", gone: [], services_no_longer_used: [] });
    expect(comparison.added.map(({ what }: { what: string }) => what)).toContain("Hugging Face Hub client");
    expect(readFileSync(join(quickstart, "report.html"), "utf8")).toContain("Since the earlier report");
    expect(gapwatch(["verify", quickstart]).code).toBe(0);
    const back = JSON.parse(validate(capture("clean"), "--compare", quickstart, "--json").out).validation
      .comparison;
    expect([back.added, back.gone.length]).toEqual([[], comparison.added.length]);
    writeFileSync(join(clean, "report.json"), "{}");
    expect(validate(QUICKSTART, "--compare", clean)).toMatchObject({ code: 2, out: "" });
    expect(validate(QUICKSTART, "--compare", join(folder.path, "nowhere"))).toMatchObject({
      code: 2,
      out: "",
    });
  });
});
