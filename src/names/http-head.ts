import { hideInAuthority, hideInTarget } from "./credentials.ts";
import { escapeText } from "./escape.ts";
import { type HttpHost, parseHttpHost } from "./http-host.ts";
import { splitRequestLine } from "./http-request-line.ts";
import { type MasqueTarget, masqueTarget } from "./masque.ts";
import type { ProxyErrand } from "./proxy-errand.ts";

/** How the end of a message's content is found (RFC 9112 §6.3). */
export type HttpFraming = "none" | "length" | "chunked" | "close";

/** Oddities that two readers of the same octets may take differently. Each is counted by its name. */
export type HttpNote =
  | "http.head_incomplete"
  | "http.head_too_long"
  | "http.several_hosts"
  | "http.host_odd"
  | "http.host_differs"
  | "http.target_odd"
  | "http.folded_header"
  | "http.space_before_colon"
  | "http.content_length_bad"
  | "http.content_lengths_differ"
  | "http.length_and_chunked"
  | "http.transfer_coding_odd";

export interface HttpRequest extends ProxyErrand {
  /** In upper case, in which it should have been (RFC 9110 §9.1): there are proxies that take any. */
  readonly method: string;
  /** Request target as it is (RFC 9112 §3.2), escaped, at most 2,048 octets of it. */
  readonly target: string;
  readonly form: "origin" | "absolute" | "authority" | "asterisk" | "odd";
  /** Of an absolute-form target, lower-case; "" otherwise. */
  readonly scheme: string;
  /** Path and query of the target, escaped; "" in authority-form. */
  readonly path: string;
  /** Where the request goes: the target's authority if it has one, else the first Host (RFC 9112 §3.2.2). */
  readonly host: string;
  /** 0 when neither the authority nor a known scheme says one. */
  readonly port: number;
  readonly address: Int32Array | null;
  /** The authority that host and port come from, escaped. */
  readonly authority: string;
  /** Other hosts that the head names, at most eight: evidence, should a server prefer them. */
  readonly otherHosts: readonly HttpHost[];
  /** "HTTP/1.1", "HTTP/2". */
  readonly protocol: string;
  /** Protocols of the Upgrade header (RFC 9110 §7.8), lower-case and escaped; "" when there is none. */
  readonly upgrade: string;
  /** Lower-case and escaped; "" when there is none. */
  readonly contentType: string;
  /** HTTP/2: header fields that may hold credentials, a line each; never shown. */
  readonly credentials: string;
  readonly framing: HttpFraming;
  /** Octets of content when framing is "length". */
  readonly contentLength: number;
  readonly notes: readonly HttpNote[];
}

export interface HttpResponse {
  readonly status: number;
  readonly protocol: string;
  /** What the head alone says; the request's method may say that there is no content. */
  readonly framing: HttpFraming;
  readonly contentLength: number;
  readonly notes: readonly HttpNote[];
}

const MAX_TARGET_OCTETS = 2048;
const MAX_HOSTS = 8;
const LENGTH = /^\d{1,15}$/;
const TAB = 0x09;
const CR = 0x0d;
const SP = 0x20;
/** Of the headers that are read: Host, Content-Length, Content-Type, Transfer-Encoding, Upgrade. */
const INITIALS = "HhCcTtUu";
/** In the place of any other header: most are. */
const OTHER_FIELD = "-";
const DEFAULT_PORTS = new Map([
  ["http", 80],
  ["ws", 80],
  ["https", 443],
  ["wss", 443],
  ["ftp", 21],
]);

/**
 * A request's head (RFC 9112 §2 to §6) from its text, one character an octet, beginning with the request
 * line. Null when that line is none. `notes` begins the list of the request's notes.
 */
export function parseRequestHead(text: string, notes: HttpNote[]): HttpRequest | null {
  const lineEnd = endOfLine(text);
  const line = splitRequestLine(text.slice(0, lineEnd));
  if (line === null) return null;
  const fields = readFields(text, lineEnd + 1, notes);
  const asked = splitTarget(line.method, line.target);
  const masque = masqueTarget(fields.upgrade, asked.path);
  const target = masque === null ? asked : masqueErrand(asked, masque);
  const isErrand = line.method === "CONNECT" || masque !== null;
  if (isOdd(target)) addNote(notes, "http.target_odd");
  const hosts = collectHosts(target.authority, fields.hosts, notes);
  const first = hosts[0] ?? parseHttpHost("");
  const { framing, contentLength } = contentFraming(fields, notes);
  const shown = hideInTarget(escapeText(line.target, MAX_TARGET_OCTETS));
  return {
    method: line.method,
    target: shown,
    form: target.form,
    scheme: target.scheme,
    path: target.path === line.target ? shown : hideInTarget(escapeText(target.path, MAX_TARGET_OCTETS)),
    host: first.host,
    port: first.port || (DEFAULT_PORTS.get(target.scheme) ?? 0),
    address: first.address,
    authority: hideInAuthority(escapeText(target.authority ?? fields.hosts[0] ?? "", 300)),
    otherHosts: hosts.slice(1),
    protocol: line.version,
    upgrade: escapeText(fields.upgrade, 100),
    contentType: escapeText(fields.contentType, 100).toLowerCase(),
    credentials: "",
    framing,
    contentLength,
    isUdp: masque !== null,
    opensTunnel: isErrand,
    ownsConnection: isErrand,
    hasContent: framing !== "none",
    notes,
  };
}

/** A response's head from its text, as `parseRequestHead` does it. */
export function parseResponseHead(text: string, notes: HttpNote[]): HttpResponse | null {
  const lineEnd = endOfLine(text);
  const line = /^HTTP\/1\.(\d)[ \t]+(\d{3})(?!\d)/.exec(text.slice(0, lineEnd));
  if (line === null) return null;
  const fields = readFields(text, lineEnd + 1, notes);
  const { framing, contentLength } = contentFraming(fields, notes);
  const isOpen = fields.transferEncoding !== "" || fields.contentLengths.length === 0;
  return {
    status: Number(line[2]),
    protocol: `HTTP/1.${line[1]}`,
    framing: framing !== "chunked" && isOpen ? "close" : framing,
    contentLength,
    notes,
  };
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SP || code === TAB;
}

function endOfLine(text: string): number {
  const lf = text.indexOf("\n");
  return lf < 0 ? text.length : lf;
}

const NONE: readonly string[] = [];

interface Fields {
  hosts: readonly string[];
  contentLengths: readonly string[];
  transferEncoding: string;
  upgrade: string;
  contentType: string;
}

function readFields(text: string, at: number, notes: HttpNote[]): Fields {
  const fields: Fields = {
    hosts: NONE,
    contentLengths: NONE,
    transferEncoding: "",
    upgrade: "",
    contentType: "",
  };
  let folds = false;
  let logical = "";
  // One step beyond the end, so that the last header is taken too.
  for (let start = at; start <= text.length; ) {
    const lf = text.indexOf("\n", start);
    const stop = lf < 0 ? text.length : lf;
    const lineEnd = text.charCodeAt(stop - 1) === CR && stop > start ? stop - 1 : stop;
    // RFC 9112 §5.2: a line that begins with a space continues the one before.
    if (logical !== "" && isSpace(text, start) && lineEnd > start) {
      if (logical !== OTHER_FIELD) logical = `${logical} ${text.slice(start, lineEnd).trim()}`;
      folds = true;
    } else {
      takeField(fields, logical, notes);
      if (lineEnd === start) logical = "";
      else logical = INITIALS.includes(text.charAt(start)) ? text.slice(start, lineEnd) : OTHER_FIELD;
    }
    start = stop + 1;
  }
  takeField(fields, logical, notes);
  if (folds) addNote(notes, "http.folded_header");
  return fields;
}

function takeField(fields: Fields, line: string, notes: HttpNote[]): void {
  if (line === "" || line === OTHER_FIELD) return; // what most headers are
  const colon = line.indexOf(":");
  if (colon <= 0 || colon > 32) return; // none of the names below is longer
  const rawName = line.slice(0, colon);
  const name = rawName.trimEnd();
  switch (name.toLowerCase()) {
    case "host":
      if (fields.hosts.length < MAX_HOSTS) fields.hosts = [...fields.hosts, fieldValue(line, colon)];
      break;
    case "content-length":
      if (fields.contentLengths.length < MAX_HOSTS)
        fields.contentLengths = [...fields.contentLengths, fieldValue(line, colon)];
      break;
    case "transfer-encoding":
      fields.transferEncoding += `${fields.transferEncoding === "" ? "" : ","}${fieldValue(line, colon)}`;
      break;
    case "upgrade":
      fields.upgrade = fieldValue(line, colon).toLowerCase();
      break;
    case "content-type":
      fields.contentType = fieldValue(line, colon);
      break;
    default:
      return;
  }
  if (rawName !== name) addNote(notes, "http.space_before_colon");
}

function fieldValue(line: string, colon: number): string {
  return line.slice(colon + 1).trim();
}

interface Target {
  readonly form: HttpRequest["form"];
  readonly scheme: string;
  readonly authority: string | null;
  readonly path: string;
}

function addNote(notes: HttpNote[], note: HttpNote): void {
  if (!notes.includes(note)) notes.push(note);
}

/** RFC 9112 §3.2. */
function splitTarget(method: string, target: string): Target {
  if (method === "CONNECT") return { form: "authority", scheme: "", authority: target, path: "" };
  if (target.startsWith("/")) return { form: "origin", scheme: "", authority: null, path: target };
  if (target === "*") return { form: "asterisk", scheme: "", authority: null, path: target };
  const absolute = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#\\]*)(.*)$/s.exec(target);
  if (absolute === null) return { form: "odd", scheme: "", authority: null, path: target };
  const [, scheme, authority, path] = absolute;
  return { form: "absolute", scheme: scheme.toLowerCase(), authority, path: path === "" ? "/" : path };
}

/** A request for the proxying of packets names its target in its path. */
function masqueErrand(asked: Target, { authority }: MasqueTarget): Target {
  return { ...asked, scheme: "", form: authority === null ? "odd" : "authority", authority };
}

/** What two readers may take for two destinations. */
function isOdd({ form, scheme, authority, path }: Target): boolean {
  if (form === "authority") return authority?.includes("@") === true; // RFC 9110 §9.3.6: host and port alone
  // Readers by the URL standard take http:///host/ for http://host/ (WHATWG URL §4.4, special authority slashes).
  if (authority === "" && DEFAULT_PORTS.has(scheme)) return true;
  return form === "odd" || (form === "absolute" && path.startsWith("\\"));
}

/** The host that counts, then the others that differ from it. */
export function collectHosts(
  authority: string | null,
  fields: readonly string[],
  notes: HttpNote[],
): HttpHost[] {
  if (fields.length > 1) addNote(notes, "http.several_hosts");
  const texts = authority === null ? fields : [authority, ...fields];
  const hosts: HttpHost[] = [];
  for (const text of texts.slice(0, 1 + MAX_HOSTS)) {
    const parsed = parseHttpHost(text);
    // An empty Host is right where the target has no authority (RFC 9110 §7.2).
    if (parsed.odd && text !== "") addNote(notes, "http.host_odd");
    if (!hosts.some((host) => host.host === parsed.host)) hosts.push(parsed);
  }
  if (hosts.length > 1) addNote(notes, "http.host_differs");
  return hosts;
}

/** RFC 9112 §6.3: chunked wins over a length, as a proxy reads it. */
function contentFraming(fields: Fields, notes: HttpNote[]): { framing: HttpFraming; contentLength: number } {
  const length = readLength(fields.contentLengths, notes);
  if (fields.transferEncoding !== "") {
    if (fields.contentLengths.length > 0) addNote(notes, "http.length_and_chunked");
    const codings = fields.transferEncoding.split(",").map((coding) => coding.trim().toLowerCase());
    if (codings.at(-1) === "chunked") return { framing: "chunked", contentLength: 0 };
    addNote(notes, "http.transfer_coding_odd");
  }
  return length > 0 ? { framing: "length", contentLength: length } : { framing: "none", contentLength: 0 };
}

/** Equal repetitions are one length (RFC 9110 §8.6); of different ones the first is taken. */
function readLength(values: readonly string[], notes: HttpNote[]): number {
  if (values.length === 0) return 0;
  if (values.length === 1 && LENGTH.test(values[0])) return Number(values[0]);
  const lengths = values.flatMap((value) => value.split(",", MAX_HOSTS)).map((value) => value.trim());
  if (!lengths.every((length) => LENGTH.test(length))) addNote(notes, "http.content_length_bad");
  if (lengths.some((length) => length !== lengths[0])) addNote(notes, "http.content_lengths_differ");
  return LENGTH.test(lengths[0]) ? Number(lengths[0]) : 0;
}
