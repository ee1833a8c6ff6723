import { crc32 } from "node:zlib";
import { without } from "./credential-reach.ts";

/** Base 62 as GitHub's and npm's checksums are written. */
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM_CHARS = 6;

/** A format of tokens: what it is called, how it is written, and what else must hold. */
interface TokenFormat {
  readonly kind: string;
  /** Regular expression without capturing groups, every repetition bounded. */
  readonly pattern: string;
  /** The same for octets of any sort, where it is another. */
  readonly anywhere?: string;
  readonly isSound?: (token: string) => boolean;
}

/**
 * Begins a token whose characters can begin it again: without it `eyJ-eyJ-eyJ` would be looked through from each
 * of its beginnings to its end.
 */
const RUN_START = "(?<![A-Za-z0-9_-])";
/** Octets that look like the run's own and are not. */
const STRAY = "[A-Za-z0-9_-]{0,8}?";
const OPENAI_KEY = "sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,100}?T3BlbkFJ[A-Za-z0-9_-]{20,100}";
const JSON_WEB_TOKEN = "eyJ[A-Za-z0-9_-]{8,2048}\\.eyJ[A-Za-z0-9_-]{4,8192}\\.[A-Za-z0-9_-]{16,1024}";

/**
 * Formats that providers document, or that their tokens are known by: a prefix and a length, and a checksum where
 * there is one. The longest tokens are bounded so that no text takes more than linear time.
 */
const FORMATS: readonly TokenFormat[] = [
  { kind: "AWS access key id", pattern: "A(?:KIA|SIA)[A-Z2-7]{16}" },
  // 30 characters and their CRC-32: github.blog, "Behind GitHub's new authentication token formats" (2021).
  { kind: "GitHub token", pattern: "gh[pousr]_[A-Za-z0-9]{36}", isSound: hasChecksum },
  { kind: "GitHub fine-grained token", pattern: "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}" },
  { kind: "npm token", pattern: "npm_[A-Za-z0-9]{36}", isSound: hasChecksum }, // the same, announced 2021-09-23
  { kind: "GitLab token", pattern: "glpat-[A-Za-z0-9_-]{20,64}" },
  { kind: "Google API key", pattern: "AIza[A-Za-z0-9_-]{35}" },
  { kind: "Google OAuth client secret", pattern: "GOCSPX-[A-Za-z0-9_-]{28}" },
  { kind: "Google access token", pattern: "ya29\\.[A-Za-z0-9_-]{30,2048}" },
  { kind: "Slack token", pattern: "xox[abeoprs]-(?:[A-Za-z0-9]{1,32}-){0,4}[A-Za-z0-9]{10,256}" },
  { kind: "Slack app token", pattern: "xapp-\\d-[A-Z0-9]{5,20}-\\d{5,20}-[a-z0-9]{30,80}" },
  {
    kind: "Slack webhook",
    pattern: "hooks\\.slack\\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,32}",
  },
  // "OpenAI" in base 64 stands in the middle.
  {
    kind: "OpenAI API key",
    pattern: RUN_START + OPENAI_KEY,
    anywhere: RUN_START + STRAY + OPENAI_KEY,
  },
  { kind: "Anthropic API key", pattern: "sk-ant-[a-z]{2,8}\\d{2}-[A-Za-z0-9_-]{40,160}" },
  { kind: "Hugging Face token", pattern: "(?:hf_|api_org_)[A-Za-z]{34}" },
  // "pypi.org" in a macaroon in base 64.
  { kind: "PyPI token", pattern: "pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,512}" },
  { kind: "Stripe key", pattern: "[sr]k_(?:live|test)_[A-Za-z0-9]{16,128}" },
  { kind: "Docker token", pattern: "dckr_[po]at_[A-Za-z0-9_-]{24,64}" },
  { kind: "Vault token", pattern: "hv[sbr]\\.[A-Za-z0-9_-]{24,512}" },
  { kind: "SendGrid key", pattern: "SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}" },
  { kind: "LangSmith key", pattern: "lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}" },
  { kind: "Groq API key", pattern: "gsk_[A-Za-z0-9]{52}" },
  { kind: "NVIDIA API key", pattern: "nvapi-[A-Za-z0-9_-]{60,80}" },
  { kind: "xAI API key", pattern: "xai-[A-Za-z0-9]{80}" },
  { kind: "Replicate token", pattern: "r8_[A-Za-z0-9]{37}" },
  { kind: "Perplexity API key", pattern: "pplx-[A-Za-z0-9]{48}" },
  { kind: "Databricks token", pattern: "dapi[a-f0-9]{32}" },
  { kind: "DigitalOcean token", pattern: "do[por]_v1_[a-f0-9]{64}" },
  { kind: "Azure storage key", pattern: "AccountKey=[A-Za-z0-9+/]{86}==" },
  {
    kind: "private key",
    pattern: "-----BEGIN [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\\s]{0,16384}",
  },
  // RFC 7519 §3: header, claims and signature in base 64.
  {
    kind: "JSON web token",
    pattern: RUN_START + JSON_WEB_TOKEN,
    anywhere: RUN_START + STRAY + JSON_WEB_TOKEN,
    isSound: isJwt,
  },
];

/** A run that all of them have, or how a key in a file begins: most short texts have neither, and that is soon seen. */
const MAY_BE_TOKEN = /[A-Za-z0-9_+/-]{12}|-----BEGIN/;
/** In longer ones it is no sooner seen than a token's first characters. */
const MAX_SHORT = 256;
const ANY = `(?:${FORMATS.map(({ pattern }) => `(${pattern})`).join("|")})`;
const WHOLE = new RegExp(`(?<![A-Za-z0-9])${ANY}`, "g");
const ANYWHERE = new RegExp(FORMATS.map(({ pattern, anywhere }) => anywhere ?? pattern).join("|"), "g");

/** A token in a text, from `at` to before `end`. */
export interface FoundToken {
  readonly kind: string;
  readonly at: number;
  readonly end: number;
}

/** Tokens of known formats in `text` (one character an octet), in order: those that end behind `after`, `most` of them. */
export function findTokens(text: string, most = Infinity, after = 0): FoundToken[] {
  const found: FoundToken[] = [];
  if (text.length <= MAX_SHORT && !MAY_BE_TOKEN.test(text)) return found;
  WHOLE.lastIndex = inToken(text, after);
  while (found.length < most) {
    const match = WHOLE.exec(text);
    if (match === null) break;
    const format = FORMATS[match.findIndex((group, i) => i > 0 && group !== undefined) - 1];
    const [token] = match;
    const end = match.index + token.length;
    if (end <= after || format.isSound?.(token) === false) continue;
    found.push({ kind: format.kind, at: match.index, end });
  }
  return found;
}

const KEY_HEAD = "-----BEGIN";
const inRun = without(/[^A-Za-z0-9_.+/=-]/);

/** A private key goes over several lines; nothing else has characters like those around it. */
function inToken(text: string, at: number): number {
  if (at === 0) return 0;
  const key = text.includes(KEY_HEAD) ? text.lastIndexOf(KEY_HEAD, at - 1) : -1;
  const run = inRun(text, at);
  return key < 0 ? run : Math.min(key, run);
}

/** The same in octets of any sort, where the one before a token may look like a letter; whatever their checksum. */
export function findTokensAnywhere(octets: string): { readonly at: number; readonly end: number }[] {
  return [...octets.matchAll(ANYWHERE)].map(({ index, 0: token }) => ({
    at: index,
    end: index + token.length,
  }));
}

/** The last six characters are the CRC-32 of those between the prefix and them. */
function hasChecksum(token: string): boolean {
  const body = token.slice(token.indexOf("_") + 1, -CHECKSUM_CHARS);
  return checksum62(body) === token.slice(-CHECKSUM_CHARS);
}

/** CRC-32 of a text in six characters of base 62. */
export function checksum62(body: string): string {
  let left = crc32(body);
  let text = "";
  for (let i = 0; i < CHECKSUM_CHARS; i++) {
    text = BASE62[left % 62] + text;
    left = Math.floor(left / 62);
  }
  return text;
}

function isJwt(token: string): boolean {
  const header = Buffer.from(token.slice(0, token.indexOf(".")), "base64url").toString("latin1");
  return header.startsWith("{") && header.includes('"alg"');
}
