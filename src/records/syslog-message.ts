import type { CatalogueNote } from "../findings/catalogue-note.ts";
import type { StateChange } from "../findings/sensor-states.ts";
import type { Severity } from "../findings/severity.ts";
import { escapeText } from "../names/escape.ts";
import type { ChainHead } from "./audit-log.ts";
import type { FindingChange } from "./finding-changes.ts";

/** Facility local0 (RFC 5424 §6.2.1). */
const FACILITY = 16;
const NOTICE = 5;
const WARNING = 4;
const SEVERITY_OF: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 };

/**
 * A structured data element of one's own needs an enterprise number (RFC 5424 §7.2.2). This one is reserved for
 * documentation (RFC 5612): it belongs to nobody, and so collides with nobody's elements.
 */
const SD_ID = "gapwatch@32473";
/** Keeps a message within the 2048 octets that every receiver should take (RFC 5424 §6.1). */
const MAX_VALUE = 255;
const NIL = "-";

/** Whose messages these are. */
export interface SyslogOrigin {
  readonly hostname: string;
  readonly pid: number;
}

/** What a message says, apart from its origin and time. */
interface Content {
  readonly severity: number;
  readonly msgid: string;
  readonly data: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

/** A new or worse finding as a message of RFC 5424. */
export function findingMessage(
  { what, finding }: FindingChange,
  head: ChainHead | null,
  origin: SyslogOrigin,
  at: Date,
): string {
  const { id, kind, severityName, outcomeName, destination, source, sourceName, port, proto } = finding;
  const service = port === null ? (proto ?? NIL) : `${port}/${proto}`;
  const from = sourceName === null ? (source ?? "many hosts") : `${sourceName} (${source})`;
  const data = [
    ["finding", id],
    ["kind", kind],
    ["severity", severityName],
    ["outcome", outcomeName],
    ["source", source ?? NIL],
    ["destination", destination],
    ["service", service],
    ...componentParameters(finding.catalogue),
    ...headParameter(head),
  ] as const;
  const text = `${what} finding ${id}: ${kind} to ${destination} ${service} from ${from}, ${outcomeName}, ${severityName}`;
  return message({ severity: SEVERITY_OF[severityName], msgid: `finding.${what}`, data, text }, origin, at);
}

/** A sensor state that was raised or cleared. */
export function sensorMessage(
  { name, subject, raised, text }: StateChange,
  head: ChainHead | null,
  origin: SyslogOrigin,
  at: Date,
): string {
  const state = raised ? "raised" : "cleared";
  const data = [["sensor", name], ["subject", subject], ["state", state], ...headParameter(head)] as const;
  const severity = raised ? WARNING : NOTICE;
  return message({ severity, msgid: "sensor", data, text: `${state} ${name}: ${text}` }, origin, at);
}

function componentParameters(note: CatalogueNote | null): (readonly [string, string])[] {
  return note === null
    ? []
    : [
        ["component", note.component],
        ["dependency", note.kind],
      ];
}

/** As `verify --head` takes it. */
function headParameter(head: ChainHead | null): (readonly [string, string])[] {
  return head === null ? [] : [["head", `${head.seq}:${head.hash}`]];
}

/** RFC 5424 §6. */
function message(
  { severity, msgid, data, text }: Content,
  { hostname, pid }: SyslogOrigin,
  at: Date,
): string {
  const priority = FACILITY * 8 + severity;
  const host = hostname.replace(/[^\x21-\x7e]/g, "").slice(0, 255) || NIL;
  const parameters = data.map(([name, value]) => ` ${name}="${parameterValue(value)}"`).join("");
  const header = `<${priority}>1 ${at.toISOString()} ${host} gapwatch ${pid} ${msgid}`;
  return `${header} [${SD_ID}${parameters}] ${escapeText(text, 2 * MAX_VALUE)}`;
}

/** RFC 5424 §6.3.3: quote, backslash and bracket are escaped. What is not printable ASCII is `\DDD` before. */
function parameterValue(value: string): string {
  return escapeText(value, MAX_VALUE).replace(/["\\\]]/g, "\\$&");
}
