import { classifyAddress, INSIDE, OUTSIDE } from "../policy/address-class.ts";
import { parseAddress } from "../policy/address-text.ts";
import { isFault, parsePrefix } from "../policy/prefix.ts";
import { PrefixTable } from "../policy/prefix-table.ts";
import type { Report, ReportFinding } from "./validation-shape.ts";

/** What a run says of a control's objective. */
export type ControlState = "satisfied" | "not satisfied" | "not decided";

/** A control that a run bears on (NIST SP 800-53 Rev. 5), and what in a report speaks against it. */
export interface Control {
  /** As OSCAL's catalogue of SP 800-53 Rev. 5 writes it. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** Findings that speak against it. */
  readonly against: (report: Report) => readonly ReportFinding[];
  /** What speaks against it beside findings, in sentences. */
  readonly lacks: (report: Report) => readonly string[];
}

const nothing = (): readonly string[] => [];

/** SC-7 and those of its enhancements that traffic can show, and SI-4(4). */
export const CONTROLS: readonly Control[] = [
  {
    id: "sc-7",
    title: "Boundary Protection",
    question: "communications at the boundary are monitored, and none passes or is tried that is not granted",
    against: (report) => report.findings.filter(isSerious),
    lacks: nothing,
  },
  {
    id: "sc-7.4",
    title: "External Telecommunications Services",
    question: "every exception that was used is documented with owner, need and duration",
    against: ({ findings }) => findings.filter(({ kind }) => kind === "policy.expired"),
    lacks: ({ validation }) =>
      validation.boundary.gates
        .filter(
          ({ last_seen, owner, reason, expires }) => last_seen !== null && !(owner && reason && expires),
        )
        .map(({ rule }) => `The exception ${rule} was used, and states no owner, no reason or no expiry.`),
  },
  {
    id: "sc-7.5",
    title: "Deny by Default — Allow by Exception",
    question: "nothing reaches for the outside but by exception",
    against: ({ findings }) =>
      findings.filter((finding) => isSerious(finding) && finding.kind !== "ingress.flow"),
    lacks: nothing,
  },
  {
    id: "sc-7.10",
    title: "Prevent Exfiltration",
    question: "no data leaves but by exception and within its budget",
    against: ({ findings }) => findings.filter((finding) => isSerious(finding) && carriesData(finding)),
    lacks: nothing,
  },
  {
    id: "sc-7.11",
    title: "Restrict Incoming Communications Traffic",
    question: "nothing comes in from unauthorised sources",
    against: (report) => report.findings.filter(isFromOutside(report)),
    lacks: nothing,
  },
  {
    id: "si-4.4",
    title: "Inbound and Outbound Communications Traffic",
    question: "inbound and outbound traffic is monitored, and what is unusual is found",
    against: () => [],
    lacks: ({ reasons }) => reasons.map((reason) => `The sensor was partly blind: ${reason}.`),
  },
];

function isSerious({ severity }: ReportFinding): boolean {
  return severity !== "info";
}

/** What an unanswered datagram carried has left as well, as has a name that is asked for. */
function carriesData({ kind, outcome, bytes_out }: ReportFinding): boolean {
  if (kind === "ingress.flow" || kind === "inside.unapproved") return false;
  const isChannel = kind.startsWith("tunnel.") || kind === "volume.budget" || kind === "secret.cleartext";
  return isChannel || bytes_out > 0 || outcome === "transferred" || ASKING.has(kind);
}

const ASKING: ReadonlySet<string> = new Set(["dns.name", "dns.resolver", "name.proxy"]);

/** Whoever came in, by a rule that has expired or in a tunnel as well. */
function isFromOutside({ validation }: Report): (finding: ReportFinding) => boolean {
  const prefixes = validation.boundary.inside.flatMap(({ prefix }) => {
    const parsed = parsePrefix(prefix);
    return isFault(parsed) ? [] : [parsed];
  });
  const inside = new PrefixTable(prefixes);
  return (finding) => {
    const { kind, source, destination } = finding;
    if (kind === "ingress.flow") return true;
    const [from, to] = [source.ip, destination.ips[0]].map((ip) => parseAddress(ip ?? ""));
    if (from === null || to === null || !isSerious(finding)) return false;
    return classifyAddress(inside, ...from) === OUTSIDE && classifyAddress(inside, ...to) === INSIDE;
  };
}

/** Blindness leaves open what is not refuted: a control is satisfied only where the sensor saw all it had to see. */
export function stateOf(control: Control, report: Report): ControlState {
  if (control.against(report).length > 0) return "not satisfied";
  if (report.reasons.length > 0) return "not decided";
  return control.lacks(report).length > 0 ? "not satisfied" : "satisfied";
}
