import { hostText, MAX_HOST_OCTETS } from "./escape.ts";
import { latin1 } from "./octet-text.ts";

/** How far a ClientHello could be read. Everything but "ok" is counted by its name. */
export type ClientHelloStatus =
  | "ok"
  | "tls.hello_truncated"
  | "tls.session_id_bad"
  | "tls.cipher_suites_bad"
  | "tls.compression_bad"
  | "tls.extensions_bad"
  | "tls.extension_truncated"
  | "tls.server_name_bad"
  | "tls.alpn_bad"
  | "tls.list_bad";

/** What a ClientHello says (RFC 8446 §4.1.2). Reused by its owner; the lists are not. */
export class ClientHello {
  /** The version field of the message, e.g. 0x0303; 0 when not read. */
  legacyVersion = 0;
  /** The first host name asked for (RFC 6066 §3), lower-case and escaped; "" when there is none. */
  sni = "";
  /** All host names, at most eight: more than one is odd, and each is evidence. */
  names: string[] = [];
  /** A server_name extension is there, whatever is in it. */
  hasServerName = false;
  /** The server_name is not what RFC 6066 allows: several names, another name type, empty, or too long. */
  oddServerName = false;
  /** Protocols offered (RFC 7301 §3.1), one character an octet: escape before showing. */
  alpn: string[] = [];
  supportedVersions: number[] = [];
  cipherSuites: number[] = [];
  /** Extension types in the order of the message. */
  extensions: number[] = [];
  signatureAlgorithms: number[] = [];
  /** encrypted_client_hello (RFC 9849): the name above is only the outer one, or the extension is grease. */
  hasEch = false;
  /** Its predecessor, encrypted_server_name (draft-ietf-tls-esni-02). */
  hasEsni = false;
  /** Any reserved value of RFC 8701 among suites, extensions, versions, algorithms or protocols. */
  hasGrease = false;
}

const RANDOM_LEN = 32;
const MAX_NAMES = 8;
const MAX_ALPN = 64;

export const EXT_SERVER_NAME = 0x0000;
export const EXT_SIGNATURE_ALGORITHMS = 0x000d;
export const EXT_ALPN = 0x0010;
export const EXT_SUPPORTED_VERSIONS = 0x002b;
const EXT_ECH = 0xfe0d;
const EXT_ESNI = 0xffce;

/** Whether `value` is one of the sixteen that clients send to keep servers tolerant (RFC 8701 §2). */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/** Whether the versions of a hello are DTLS's, which count downward (RFC 6347 §4.1). */
export function isDtlsVersion(version: number): boolean {
  return version >> 8 === 0xfe || version === 0x0100;
}

/** The highest version that the client offers, reserved values aside; 0 when none was read. */
export function highestVersion({ legacyVersion, supportedVersions }: ClientHello): number {
  const isDtls = isDtlsVersion(legacyVersion);
  let best = 0;
  for (const version of supportedVersions) {
    if (!isGrease(version) && (best === 0 || version > best !== isDtls)) best = version;
  }
  return best === 0 ? legacyVersion : best;
}

/**
 * ClientHello body view[at, end), without its four octets of handshake header (RFC 8446 §4.1.2; the same
 * shape since SSL 3.0). Facts before a broken field stay, and the status names the field. An extension
 * with broken content does not keep those after it from being read. In DTLS a cookie stands behind the session id
 * (RFC 6347 §4.2.1, RFC 9147 §5.3).
 */
export function readClientHello(
  out: ClientHello,
  view: DataView,
  at: number,
  end: number,
  isDtls = false,
): ClientHelloStatus {
  clearClientHello(out);
  if (end - at < 2) return "tls.hello_truncated";
  out.legacyVersion = view.getUint16(at);
  at += 2 + RANDOM_LEN;
  if (at >= end) return "tls.hello_truncated";
  at += 1 + view.getUint8(at);
  if (isDtls && at >= end) return "tls.session_id_bad";
  if (isDtls) at += 1 + view.getUint8(at);
  if (end - at < 2) return "tls.session_id_bad";
  const suitesEnd = at + 2 + view.getUint16(at);
  const suitesStatus = readUint16List(out, out.cipherSuites, view, at + 2, Math.min(end, suitesEnd));
  if (suitesEnd >= end) return "tls.cipher_suites_bad";
  at = suitesEnd + 1 + view.getUint8(suitesEnd);
  if (at > end) return "tls.compression_bad";
  const note = suitesStatus === "ok" ? "ok" : "tls.cipher_suites_bad"; // an odd length hides no name
  if (at === end) return note; // before TLS 1.3 extensions may be missing
  if (end - at < 2) return "tls.extensions_bad";
  const extensionsEnd = at + 2 + view.getUint16(at);
  const status = readExtensions(out, view, at + 2, Math.min(end, extensionsEnd));
  if (status !== "ok") return status;
  return extensionsEnd === end ? note : "tls.extensions_bad";
}

function clearClientHello(out: ClientHello): void {
  out.legacyVersion = 0;
  out.sni = "";
  out.names = [];
  out.hasServerName = false;
  out.oddServerName = false;
  out.alpn = [];
  out.supportedVersions = [];
  out.cipherSuites = [];
  out.extensions = [];
  out.signatureAlgorithms = [];
  out.hasEch = false;
  out.hasEsni = false;
  out.hasGrease = false;
}

function readExtensions(out: ClientHello, view: DataView, at: number, end: number): ClientHelloStatus {
  let note: ClientHelloStatus = "ok";
  while (at < end) {
    if (end - at < 4) return "tls.extension_truncated";
    const type = view.getUint16(at);
    const dataEnd = at + 4 + view.getUint16(at + 2);
    out.extensions.push(type);
    if (isGrease(type)) out.hasGrease = true;
    // Content is read as far as it goes: a length that lies must not hide a name.
    const status = readExtension(out, type, view, at + 4, Math.min(end, dataEnd));
    if (status !== "ok") note = status;
    if (dataEnd > end) return "tls.extension_truncated";
    at = dataEnd;
  }
  return note;
}

function readExtension(
  out: ClientHello,
  type: number,
  view: DataView,
  at: number,
  end: number,
): ClientHelloStatus {
  switch (type) {
    case EXT_SERVER_NAME:
      out.hasServerName = true;
      return readServerName(out, view, at, end);
    case EXT_ALPN:
      return readAlpn(out, view, at, end);
    case EXT_SUPPORTED_VERSIONS: // RFC 8446 §4.2.1: a length of one octet
      if (at >= end) return "tls.list_bad";
      return readCounted(out, out.supportedVersions, view, at + 1, end, view.getUint8(at));
    case EXT_SIGNATURE_ALGORITHMS: // RFC 8446 §4.2.3
      if (end - at < 2) return "tls.list_bad";
      return readCounted(out, out.signatureAlgorithms, view, at + 2, end, view.getUint16(at));
    case EXT_ECH:
      out.hasEch = true;
      return "ok";
    case EXT_ESNI:
      out.hasEsni = true;
      return "ok";
    default:
      return "ok";
  }
}

/** RFC 6066 §3: a list of typed names; only host_name (0) was ever defined. */
function readServerName(out: ClientHello, view: DataView, at: number, end: number): ClientHelloStatus {
  if (end - at < 2) return "tls.server_name_bad";
  const listEnd = at + 2 + view.getUint16(at);
  const stop = Math.min(end, listEnd);
  at += 2;
  if (at >= stop) out.oddServerName = true;
  while (at < stop) {
    if (stop - at < 3) return "tls.server_name_bad";
    const type = view.getUint8(at);
    const nameAt = at + 3;
    const nameEnd = nameAt + view.getUint16(at + 1);
    if (nameEnd > stop) return "tls.server_name_bad"; // the beginning of a name is another name
    if (type === 0) addName(out, view, nameAt, nameEnd);
    else out.oddServerName = true;
    at = nameEnd;
  }
  return listEnd === end ? "ok" : "tls.server_name_bad";
}

function addName(out: ClientHello, view: DataView, at: number, end: number): void {
  const text = hostText(view, at, end);
  if (text === "" || end - at > MAX_HOST_OCTETS || out.names.length > 0) out.oddServerName = true;
  if (text === "" || out.names.length === MAX_NAMES) return;
  if (out.names.length === 0) out.sni = text;
  out.names.push(text);
}

/** RFC 7301 §3.1. */
function readAlpn(out: ClientHello, view: DataView, at: number, end: number): ClientHelloStatus {
  if (end - at < 2) return "tls.alpn_bad";
  const listEnd = at + 2 + view.getUint16(at);
  const stop = Math.min(end, listEnd);
  at += 2;
  while (at < stop) {
    const protocolEnd = at + 1 + view.getUint8(at);
    if (protocolEnd > stop) return "tls.alpn_bad";
    if (protocolEnd - at === 3 && isGrease(view.getUint16(at + 1))) out.hasGrease = true;
    if (out.alpn.length < MAX_ALPN) out.alpn.push(latin1(view, at + 1, protocolEnd));
    at = protocolEnd;
  }
  return listEnd === end ? "ok" : "tls.alpn_bad";
}

function readCounted(
  out: ClientHello,
  list: number[],
  view: DataView,
  at: number,
  end: number,
  lenBytes: number,
): ClientHelloStatus {
  const status = readUint16List(out, list, view, at, Math.min(end, at + lenBytes));
  return at + lenBytes === end ? status : "tls.list_bad";
}

function readUint16List(
  out: ClientHello,
  list: number[],
  view: DataView,
  at: number,
  end: number,
): ClientHelloStatus {
  for (; end - at >= 2; at += 2) {
    const value = view.getUint16(at);
    if (isGrease(value)) out.hasGrease = true;
    list.push(value);
  }
  return at === end ? "ok" : "tls.list_bad";
}

const SSL2_FIXED_LEN = 9;

/**
 * SSL 2.0 compatible ClientHello view[at, end), after its two octets of record length (RFC 5246 App. E.2).
 * It has no extensions, so no name. Suites of SSL 2.0 itself, which have three octets, are left out.
 */
export function readSsl2ClientHello(
  out: ClientHello,
  view: DataView,
  at: number,
  end: number,
): ClientHelloStatus {
  clearClientHello(out);
  if (end - at < SSL2_FIXED_LEN) return "tls.hello_truncated";
  out.legacyVersion = view.getUint16(at + 1);
  const suitesEnd = at + SSL2_FIXED_LEN + view.getUint16(at + 3);
  for (at += SSL2_FIXED_LEN; at + 3 <= Math.min(end, suitesEnd); at += 3) {
    if (view.getUint8(at) === 0) out.cipherSuites.push(view.getUint16(at + 1));
  }
  return at === suitesEnd ? "ok" : "tls.cipher_suites_bad";
}
