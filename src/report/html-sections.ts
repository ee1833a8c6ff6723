import { destinationOf } from "./dependency-statement.ts";
import { html, listOr, type Markup, type Part, table } from "./html-markup.ts";
import { bytesText, counted, numberText } from "./text-figures.ts";
import type {
  Boundary,
  CoverageCheck,
  Dependency,
  Report,
  ReportFinding,
  Validation,
} from "./validation-shape.ts";
import { comparisonTexts, probeText } from "./validation-text.ts";

/** Findings in the page: a browser shows no more at ease, and nobody reads them. */
const MAX_ROWS = 1000;

/** What the verdict is about, with the exception register as it was used. */
export function boundarySection({ enclave, validation }: Report): Markup {
  const { boundary } = validation;
  const inside = boundary.inside.map(({ prefix, hosts_seen, only_seen_in }) => {
    const wide = only_seen_in === null ? "" : `; far wider than what was seen: all of it in ${only_seen_in}`;
    return `${prefix} (${counted(hosts_seen, "host")} seen${wide})`;
  });
  const nat = boundary.nat.map(({ address, hosts }) => `${address} for ${hosts.join(", ")}`);
  const mirrored = boundary.mirrored.map(({ name, to }) => `${name} by ${to.join(", ")}`);
  const mirrors = boundary.mirrors.map(({ transport, from, to }) => `${transport} from ${from} to ${to}`);
  return html`<section aria-labelledby="boundary"><h2 id="boundary">Boundary</h2>
<dl>
<dt>Stage</dt><dd>${enclave.stage}</dd>
<dt>Inside</dt><dd>${inside.join("; ")}</dd>
<dt>Resolvers</dt><dd>${orNone(boundary.resolvers)}</dd>
<dt>Relays</dt><dd>${orNone(boundary.relays)}</dd>
<dt>NAT</dt><dd>${orNone(nat)}</dd>
<dt>Outside names served inside</dt><dd>${orNone(mirrored)}</dd>
<dt>Mirror transport</dt><dd>${orNone(mirrors)}</dd>
<dt>Sensor</dt><dd>${orNone(boundary.sensor)}</dd>
</dl>
${gatesTable(boundary)}</section>
`;
}

function orNone(items: readonly string[]): string {
  return items.length === 0 ? "none stated" : items.join(", ");
}

function gatesTable({ gates }: Boundary): Markup {
  if (gates.length === 0) return html`<p>No exception is granted in either direction.</p>\n`;
  const rows = gates.map((gate): Part[] => [
    gate.rule,
    gate.direction,
    `${gate.to}, ports ${gate.ports}, from ${gate.from}, ${gate.hours}`,
    gate.owner ?? "not stated",
    gate.reason ?? "not stated",
    gate.expires ?? "not stated",
    gate.last_seen === null
      ? "not used"
      : `${counted(gate.attempts, "attempt")}, ${counted(gate.questions, "question")}, ${bytesText(gate.bytes_out)} out, ${bytesText(gate.bytes_in)} in`,
  ]);
  const heads = ["Rule", "Direction", "Allows", "Owner", "Reason", "Expires", "Use"];
  return table("Gates: the exception register, and how it was used", heads, rows);
}

/** Kind by kind: none seen, or what the stack depends on. */
export function dependencySection({ dependencies }: Validation): Markup {
  const rows = dependencies.flatMap(({ label, seen }) =>
    seen.length === 0
      ? [[label, html`<span class="ok">none seen</span>`, "", "", ""]]
      : seen.map((each, i): Part[] => [i === 0 ? label : `${label} (${i + 1})`, ...dependencyCells(each)]),
  );
  const heads = ["Kind", "Component or destination", "By", "Attempts", "What switches it off"];
  return html`<section aria-labelledby="dependencies"><h2 id="dependencies">Dependencies on the outside</h2>
${table("Every kind that was looked for", heads, rows)}</section>
`;
}

function dependencyCells({
  component,
  setting,
  destinations,
  hosts,
  attempts,
  severity,
}: Dependency): Part[] {
  const where = destinations.join(", ");
  return [
    html`<span class="${severity}">${component === null ? where : `${component}: ${where}`}</span>`,
    hosts.join(", "),
    numberText(attempts),
    setting ?? "",
  ];
}

/** What a release added, where an earlier report was given. */
export function comparisonSection({ comparison }: Validation): Markup {
  if (comparison === null) return html``;
  return html`<section aria-labelledby="comparison"><h2 id="comparison">Since the earlier report</h2>
${listOr(comparisonTexts(comparison), "")}</section>
`;
}

/** The other half of the proof: what works inside. */
export function servicesSection({ services }: Validation): Markup {
  if (services.length === 0) return html``;
  const rows = services.map(({ role, address, port, must_be_used, uses, users, last_use }): Part[] => [
    role,
    `${address} ${port}`,
    uses === 0
      ? html`<span class="${must_be_used ? "blind" : "faint"}">no use seen</span>`
      : html`<span class="ok">used ${counted(uses, "time")}</span>`,
    users.map(({ name, ip, uses: count }) => `${name ?? ip} (${count})`).join(", "),
    last_use ?? "",
  ]);
  const heads = ["Function", "Service", "Use", "By", "Last"];
  return html`<section aria-labelledby="services"><h2 id="services">Security functions inside</h2>
${table("Services that the enclave file names, and their use as it was seen", heads, rows)}</section>
`;
}

/** All findings, the worst first. */
export function findingsSection({ findings, validation }: Report): Markup {
  const files = new Map(validation.evidence.map(({ finding, file }) => [finding, file]));
  const rows = findings
    .slice(0, MAX_ROWS)
    .map((finding): Part[] => [
      html`<span class="${finding.severity}">${finding.severity}</span>`,
      html`<span class="nowrap">${finding.kind}</span>`,
      destinationCell(finding),
      finding.source.ip === null ? "any host" : (finding.source.name ?? finding.source.ip),
      happenedText(finding),
      finding.first_seen.slice(0, 19).replace("T", " "),
      evidenceCell(finding.id, files.get(finding.id)),
    ]);
  const heads = [
    "Severity",
    "Kind",
    "Destination",
    "Source",
    "What happened",
    "First seen (UTC)",
    "Id, packets",
  ];
  const list = rows.length === 0 ? html`<p>None.</p>\n` : table("Findings, the worst first", heads, rows);
  const rest = findings.length - rows.length;
  const more = rest === 0 ? html`` : html`<p>${counted(rest, "more finding")} in report.json.</p>\n`;
  return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
${list}${more}</section>
`;
}

function happenedText({ outcome, attempts, bytes_out, bytes_in }: ReportFinding): string {
  const what = `${outcome}, ${counted(attempts, "attempt")}`;
  return bytes_out + bytes_in === 0
    ? what
    : `${what}, ${bytesText(bytes_out)} out, ${bytesText(bytes_in)} in`;
}

function destinationCell(finding: ReportFinding): Markup {
  const { name, ips, port, proto } = finding.destination;
  const service = port === null ? (proto ?? "") : `${port}/${proto}`;
  const behind = name === null ? "" : ips.slice(0, 3).join(", ");
  return html`${finding.rule ?? destinationOf(finding)} ${service} <span class="faint">${behind}</span>`;
}

function evidenceCell(id: string, file: string | undefined): Markup {
  return file === undefined
    ? html`<span class="mono nowrap">${id}</span>`
    : html`<a class="mono nowrap" href="${file}">${id}</a>`;
}

/** The positive control, path by path. */
export function canarySection({ canary }: Validation): Markup {
  if (canary === null) return html``;
  const rows = canary.runs.flatMap(({ began, number, probes }) =>
    probes.map((probe): Part[] => [
      `${number}, ${began}`,
      probe.path,
      html`<span class="${PROBE_CLASS[probe.status]}">${probeText(probe)}</span>`,
    ]),
  );
  const list =
    rows.length === 0
      ? html`<p class="blind">No probe was seen.</p>\n`
      : table("Probes of canaries, which the sensor had to see", ["Run", "Path", "Probe"], rows);
  return html`<section aria-labelledby="canary"><h2 id="canary">Canary</h2>
${list}</section>
`;
}

const PROBE_CLASS = { seen: "ok", missed: "blind", "not exercised": "faint" } as const;

/** The checklist, each reason with what to do about it. */
export function coverageSection({ coverage }: Validation): Markup {
  const rows = coverage.map((check): Part[] => [
    check.what,
    html`<span class="${STATUS_CLASS[check.status]}">${check.status}</span>`,
    html`${check.figure}${reasonList(check)}`,
    check.limit,
  ]);
  return html`<section aria-labelledby="coverage"><h2 id="coverage">Coverage</h2>
${table("What the sensor could see, line by line", ["Checked", "Status", "Figure", "Blind from"], rows)}</section>
`;
}

const STATUS_CLASS: Readonly<Record<CoverageCheck["status"], string>> = {
  ok: "ok",
  blind: "blind",
  "not asked for": "faint",
};

function reasonList({ reasons }: CoverageCheck): Markup {
  if (reasons.length === 0) return html``;
  return listOr(
    reasons.map(({ name, text, advice }) => html`<strong>${name}</strong>: ${text}. What to do: ${advice}.`),
    "",
  );
}

/** What the window cannot show, and what was read. */
export function limitsSection({ validation }: Report): Markup {
  return html`<section aria-labelledby="limits"><h2 id="limits">What this window could not have shown</h2>
${listOr(validation.not_shown, "Nothing is known of.")}</section>
`;
}

/** What was read, by hash. */
export function inputsSection({ inputs, enclave }: Report): Markup {
  const rows = inputs.map(({ path, format, packets, bytes, complete, sha256 }): Part[] => [
    path === "-" ? "standard input" : path,
    format ?? "not read",
    `${counted(packets, "packet")}, ${bytesText(bytes)}`,
    complete ? "yes" : html`<span class="blind">no</span>`,
    html`<span class="mono">${sha256 ?? "none"}</span>`,
  ]);
  return html`<section aria-labelledby="inputs"><h2 id="inputs">What was judged</h2>
${table("Inputs", ["Input", "Format", "Size", "Whole", "SHA-256"], rows)}<p>Enclave file, SHA-256: <span class="mono">${enclave.sha256}</span></p></section>
`;
}
