import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { default as addFormats } from "ajv-formats";
import { describe, expect, it } from "vitest";
import { htmlReport } from "../../src/report/html.ts";
import { junitReport } from "../../src/report/junit.ts";
import { oscalReport } from "../../src/report/oscal.ts";
import { reportFiles } from "../../src/report/report-forms.ts";
import { reportJsonSchema, reportShape } from "../../src/report/validation-shape.ts";
import { inRepository } from "../captured-frames.ts";
import { hostileFindings, sampleReport } from "./sample-report.ts";
import { FINDINGS } from "./sample-run.ts";

const OSCAL_SCHEMA = inRepository("../shared/oscal/oscal_complete_schema-1.1.3.json");
const CLEAN = { verdict: "clean", reasons: [], findings: [], exceptions: [] } as const;

const REPORTS = {
  reachback: sampleReport(),
  hostile: sampleReport({ findings: hostileFindings(FINDINGS) }),
  clean: sampleReport(CLEAN),
  inconclusive: sampleReport({ ...CLEAN, verdict: "inconclusive", reasons: ["capture.empty: no packet"] }),
  "no packet": sampleReport({ ...CLEAN, verdict: "inconclusive", reasons: ["x: y"] }, { inputs: [] }),
};
const EACH = Object.entries(REPORTS);

/** All that a page of ours is made of: nothing that loads, and nothing that runs. */
const ELEMENTS =
  "html head meta title style body header main footer section h1 h2 p span strong code ul li dl dt dd a table caption thead tbody tr th td figure figcaption svg rect line text".split(
    " ",
  );
const ATTRIBUTES =
  "lang charset http-equiv content name class id href scope role aria-label aria-labelledby viewBox x y x1 x2 y1 y2 width height text-anchor transform".split(
    " ",
  );

/** What a real XML parser makes of it: element, attributes and text, depth first. */
function parsedXml(xml: string): { tag: string; attributes: Record<string, string>; text: string }[] {
  const program =
    "import json, sys, xml.etree.ElementTree as e; print(json.dumps([dict(tag=n.tag, attributes=n.attrib, text=n.text or '') for n in e.fromstring(sys.stdin.buffer.read()).iter()]))";
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], { input: xml });
  if (status !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}

describe("the published schema of report.json", () => {
  const published: unknown = JSON.parse(readFileSync(inRepository("src/report/report.schema.json"), "utf8"));

  it("is the one that the shape gives (npm run schema:write renews it)", () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
  });

  it.each(EACH)("accepts the report: %s", (_, report) => {
    const validate = new Ajv2020({ strict: false }).compile(published as object);
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true);
    expect(reportShape.safeParse(report).success).toBe(true);
  });

  it("refuses another verdict, a missing part, and parts that it does not know", () => {
    const validate = new Ajv2020({ strict: false }).compile(published as object);
    const report = REPORTS.clean;
    expect(validate({ ...report, verdict: "fine" })).toBe(false);
    expect(validate({ ...report, validation: { ...report.validation, boundary: undefined } })).toBe(false);
    expect(validate({ ...report, validation: { ...report.validation, more: 1 } })).toBe(false);
  });
});

describe("report.html", () => {
  it.each(EACH)("holds no script, no reference to elsewhere and no raw foreign text: %s", (_, report) => {
    const page = htmlReport(report);
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    const body = page.replace(/<style>[\s\S]*?<\/style>/, (style) => {
      expect(style).not.toMatch(/url\(|@import/);
      return "";
    });
    for (const [tag, name] of body.matchAll(/<\/?([a-z][a-z0-9]*)[^>]*>/gi)) {
      expect(ELEMENTS).toContain(name);
      for (const [, attribute] of tag.matchAll(/\s([a-z-]+)="[^"]*"/gi))
        expect(ATTRIBUTES).toContain(attribute);
      expect(tag.replace(/"[^"]*"/g, "")).toMatch(/^<[a-zA-Z0-9= /-]+>$/);
    }
    expect(page).toMatch(/^[\x20-\x7e\n]*$/);
    for (const [, href] of page.matchAll(/href="([^"]*)"/g))
      expect(href).toMatch(/^evidence\/[0-9a-f]{12}\.pcapng$/);
  });

  it("opens and closes its elements in order", () => {
    const VOID = new Set(["meta", "rect", "line"]);
    for (const [, report] of EACH) {
      const open: string[] = [];
      const page = htmlReport(report).replace(/<style>[\s\S]*?<\/style>/, "");
      for (const [, end, tag] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:[^<>"]|"[^"]*")*>/g)) {
        if (VOID.has(tag)) continue;
        if (end === "") open.push(tag);
        else expect(open.pop()).toBe(tag);
      }
      expect(open).toEqual([]);
    }
  });

  it("says result, boundary, dependencies, findings, coverage and limits", () => {
    const page = htmlReport(REPORTS.reachback);
    for (const text of [
      "Not air-gapped: sample depends on",
      "offline patch transfer, signed off",
      "huggingface.co",
      "capture.incomplete",
      "copy or capture it again",
      "not asked for",
      "could not have shown",
    ]) {
      expect(page).toContain(text);
    }
    expect(page.match(/<svg /g)).toHaveLength(3);
  });
});

describe("report.junit.xml", () => {
  it.each(EACH)("is read by a real XML parser, which counts what the heads say: %s", (_, report) => {
    const nodes = parsedXml(junitReport(report));
    const count = (tag: string): number => nodes.filter((node) => node.tag === tag).length;
    expect(nodes[0].tag).toBe("testsuites");
    expect(nodes[0].attributes).toMatchObject({
      tests: String(count("testcase")),
      failures: String(count("failure")),
      errors: String(count("error")),
      skipped: String(count("skipped")),
    });
  });

  it("fails for reachback, errs for blindness, passes for neither", () => {
    const states = (report: typeof REPORTS.clean) =>
      new Set(
        parsedXml(junitReport(report))
          .map(({ tag }) => tag)
          .filter((tag) => /failure|error/.test(tag)),
      );
    expect([...states(REPORTS.clean)]).toEqual([]);
    expect([...states(REPORTS.inconclusive)]).toEqual(["error"]);
    expect([...states(REPORTS.reachback)].sort()).toEqual(["error", "failure"]);
  });

  it("gives foreign text back as it is printed everywhere", () => {
    const texts = parsedXml(junitReport(REPORTS.hostile)).map(({ text }) => text);
    expect(texts.join("\n")).toContain("</style><svg onload=alert(1)>.example");
    expect(texts.join("\n")).toContain("\\u{1b}[2J\\u{7}\\u{202e}");
  });
});

describe("oscal-assessment-results.json", () => {
  const isThere = existsSync(OSCAL_SCHEMA);

  it.skipIf(!isThere).each(EACH)("is valid against NIST's published schema: %s", (_, report) => {
    const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: true });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync(OSCAL_SCHEMA, "utf8")));
    expect(validate(JSON.parse(oscalReport(report))), JSON.stringify(validate.errors?.slice(0, 5))).toBe(
      true,
    );
  });

  it("is satisfied with a control only where nothing speaks against it and nothing was hidden", () => {
    const states = (report: typeof REPORTS.clean): string[] =>
      JSON.parse(oscalReport(report))["assessment-results"].results[0].findings.map(
        ({ target }: { target: { "target-id": string; status: { state: string; reason: string } } }) =>
          `${target["target-id"]} ${target.status.state} ${target.status.reason}`,
      );
    expect(states(REPORTS.clean).every((state) => state.endsWith(" satisfied pass"))).toBe(true);
    expect(states(REPORTS.inconclusive).every((state) => state.endsWith("not-satisfied other"))).toBe(true);
    expect(states(REPORTS.reachback)).toEqual([
      "sc-7_obj not-satisfied fail",
      "sc-7.4_obj not-satisfied fail",
      "sc-7.5_obj not-satisfied fail",
      "sc-7.10_obj not-satisfied fail",
      "sc-7.11_obj not-satisfied fail",
      "si-4.4_obj not-satisfied other",
    ]);
  });

  it.each([
    [
      "datagrams that nobody answered",
      "sc-7.10_obj",
      { kind: "egress.flow", outcome: "attempted", bytes_out: 9000 },
    ],
    [
      "a name that a proxy was asked for",
      "sc-7.10_obj",
      { kind: "name.proxy", outcome: "refused", bytes_out: 0 },
    ],
    [
      "who came in by an expired rule",
      "sc-7.11_obj",
      { kind: "policy.expired", ...fromTo("203.0.113.9", "10.20.1.11") },
    ],
    [
      "a tunnel from outside",
      "sc-7.11_obj",
      { kind: "tunnel.encapsulated", ...fromTo("203.0.113.9", "10.20.1.11") },
    ],
  ])("is refuted by %s", (_, control, changed) => {
    const [sample] = REPORTS.reachback.findings;
    const found: typeof REPORTS.clean = {
      ...REPORTS.clean,
      verdict: "reachback",
      findings: [{ ...sample, severity: "high", ...changed }],
    };
    const { findings } = JSON.parse(oscalReport(found))["assessment-results"].results[0];
    const target = findings.map((each: { target: object }) => each.target);
    expect(target).toContainEqual(
      expect.objectContaining({ "target-id": control, status: { state: "not-satisfied", reason: "fail" } }),
    );
  });
});

function fromTo(source: string, destination: string) {
  const name = { name: null, name_evidence: "none", ips: [destination], port: 443, proto: "tcp" };
  return { source: { ip: source, name: null, mac: null }, destination: name };
}

describe("all forms", () => {
  it("are the same bytes for the same report, and again for the report as it is read from its file", () => {
    for (const [, report] of EACH) {
      const files = reportFiles(report);
      expect(reportFiles(report)).toEqual(files);
      expect(reportFiles(JSON.parse(files.get("report.json") ?? ""))).toEqual(files);
    }
  });
});
