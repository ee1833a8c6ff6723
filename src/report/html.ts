import { attemptsChart, coverageChart, matrixChart } from "./html-charts.ts";
import { html, Markup } from "./html-markup.ts";
import {
  boundarySection,
  canarySection,
  comparisonSection,
  coverageSection,
  dependencySection,
  findingsSection,
  inputsSection,
  limitsSection,
  servicesSection,
} from "./html-sections.ts";
import { STYLE } from "./html-style.ts";
import { counted, durationText } from "./text-figures.ts";
import type { Report } from "./validation-shape.ts";

/** Nothing but the style in the page may load or run, whatever a name from the wire looks like. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The report as one page that needs no script and no other file. The same report gives the same bytes. */
export function htmlReport(report: Report): string {
  const { validation, enclave } = report;
  const charts =
    validation.activity.attempts.length === 0
      ? html``
      : html`<section aria-labelledby="charts"><h2 id="charts">Over time</h2>
${attemptsChart(validation)}${report.findings.length === 0 ? html`` : matrixChart(report)}${coverageChart(validation)}</section>
`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(CONTENT_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${`${validation.result}: air gap of ${enclave.name}`}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${head(report)}<main>
${boundarySection(report)}${dependencySection(validation)}${comparisonSection(validation)}${servicesSection(validation)}${charts}${findingsSection(report)}${canarySection(validation)}${coverageSection(validation)}${limitsSection(report)}${inputsSection(report)}</main>
<footer><p>gapwatch ${validation.tool.version}. This page repeats report.json. Check both, offline, with
<code>gapwatch verify DIR --key PUB</code>.</p></footer>
</body>
</html>
`;
  return page.text;
}

function head({ validation, enclave, verdict, allowed }: Report): Markup {
  const { result, statement, window } = validation;
  const exceptions = allowed.length === 0 ? "" : `, ${counted(allowed.length, "exception")} used`;
  const time =
    window.first === null
      ? "no packet"
      : `${window.first} to ${window.last} (${durationText(window.seconds)})`;
  return html`<header>
<h1>Air gap of ${enclave.name}</h1>
<p><span class="result ${result}">${result}</span> ${verdict}${exceptions}</p>
<p class="statement">${statement}</p>
<p class="faint">Watched: ${time}</p>
</header>
`;
}
