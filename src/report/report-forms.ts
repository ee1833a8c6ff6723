import { jsonText } from "../findings/json-text.ts";
import { htmlReport } from "./html.ts";
import { junitReport } from "./junit.ts";
import { oscalReport } from "./oscal.ts";
import type { Report } from "./validation-shape.ts";

export const REPORT_FILE = "report.json";

/** The report as the text of report.json. */
export function reportText(report: Report): string {
  return `${jsonText(report, 2)}\n`;
}

/** Every form of a report, by file name. All follow from the report alone: who has it can make them anew. */
export function reportFiles(report: Report): Map<string, string> {
  return new Map([
    [REPORT_FILE, reportText(report)],
    ["report.html", htmlReport(report)],
    ["report.junit.xml", junitReport(report)],
    ["oscal-assessment-results.json", oscalReport(report)],
  ]);
}
