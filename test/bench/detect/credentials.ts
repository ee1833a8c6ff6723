import { checksum62 } from "../../../src/names/credential-tokens.ts";
import { BASE62, BASE64URL, HEX, type Random } from "./random.ts";

// Credentials of nobody, made when they are needed: what is written here is the shape alone.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const base64url = (text: string): string => Buffer.from(text).toString("base64url");

function checked(prefix: string, random: Random): string {
  const body = random.text(BASE62, 30);
  return `${prefix}${body}${checksum62(body)}`;
}

function jwt(random: Random): string {
  const claims = base64url(JSON.stringify({ sub: random.text(HEX, 12) }));
  return `${base64url('{"alg":"HS256","typ":"JWT"}')}.${claims}.${random.text(BASE64URL, 43)}`;
}

/** Tokens by kind, as the detector names them. */
export const TOKENS: Readonly<Record<string, (random: Random) => string>> = {
  "AWS access key id": (r) => `AKIA${r.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)}`,
  "GitHub token": (r) => checked(r.pick(["ghp_", "gho_", "ghs_"]), r),
  "GitHub fine-grained token": (r) => `github_pat_${r.text(BASE62, 22)}_${r.text(BASE62, 59)}`,
  "npm token": (r) => checked("npm_", r),
  "GitLab token": (r) => `glpat-${r.text(BASE62, 20)}`,
  "Google API key": (r) => `AIza${r.text(BASE62, 35)}`,
  "Slack token": (r) => `xoxb-${r.text("0123456789", 12)}-${r.text("0123456789", 12)}-${r.text(BASE62, 24)}`,
  "OpenAI API key": (r) => `sk-proj-${r.text(BASE62, 60)}T3BlbkFJ${r.text(BASE62, 60)}`,
  "Anthropic API key": (r) => `sk-ant-api03-${r.text(BASE62, 93)}AA`,
  "Hugging Face token": (r) => `hf_${r.text(LETTERS, 34)}`,
  "PyPI token": (r) => `pypi-AgEIcHlwaS5vcmc${r.text(BASE62, 140)}`,
  "Stripe key": (r) => `sk_live_${r.text(BASE62, 24)}`,
  "Docker token": (r) => `dckr_pat_${r.text(BASE62, 27)}`,
  "Vault token": (r) => `hvs.${r.text(BASE62, 90)}`,
  "LangSmith key": (r) => `lsv2_pt_${r.text(HEX, 32)}_${r.text(HEX, 10)}`,
  "Groq API key": (r) => `gsk_${r.text(BASE62, 52)}`,
  "NVIDIA API key": (r) => `nvapi-${r.text(BASE62, 64)}`,
  "JSON web token": jwt,
};

/** What a client says with a credential in it, and what of it nobody may see again. */
export interface Uttered {
  /** Payload of the client, a segment each. */
  readonly says: readonly string[];
  readonly secret: string;
  readonly kind: string;
  readonly port: number;
}

const get = (target: string, headers: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: api.example.net\r\n${headers}\r\n`;
const post = (body: string, type = "application/json"): string =>
  `POST /v1 HTTP/1.1\r\nHost: api.example.net\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** An LDAP simple bind (RFC 4511 §4.2). */
function ldapBind(password: string): string {
  const tagged = (tag: number, content: string): string => String.fromCharCode(tag, content.length) + content;
  const bind = tagged(2, "\x03") + tagged(4, "cn=admin,dc=example") + tagged(0x80, password);
  return tagged(0x30, tagged(2, "\x01") + tagged(0x60, bind));
}

/** Ways in which credentials go in clear, by name. */
export const UTTERANCES: Readonly<Record<string, (random: Random) => Uttered>> = {
  ...Object.fromEntries(
    Object.entries(TOKENS).map(([kind, make]) => [
      `${kind} in a body`,
      (random: Random): Uttered => {
        const secret = make(random);
        return { says: [post(`{"model":"x","note":"${secret}"}`)], secret, kind, port: 80 };
      },
    ]),
  ),
  "HTTP Basic": (r) => {
    const secret = base64(`svc-backup:${r.text(BASE62, 12)}`);
    return {
      says: [get("/", `Authorization: Basic ${secret}\r\n`)],
      secret,
      kind: "HTTP Basic credentials",
      port: 80,
    };
  },
  "HTTP Bearer": (r) => {
    const secret = r.text(BASE62, 40);
    return {
      says: [get("/", `authorization: Bearer ${secret}\r\n`)],
      secret,
      kind: "HTTP Bearer token",
      port: 8080,
    };
  },
  "HTTP Bearer over three segments": (r) => {
    const secret = r.text(BASE62, 40);
    const text = get("/", `Authorization: Bearer ${secret}\r\nAccept: */*\r\n`);
    const at = text.indexOf(secret);
    const says = [text.slice(0, at + 7), text.slice(at + 7, at + 19), text.slice(at + 19)];
    return { says, secret, kind: "HTTP Bearer token", port: 80 };
  },
  "a header of its own": (r) => {
    const secret = r.text(BASE62, 32);
    return { says: [get("/", `X-Api-Key: ${secret}\r\n`)], secret, kind: "API key in a header", port: 80 };
  },
  "a query string": (r) => {
    const secret = r.text(BASE62, 32);
    return {
      says: [get(`/v1?q=1&access_token=${secret}&z=2`, "")],
      secret,
      kind: "credential in a parameter",
      port: 80,
    };
  },
  "a token in a path": (r) => {
    const secret = TOKENS["GitHub token"](r);
    return { says: [get(`/hook/${secret}/x`, "")], secret, kind: "GitHub token", port: 80 };
  },
  "a form": (r) => {
    const secret = r.text(BASE62, 12);
    const says = [post(`user=admin&password=${secret}`, "application/x-www-form-urlencoded")];
    return { says, secret, kind: "password in a parameter", port: 80 };
  },
  "a password in a URL": (r) => {
    const secret = r.text(BASE62, 14);
    const says = [post(`{"repo":"https://ci:${secret}@git.example.net/x.git"}`)];
    return { says, secret, kind: "password in a URL", port: 80 };
  },
  "a private key": (r) => {
    const secret = r.text(BASE62, 64);
    const pem = ["-----BEGIN", "PRIVATE KEY-----\n"].join(" ");
    return { says: [post(`${pem}${secret}\n-----END`)], secret, kind: "private key", port: 80 };
  },
  "a console cookie": (r) => {
    const secret = r.text(BASE62, 60);
    const says = [get("/", `Cookie: theme=dark; ESTSAUTHPERSISTENT=${secret}; x=1\r\n`)];
    return { says, secret, kind: "console session cookie", port: 80 };
  },
  FTP: (r) => {
    const secret = r.text(BASE62, 12);
    return {
      says: ["USER backup\r\n", `PASS ${secret}\r\n`],
      secret,
      kind: "password in a PASS command",
      port: 21,
    };
  },
  "SMTP AUTH PLAIN": (r) => {
    const secret = base64(`\0agent\0${r.text(BASE62, 12)}`);
    return { says: ["EHLO a\r\n", `AUTH PLAIN ${secret}\r\n`], secret, kind: "mail credentials", port: 25 };
  },
  "SMTP AUTH LOGIN": (r) => {
    const secret = base64(r.text(BASE62, 12));
    const says = ["EHLO a\r\n", "AUTH LOGIN\r\n", `${base64("agent")}\r\n`, `${secret}\r\n`];
    return { says, secret, kind: "mail credentials", port: 25 };
  },
  IMAP: (r) => {
    const secret = r.text(BASE62, 12);
    return { says: [`a1 LOGIN agent ${secret}\r\n`], secret, kind: "IMAP password", port: 143 };
  },
  SOCKS: (r) => {
    const secret = r.text(BASE62, 12);
    const greeting = "\x05\x01\x02";
    return { says: [greeting, `\x01\x05agent\x0c${secret}`], secret, kind: "SOCKS password", port: 1080 };
  },
  LDAP: (r) => {
    const secret = r.text(BASE62, 12);
    return { says: [ldapBind(secret)], secret, kind: "LDAP password", port: 389 };
  },
};

/** What looks like credentials and is none. */
export const INNOCENT: Readonly<Record<string, (random: Random) => readonly string[]>> = {
  "a plain request": () => [get("/index.html?page=2&sort=key", "User-Agent: curl/7.88.1\r\nAccept: */*\r\n")],
  "a GitHub token with a wrong checksum": (r) => [post(`{"a":"ghp_${r.text(BASE62, 36)}"}`)],
  Digest: (r) => [get("/", `Authorization: Digest username="x", response="${r.text(HEX, 32)}"\r\n`)],
  hashes: (r) => [post(`{"sha256":"${r.text(HEX, 64)}","id":"${r.text(HEX, 32)}"}`)],
  "words with prefixes": () => [
    post('{"a":"task-management-and-disk-encryption-of-the-whole-fleet","b":"ask-anything"}'),
  ],
  "anonymous FTP": () => ["USER anonymous\r\n", "PASS guest@example.org\r\n"],
  "source code": () => [post('{"code":"const password = readPassword(); if (token === key) return;"}')],
  "a public certificate": (r) => [post(`-----BEGIN ${"CERTIFICATE"}-----\n${r.text(BASE62, 64)}\n`)],
  "binary data": (r) => [Buffer.from(r.octets(2000)).toString("latin1")],
  "an LDAP search": () => ["0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00"],
  cookies: (r) => [get("/", `Cookie: theme=dark; lang=en; visit=${r.text(HEX, 16)}\r\n`)],
  "a chat": () => [
    post('{"messages":[{"role":"user","content":"my password: is it safe to say? pass it on"}]}'),
  ],
};
