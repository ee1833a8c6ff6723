import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { htmlReport } from "../../src/report/html.ts";
import { removeFolder } from "../remove-folder.mjs";
import { hostileFindings, sampleReport } from "./sample-report.ts";
import { FINDINGS } from "./sample-run.ts";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);
if (CHROMIUM === undefined)
  process.stderr.write("the report's page is not tried: there is no chromium here\n");

const folder = mkdtempSync(join(tmpdir(), "gapwatch-page-"));
afterAll(() => removeFolder(folder));

const REPORTS = {
  reachback: sampleReport(),
  hostile: sampleReport({ findings: hostileFindings(FINDINGS) }),
  clean: sampleReport({ verdict: "clean", reasons: [], findings: [] }),
};

/** Runs the browser on a page; what it says on stdout, and what a console of it would show. */
function browse(html: string, ...args: readonly string[]): { out: string; console: string[] } {
  const path = join(folder, "page.html");
  writeFileSync(path, html);
  const { status, stdout, stderr } = spawnSync(
    CHROMIUM ?? "",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage", // which may be small where tests run
      "--enable-logging=stderr",
      `--user-data-dir=${join(folder, "profile")}`,
      ...args,
      `file://${path}`,
    ],
    { timeout: 60_000, maxBuffer: 1 << 26 },
  );
  expect(status).toBe(0);
  const said = stderr.toString().split("\n");
  return { out: stdout.toString(), console: said.filter((line) => line.includes(":CONSOLE")) };
}

/** What axe-core finds wrong with the page in a colour scheme: rules, and where. */
function violations(html: string, scheme: "light" | "dark"): string[] {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const run =
    'axe.run(document, { resultTypes: ["violations"] }).then((r) => { document.documentElement.dataset.axe = ' +
    'JSON.stringify(r.violations.map((v) => v.id + " " + v.nodes.map((n) => n.target).join(" "))); });';
  // The page itself forbids every script: here this one is let in.
  const page = html
    .replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "")
    .replace("</body>", () => `<script>${axe}</script><script>${run}</script></body>`)
    .replaceAll("(prefers-color-scheme: dark)", scheme === "dark" ? "all" : "not all");
  const { out } = browse(page, "--virtual-time-budget=20000", "--window-size=1280,2000", "--dump-dom");
  const found = /data-axe="([^"]*)"/.exec(out)?.[1];
  if (found === undefined) throw new Error("axe-core did not end");
  return JSON.parse(found.replaceAll("&quot;", '"').replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
}

describe.skipIf(CHROMIUM === undefined)("report.html in a browser", () => {
  it.each(Object.entries(REPORTS))("shows no error in its console, and runs nothing: %s", (_, report) => {
    const { out, console } = browse(htmlReport(report), "--dump-dom");
    expect(console).toEqual([]);
    // As written, but for how a browser writes a page out: no element came from a name on the wire.
    expect(out).not.toMatch(/<(script|img|iframe|object|embed)/i);
    expect(out.match(/<svg/g)?.length ?? 0).toBe(report.findings.length === 0 ? 2 : 3);
  });

  it.each([
    ["reachback", "light"],
    ["hostile", "dark"],
    ["clean", "dark"],
  ] as const)("has no fault that axe-core knows: %s, %s", (name, scheme) => {
    expect(violations(htmlReport(REPORTS[name]), scheme)).toEqual([]);
  });

  it("would be told of a fault", () => {
    const faulty = "<!doctype html><html><head></head><body><p style='color:#ccc'>faint</p></body></html>";
    const found = violations(faulty, "light").map((each) => each.split(" ")[0]);
    expect(found).toEqual(expect.arrayContaining(["color-contrast", "html-has-lang"]));
  });

  it("fits the width of a window and of A4 paper", () => {
    const page = htmlReport(REPORTS.hostile).replace(
      "</body>",
      "<script>document.documentElement.dataset.wide = document.documentElement.scrollWidth + '/' + innerWidth;</script></body>",
    );
    for (const width of [1280, 794]) {
      const { out } = browse(
        page.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, ""),
        `--window-size=${width},1000`,
        "--dump-dom",
      );
      const [content, window] = (/data-wide="(\d+)\/(\d+)"/.exec(out)?.slice(1) ?? []).map(Number);
      expect(content).toBeLessThanOrEqual(window);
    }
  });
});
