import { remembering } from "../text-memo.ts";
import { anywhere, inLine, inQuotes, type Reach, without } from "./credential-reach.ts";
import { findTokens } from "./credential-tokens.ts";

/** A credential in a text (one character an octet), from `at` to before `end`. */
export interface Credential {
  /** What it is, in words of ours. */
  readonly kind: string;
  readonly at: number;
  readonly end: number;
  /** People choose it: its end, or much of its hash, would help to guess it. */
  readonly isPassword: boolean;
}

/** A rule by what stands around a credential, which is its pattern's only group. */
interface Rule {
  readonly kind: string;
  /** One of these is in the text, in lower case, or the pattern need not be tried. */
  readonly words: readonly string[];
  /** Four characters, in lower case, of which some stand in all that the pattern matches. */
  readonly signs: readonly string[];
  readonly reach: Reach;
  /** Every repetition is bounded, or ends where none can begin anew. */
  readonly pattern: RegExp;
  readonly isPassword?: true;
  /** The pattern matches for nothing where this one does. */
  readonly unless?: RegExp;
}

/** Headers, parameters, JSON and commands in lines (RFC 959, 1939, 3501, 4616, 4954) that hold credentials. */
export const RULES: readonly Rule[] = [
  {
    kind: "HTTP Basic credentials", // RFC 7617: user and password in base 64
    words: ["basic"],
    signs: ["asic"],
    reach: inLine,
    pattern: /^(?:proxy-)?authorization:[ \t]*basic[ \t]+([a-z0-9+/=_-]{4,4096})/gim,
    isPassword: true,
  },
  {
    kind: "HTTP Bearer token", // RFC 6750
    words: ["authorization:"],
    signs: ["oriz"],
    reach: inLine,
    pattern: /^(?:proxy-)?authorization:[ \t]*(?:bearer|token|apikey)[ \t]+([^\s,;"]{8,8192})/gim,
  },
  {
    kind: "API key in a header",
    words: ["key:", "token:"],
    signs: ["key:", "ken:"],
    reach: inLine,
    pattern:
      /^(?:x-(?:api|auth|access|vault|goog-api|amz-security)-(?:key|token)|api-key|private-token|x-gitlab-token|ocp-apim-subscription-key):[ \t]*([^\s,;"]{8,8192})/gim,
  },
  {
    kind: "console session cookie", // Microsoft Entra, AWS, Google, GitHub, Claude
    words: ["cookie:"],
    signs: ["stsa", "aws-", "pisi", "psid", "r_se", "key="],
    reach: inLine,
    pattern:
      /^cookie:[^\r\n]{0,4096}?(?<![\w-])(?:ESTSAUTH(?:PERSISTENT|LIGHT)?|aws-(?:creds|userInfo-signed)|(?:__Secure-[13]P)?SAPISID|__Secure-[13]PSID|(?:__Host-)?user_session(?:_same_site)?|sessionKey)=([^;\s]{16,8192})/gim,
  },
  {
    kind: "credential in a parameter",
    words: ["token=", "key=", "secret=", "signature="],
    signs: ["key=", "ken=", "ret=", "ure="],
    reach: without(/[&\s#"'<>;]/),
    pattern:
      /(?<![\w-])(?:access_token|refresh_token|id_token|api[-_]?key|client_secret|private_token|x-amz-(?:signature|security-token))=([^&\s#"'<>;]{8,8192})/gi,
  },
  {
    kind: "password in a parameter",
    words: ["passw", "pwd="],
    signs: ["ord=", "swd=", "pwd="],
    reach: without(/[&\s#"'<>;]/),
    pattern: /(?<![\w-])(?:password|passwd|pwd)=([^&\s#"'<>;]{3,512})/gi,
    isPassword: true,
  },
  {
    kind: "credential in JSON",
    words: ['token"', 'key"', 'secret"'],
    signs: ['key"', 'ken"', 'ret"'],
    reach: inQuotes,
    pattern:
      /"(?:access_token|refresh_token|api_?key|client_secret|secret_?(?:access_)?key|private_token)"\s{0,8}:\s{0,8}"([^"\r\n]{8,8192})"/gi,
  },
  {
    kind: "password in JSON",
    words: ['password"', 'passwd"'],
    signs: ['ord"', 'swd"'],
    reach: inQuotes,
    pattern: /"(?:password|passwd)"\s{0,8}:\s{0,8}"([^"\r\n]{3,512})"/gi,
    isPassword: true,
  },
  {
    kind: "password in a URL",
    words: ["@"],
    signs: [], // one character: credential-signs.ts
    reach: without(/[\s@"']/),
    pattern: /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:"']{0,256}:([^\s/@"']{1,512})@/gi,
    isPassword: true,
  },
  {
    kind: "password in a PASS command",
    words: ["pass "],
    signs: ["ass ", "ser "], // USER: it may say that there is none
    reach: inLine,
    pattern: /^PASS[ \t]+([^\r\n]{1,512})/gim,
    isPassword: true,
    unless: /^USER[ \t]+(?:anonymous|ftp)\r?$/im, // RFC 1635
  },
  {
    kind: "IMAP password",
    words: [" login "],
    signs: ["gin "],
    reach: inLine,
    pattern: /^[\w.-]{1,32} LOGIN [^\r\n]{1,256}?[ ]([^\s]{1,512})\r?$/gim,
    isPassword: true,
  },
  {
    kind: "mail credentials",
    words: ["auth"],
    signs: ["uth ", "hent"],
    reach: anywhere,
    pattern:
      /^(?:[\w.-]{1,32} )?AUTH(?:ENTICATE)? (?:PLAIN|XOAUTH2|OAUTHBEARER)(?: |\r?\n)([a-z0-9+/=]{4,4096})\r?$/gim,
    isPassword: true,
  },
  {
    kind: "mail credentials", // the user's name, then the password
    words: ["auth"],
    signs: ["uth ", "hent"],
    reach: anywhere,
    pattern:
      /^(?:[\w.-]{1,32} )?AUTH(?:ENTICATE)? LOGIN(?:[ ]|\r?\n)[a-z0-9+/=]{1,512}\r?\n([a-z0-9+/=]{4,512})\r?$/gim,
    isPassword: true,
  },
];

/** Without one of these words no rule matches. */
const ANY_WORD = new RegExp([...new Set(RULES.flatMap(({ words }) => words))].join("|"), "i");

/** What a text may hold, a bit each: tokens by their format, then what each of RULES finds. */
export const TOKENS = 1;
export const ruleBit = (rule: number): number => 2 << rule;
export const ANYTHING = -1;

/**
 * Credentials in what is said in a text protocol, in order and without overlaps: those that end behind `after`, `most`
 * of each kind. Nothing is looked for but `sorts`.
 */
export function findCredentials(text: string, most = Infinity, sorts = ANYTHING, after = 0): Credential[] {
  const tokens = (sorts & TOKENS) === 0 ? [] : findTokens(text, most, after);
  const found: Credential[] = tokens.map(({ kind, at, end }) => ({ kind, at, end, isPassword: false }));
  if ((sorts & ~TOKENS) === 0) return found;
  if (sorts === ANYTHING && !ANY_WORD.test(text)) return found;
  const lower = sorts === ANYTHING ? text.toLowerCase() : null;
  const line = (sorts & LINE_SORTS) === 0 ? 0 : inLine(text, after);
  for (let i = 0; i < RULES.length; i++) {
    const rule = RULES[i];
    const isMeant = lower === null || rule.words.some((word) => lower.includes(word));
    if (!isMeant || (sorts & ruleBit(i)) === 0 || rule.unless?.test(text) === true) continue;
    const from = rule.reach === inLine ? line : rule.reach(text, after);
    const pattern = from === line && isLine(text, from) ? AT_ONCE[i] : rule.pattern;
    findByRule(found, rule, pattern, text, from, most, after);
  }
  return found.length < 2 ? found : joined(found);
}

/** Rules that look at the beginnings of lines alone; a text that is one line has one. */
const AT_ONCE = RULES.map(({ pattern }) => (pattern.multiline ? new RegExp(pattern, "imy") : pattern));
const LINE_SORTS = RULES.reduce((sorts, { reach }, i) => sorts | (reach === inLine ? ruleBit(i) : 0), 0);

function isLine(text: string, from: number): boolean {
  return text.indexOf("\n", from) < 0 && text.indexOf("\r", from) < 0;
}

function findByRule(
  found: Credential[],
  { kind, isPassword }: Rule,
  pattern: RegExp,
  text: string,
  from: number,
  most: number,
  after: number,
): void {
  pattern.lastIndex = from;
  for (let left = most; left > 0; ) {
    const match = pattern.exec(text);
    if (match === null) break;
    const [whole, secret] = match;
    // What may follow the group (a quote, an at sign, a line's end) is nothing that it can hold.
    const at = match.index + whole.lastIndexOf(secret);
    const end = at + secret.length;
    if (end <= after) continue;
    found.push({ kind, at, end, isPassword: isPassword === true });
    left--;
  }
}

/** Of those that overlap the first found counts, for tokens come before what stands around them; it covers all. */
function joined(found: readonly Credential[]): Credential[] {
  const ranks = new Map(found.map((each, rank) => [each, rank]));
  const kept: Credential[] = [];
  for (const each of [...found].sort((a, b) => a.at - b.at)) {
    const last = kept.at(-1);
    if (last === undefined || each.at >= last.end) {
      kept.push(each);
      ranks.set(each, ranks.get(each) ?? 0);
      continue;
    }
    const better = (ranks.get(each) ?? 0) < (ranks.get(last) ?? 0) ? each : last;
    const whole = { ...better, at: last.at, end: Math.max(last.end, each.end) };
    ranks.set(whole, ranks.get(better) ?? 0);
    kept[kept.length - 1] = whole;
  }
  return kept;
}

const PARAMETER =
  /(?<=[?&;][\w.~-]{0,40}(?:token|key|secret|passw(?:or)?d|pwd|sig|signature|auth|credential|session|code)=)[^&#\s]+/gi;
const USERINFO = /(?<=^[a-z][a-z0-9+.-]{0,20}:\/\/)[^/?#\s]*(?=@)/i;
/** Without a run like this, a parameter or a user a target holds nothing that is masked. */
const MAY_HOLD = /[=@]|[A-Za-z0-9_-]{12}/;
const HIDDEN = "***";

/** The target of a request without what may be a credential in it: more than is called one by the rules above. */
export function hideInTarget(target: string): string {
  if (!MAY_HOLD.test(target)) return target;
  let text = target;
  if (text.includes("@")) text = text.replace(USERINFO, HIDDEN);
  if (text.includes("=")) text = text.replace(PARAMETER, HIDDEN);
  return hideInText(text);
}

/** An authority without the user and password before its host (RFC 3986 §3.2.1). */
export const hideInAuthority: (authority: string) => string = remembering((authority) => {
  if (!MAY_HOLD.test(authority)) return authority;
  const at = authority.lastIndexOf("@");
  return hideInText(at < 0 ? authority : HIDDEN + authority.slice(at));
});

/** A text without the credentials in it. */
export function hideInText(text: string): string {
  const found = findCredentials(text);
  let hidden = "";
  let from = 0;
  for (const { at, end } of found) {
    hidden += `${text.slice(from, at)}${HIDDEN}`;
    from = end;
  }
  return from === 0 ? text : hidden + text.slice(from);
}
