import { SEVERITIES, type Severity } from "../findings/severity.ts";

/** What a filter looks at; views fill what they know. Lower case. */
export interface FilterSubject {
  /** Inventory name and address. */
  readonly host?: string;
  /** Names and addresses of what was contacted. */
  readonly name?: string;
  readonly port?: number | null;
  readonly proto?: string | null;
  readonly severity?: number;
  readonly kind?: string;
  readonly outcome?: string;
  readonly id?: string;
  readonly acked?: boolean;
}

export type Predicate = (subject: FilterSubject) => boolean;

export interface Filter {
  /** As it was typed. */
  readonly text: string;
  readonly matches: Predicate;
}

/** Lets everything through. */
export const NO_FILTER: Filter = { text: "", matches: () => true };

/** Fields of the filter language, with an example each: for the help. */
export const FILTER_FIELDS: Readonly<Record<string, string>> = {
  host: "host:gpu-01",
  name: "name:*.ai",
  port: "port:443/tcp",
  sev: "sev:high (or worse) sev:=high",
  kind: "kind:dns",
  out: "out:connected",
  id: "id:23d7",
  ack: "ack:no",
};

const OTHER_NAMES: Readonly<Record<string, string>> = {
  source: "host",
  src: "host",
  ip: "name",
  dest: "name",
  severity: "sev",
  outcome: "out",
};

/** A filter that says why it is none. */
export interface FilterProblem {
  readonly problem: string;
}

/** Reads a filter: words and `field:value`, all of which must match; `!` negates, `,` is or, `*` any characters. */
export function parseFilter(text: string): Filter | FilterProblem {
  const parts: Predicate[] = [];
  for (const word of text.toLowerCase().split(/\s+/)) {
    if (word === "" || word === "!") continue;
    const negated = word.startsWith("!");
    const part = parseWord(negated ? word.slice(1) : word);
    if (typeof part === "string") return { problem: part };
    parts.push(negated ? (subject) => !part(subject) : part);
  }
  return { text, matches: (subject) => parts.every((part) => part(subject)) };
}

function parseWord(word: string): Predicate | string {
  const colon = word.indexOf(":");
  // An IPv6 address has colons and is no field.
  if (colon <= 0 || !/^[a-z]+$/.test(word.slice(0, colon)) || isHex(word)) return anywhere(word);
  const typed = word.slice(0, colon);
  const field = OTHER_NAMES[typed] ?? typed;
  const values = word
    .slice(colon + 1)
    .split(",")
    .filter((value) => value !== "");
  const build = FIELDS[field];
  if (build === undefined) return `there is no field ${typed}: ${Object.keys(FILTER_FIELDS).join(", ")}`;
  const parts: Predicate[] = [];
  for (const value of values) {
    const part = build(value);
    if (typeof part === "string") return part;
    parts.push(part);
  }
  return parts.length === 0 ? () => true : (subject) => parts.some((part) => part(subject));
}

function isHex(word: string): boolean {
  return /^[0-9a-f]*:[0-9a-f:*]*$/.test(word) && (word.match(/:/g)?.length ?? 0) > 1;
}

const FIELDS: Readonly<Record<string, (value: string) => Predicate | string>> = {
  host: (value) => (subject) => found(subject.host, value),
  name: (value) => (subject) => found(subject.name, value),
  kind: (value) => (subject) => found(subject.kind, value),
  out: (value) => (subject) => found(subject.outcome, value),
  id: (value) => (subject) => subject.id?.startsWith(value) === true,
  port: (value) => {
    const [, port, proto] = /^(\d*)\/?([a-z\d-]*)$/.exec(value) ?? [];
    if (port === undefined) return `port: expected a number or 443/tcp, not ${value}`;
    return (subject) =>
      (port === "" || subject.port === Number(port)) && (!proto || subject.proto?.startsWith(proto) === true);
  },
  sev: (value) => {
    const exact = value.startsWith("=");
    const name = exact ? value.slice(1) : value;
    const level = SEVERITIES.findIndex((severity: Severity) => name !== "" && severity.startsWith(name));
    if (level < 0) return `sev: expected one of ${SEVERITIES.join(", ")}`;
    return ({ severity }) => severity !== undefined && (exact ? severity === level : severity >= level);
  },
  ack: (value) => {
    const wanted = /^[yn]/.test(value) ? value.startsWith("y") : null;
    if (wanted === null) return "ack: expected yes or no";
    return (subject) => (subject.acked === true) === wanted;
  },
};

function anywhere(word: string): Predicate {
  return ({ host, name, kind, outcome, id, severity }) =>
    found(host, word) ||
    found(name, word) ||
    found(kind, word) ||
    found(outcome, word) ||
    (id?.startsWith(word) ?? false) ||
    (severity !== undefined && SEVERITIES[severity] === word);
}

/** A part of one of the space-separated values or, with `*`, all of one. */
function found(values: string | undefined, wanted: string): boolean {
  if (values === undefined) return false;
  if (!wanted.includes("*")) return values.includes(wanted);
  return values.split(" ").some((value) => isLike(value, wanted));
}

/** Takes each part between asterisks at its first place: that is enough, and never goes back. */
export function isLike(value: string, pattern: string): boolean {
  const parts = pattern.split("*");
  const last = parts.pop() ?? "";
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const place = value.indexOf(part, at);
    if (place < 0 || (i === 0 && place !== 0)) return false;
    at = place + part.length;
  }
  if (parts.length === 0) return value === last;
  return value.length - last.length >= at && value.endsWith(last);
}
