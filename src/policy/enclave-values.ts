import * as z from "zod/mini";
import {
  BUDGET_EXPECTED,
  DURATION_EXPECTED,
  parseBudget,
  parseDuration,
  parseSize,
  SIZE_EXPECTED,
} from "./amount.ts";
import { EXPIRY_EXPECTED, parseExpiry } from "./expiry.ts";
import { HOURS_EXPECTED, parseHours } from "./hours.ts";
import { NAME_EXPECTED, PATTERN_EXPECTED, parseName, parseNamePattern } from "./name-pattern.ts";
import type { NamePattern } from "./name-set.ts";
import { PORT_EXPECTED, parsePort } from "./ports.ts";
import { isFault, type Prefix, parsePrefix } from "./prefix.ts";
import { isListedSuffix, isPublicSuffix } from "./public-suffix.ts";
import { described } from "./shape-words.ts";

// The texts of an enclave file: each is a string for the JSON Schema and a parsed value for us.
// The message of a wrong type, and `params.expected` of a wrong text, say what is expected.

// Compiling a validator costs more than one small file can give back.
z.config({ jitless: true });

/** Adds an issue to the context of a transform. */
type Refuse = (message: string, expected: string) => typeof z.NEVER;

function text<T>(expected: string, parse: (text: string, refuse: Refuse) => T) {
  const parsed = z.transform((input: string, ctx): T => {
    return parse(input, (message, wanted) => {
      ctx.issues.push({ code: "custom", message, params: { expected: wanted }, input });
      return z.NEVER;
    });
  });
  return z.pipe(described(z.string(expected), `Expected: ${expected}`), parsed);
}

const PREFIX_EXPECTED = "an address or a CIDR prefix such as 10.20.0.0/16";
const ADDRESS_EXPECTED = "an address such as 10.20.0.53";
const TO_EXPECTED = "an address, a CIDR prefix, a name, or *.name";

function readPrefix(input: string, refuse: Refuse): Prefix {
  const prefix = parsePrefix(input);
  return isFault(prefix) ? refuse(prefix.message, prefix.expected) : prefix;
}

/** `*.com` and `*.s3.amazonaws.com` would hand the rule to everybody who can register a name there. */
function readPattern(input: string, expected: string, refuse: Refuse): NamePattern {
  const pattern = parseNamePattern(input);
  if (pattern === null) return refuse(`${JSON.stringify(input)} is no name`, expected);
  if (pattern.below && isPublicSuffix(pattern.name)) {
    const message = `${JSON.stringify(input)} is a wildcard over a public suffix: anybody can register there`;
    return refuse(message, "a wildcard below a registered domain, such as *.updates.example.org");
  }
  return pattern;
}

/** `com` among the enclave's own names would make half of the world inside. */
function readSuffix(input: string, name: string | null, refuse: Refuse): string {
  if (name === null) return refuse(`${JSON.stringify(input)} is no name`, NAME_EXPECTED);
  if (isListedSuffix(name)) {
    const message = `${JSON.stringify(input)} is a public suffix: names of strangers end in it`;
    return refuse(message, "a suffix of your own, such as enclave.internal");
  }
  return name;
}

export const prefix = text(PREFIX_EXPECTED, readPrefix);

export const address = text(ADDRESS_EXPECTED, (input, refuse) => {
  if (input.includes("/")) return refuse(`${JSON.stringify(input)} is no address`, ADDRESS_EXPECTED);
  return readPrefix(input, refuse);
});

/** The outside party of a rule: what cannot be a name is read as a prefix. */
export const party = text(TO_EXPECTED, (input, refuse): Prefix | NamePattern => {
  const numeric = /[/:]|(^|\.)[0-9]+$/.test(input);
  const isNameAndMore = numeric && /[g-z]/i.test(input); // with a port or a scheme, perhaps
  if (isNameAndMore) return refuse(`${JSON.stringify(input)} is no name`, TO_EXPECTED);
  return numeric ? readPrefix(input, refuse) : readPattern(input, TO_EXPECTED, refuse);
});

export const namePattern = text(PATTERN_EXPECTED, (input, refuse) => {
  return readPattern(input, PATTERN_EXPECTED, refuse);
});

export const ownSuffix = text(NAME_EXPECTED, (input, refuse) => readSuffix(input, parseName(input), refuse));

const SEARCH_EXPECTED = "a suffix such as enclave.internal, or *.svc.cluster.local for one more label";

export const searchSuffix = text(SEARCH_EXPECTED, (input, refuse) => {
  const pattern = parseNamePattern(input);
  if (pattern === null) return refuse(`${JSON.stringify(input)} is no search suffix`, SEARCH_EXPECTED);
  const name = readSuffix(input, pattern.name, refuse);
  return pattern.below ? `*.${name}` : name;
});

export const port = text(PORT_EXPECTED, (input, refuse) => {
  const range = parsePort(input);
  return typeof range === "string" ? refuse(range, PORT_EXPECTED) : range;
});

export const hours = text(HOURS_EXPECTED, (input, refuse) => {
  const parsed = parseHours(input);
  return typeof parsed === "string" ? refuse(parsed, HOURS_EXPECTED) : parsed;
});

export const duration = text(DURATION_EXPECTED, (input, refuse) => {
  return parseDuration(input) ?? refuse(`${JSON.stringify(input)} is no duration`, DURATION_EXPECTED);
});

export const size = text(SIZE_EXPECTED, (input, refuse) => {
  return parseSize(input) ?? refuse(`${JSON.stringify(input)} is no size`, SIZE_EXPECTED);
});

export const budget = text(BUDGET_EXPECTED, (input, refuse) => {
  const bytes = parseBudget(input);
  if (bytes === null) return refuse(`${JSON.stringify(input)} is no daily budget`, BUDGET_EXPECTED);
  return { text: input, bytes };
});

export const expiry = text(EXPIRY_EXPECTED, (input, refuse) => {
  const expiresSec = parseExpiry(input);
  if (expiresSec === null) return refuse(`${JSON.stringify(input)} is no date`, EXPIRY_EXPECTED);
  return { text: input, expiresSec };
});

const ID_EXPECTED = "1 to 64 letters, digits, dots, dashes and underscores";

/** Rule ids stand in logs, reports and shell commands. */
export const ruleId = text(ID_EXPECTED, (input, refuse) => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(input)) return input;
  return refuse(`${JSON.stringify(input)} is no rule id`, ID_EXPECTED);
});

const LINE_EXPECTED = "one line of text, 1 to 500 characters";

/** Words for people: printed in reports and on terminals. */
export const line = text(LINE_EXPECTED, (input, refuse) => {
  if (/^[^\p{Cc}\p{Cf}\u2028\u2029]{1,500}$/u.test(input) && input.trim() !== "") return input;
  return refuse(`${JSON.stringify(input)} is no line of text`, LINE_EXPECTED);
});
