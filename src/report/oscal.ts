import { createHash } from "node:crypto";
import { destinationOf } from "./dependency-statement.ts";
import { CONTROLS, type Control, stateOf } from "./oscal-controls.ts";
import { counted } from "./text-figures.ts";
import { plain } from "./text-plain.ts";
import type { Report, ReportFinding } from "./validation-shape.ts";

const OSCAL_VERSION = "1.1.3";
/** For reports without a packet; the model wants a time. */
const NO_TIME = "1970-01-01T00:00:00Z";
/** Years that OSCAL's date type can write. */
const WRITABLE = /^(19|2\d)/;
/** Namespace of our version 5 UUIDs (RFC 9562 section 5.5): made once, at random. */
const NAMESPACE = "6f2f4b0e5a1c4a52bb0c2f6e6c9a7d13";

/**
 * The report as OSCAL assessment results (NIST OSCAL 1.1.3). The same report gives the same bytes: ids are
 * derived from its content, times are times of packets.
 */
export function oscalReport(report: Report): string {
  const ids = new Ids(JSON.stringify(report));
  const time = timeOf(report.validation.window.last);
  const document = {
    "assessment-results": {
      uuid: ids.of("assessment-results"),
      metadata: {
        title: `Air gap of ${words(report.enclave.name)}`,
        "last-modified": time,
        version: words(report.validation.tool.version),
        "oscal-version": OSCAL_VERSION,
      },
      "import-ap": {
        href: `#${ids.of("enclave.yaml")}`,
        remarks: "There is no OSCAL assessment plan: the enclave file states what was to be shown.",
      },
      results: [resultOf(report, ids)],
      "back-matter": { resources: resourcesOf(report, ids) },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function resultOf(report: Report, ids: Ids): object {
  const { validation } = report;
  const { window } = validation;
  const files = new Map(validation.evidence.map(({ finding, file }) => [finding, file]));
  return {
    uuid: ids.of("result"),
    title: `gapwatch validate: ${validation.result}`,
    description: plain(validation.statement),
    start: timeOf(window.first),
    end: timeOf(window.last),
    "reviewed-controls": {
      "control-selections": [{ "include-controls": CONTROLS.map(({ id }) => ({ "control-id": id })) }],
    },
    observations: [
      coverageObservation(report, ids),
      ...report.findings.map((each) => observationOf(each, files.get(each.id), ids)),
    ],
    findings: CONTROLS.map((control) => findingOf(control, report, ids)),
  };
}

function coverageObservation({ validation, reasons }: Report, ids: Ids): object {
  const lines = validation.coverage.map(({ what, status, figure }) => `${what}: ${status}, ${figure}`);
  const title = reasons.length === 0 ? "The sensor saw what it had to see" : "The sensor was partly blind";
  return {
    uuid: ids.of("coverage"),
    title,
    description: plain(lines.join("; ")),
    methods: ["TEST"],
    collected: timeOf(validation.window.last),
    "relevant-evidence": [{ href: "report.json", description: "Coverage, line by line" }],
  };
}

function observationOf(finding: ReportFinding, file: string | undefined, ids: Ids): object {
  const { id, kind, severity, outcome, source, attempts } = finding;
  const who = source.name ?? source.ip ?? "any host";
  const what = finding.rule ?? destinationOf(finding);
  return {
    uuid: ids.of(`finding ${id}`),
    title: words(`${kind}: ${who} to ${what}`),
    description: plain(
      `${severity}, ${outcome}, ${counted(attempts, "attempt")} from ${finding.first_seen} to ${finding.last_seen}`,
    ),
    props: [{ name: "finding-id", value: id, ns: "https://gapwatch.invalid/ns/oscal" }],
    methods: ["TEST"],
    collected: timeOf(finding.last_seen),
    "relevant-evidence": [
      {
        href: file ?? "report.json",
        description: file === undefined ? "Finding in the report" : "First packets",
      },
    ],
  };
}

const REASONS = { satisfied: "pass", "not satisfied": "fail", "not decided": "other" } as const;

function findingOf(control: Control, report: Report, ids: Ids): object {
  const state = stateOf(control, report);
  const against = control.against(report);
  const lacks = control.lacks(report).map(plain);
  const related = [ids.of("coverage"), ...against.map(({ id }) => ids.of(`finding ${id}`))];
  const found =
    against.length === 0
      ? "No finding speaks against it."
      : `${counted(against.length, "finding")} against it.`;
  return {
    uuid: ids.of(`control ${control.id}`),
    title: `${control.id.toUpperCase()} ${control.title}: ${state}`,
    description: [`Whether ${control.question}.`, found, ...lacks].join(" "),
    target: {
      type: "objective-id",
      "target-id": `${control.id}_obj`,
      status: {
        state: state === "satisfied" ? "satisfied" : "not-satisfied",
        reason: REASONS[state],
        ...(state === "not decided" ? { remarks: "Inconclusive: the sensor was partly blind." } : {}),
      },
    },
    "related-observations": related.map((uuid) => ({ "observation-uuid": uuid })),
  };
}

function resourcesOf({ enclave, inputs }: Report, ids: Ids): object[] {
  const file = (title: string, href: string, sha256: string | null): object => ({
    uuid: ids.of(href),
    title: words(title),
    rlinks: [{ href, ...(sha256 === null ? {} : { hashes: [{ algorithm: "SHA-256", value: sha256 }] }) }],
  });
  const captures = inputs.flatMap(({ path, sha256 }, i) =>
    sha256 === null
      ? []
      : [
          {
            uuid: ids.of(`input ${i}`),
            title: words(`Capture ${path}`),
            rlinks: [{ href: uriOf(path), hashes: [{ algorithm: "SHA-256", value: sha256 }] }],
          },
        ],
  );
  return [
    file("Enclave file", "enclave.yaml", enclave.sha256),
    file("Report", "report.json", null),
    ...captures,
  ];
}

/** A path as a URI reference: a first segment with a colon would pass for a scheme (RFC 3986 section 4.2). */
function uriOf(path: string): string {
  const encoded = path.split("/").map(encodeSegment).join("/");
  return path.startsWith("/") ? encoded : `./${encoded}`;
}

/** A path need not be well-formed Unicode, which encodeURIComponent throws on. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(Buffer.from(segment).toString());
}

function timeOf(time: string | null): string {
  return time !== null && WRITABLE.test(time) ? time : NO_TIME;
}

/** Foreign text where the model wants no blanks around it and at least one character. */
function words(text: string): string {
  return plain(text).trim() || "unnamed";
}

/** Ids that follow from the report and a label (UUID version 5). */
class Ids {
  private readonly digest: string;

  constructor(content: string) {
    this.digest = createHash("sha256").update(content).digest("hex");
  }

  of(label: string): string {
    const hash = createHash("sha1").update(Buffer.from(NAMESPACE, "hex")).update(`${this.digest} ${label}`);
    const octets = hash.digest().subarray(0, 16);
    octets[6] = (octets[6] & 0x0f) | 0x50;
    octets[8] = (octets[8] & 0x3f) | 0x80;
    const hex = octets.toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}
