import { DnsName, type DnsNameStatus, readDnsName } from "./dns-name.ts";
import { escapeText } from "./escape.ts";
import { latin1 } from "./octet-text.ts";

/** Service parameters (RFC 9460 §14.3.2, RFC 9461 §5). */
const KEY_ALPN = 1;
const KEY_PORT = 3;
const KEY_IPV4_HINT = 4;
const KEY_ECH = 5;
const KEY_IPV6_HINT = 6;
const KEY_DOH_PATH = 7;
const MAX_HINTS = 64;
const MAX_TEXT = 512;

/** What a record of type SVCB or HTTPS says. Reused by its owner; the list is not. */
export class Svcb {
  /** Another name that offers the service, or stands for it in AliasMode; null where it is the owner, or none. */
  target: string | null = null;
  /** Addresses of the target, as four words each. */
  hints: Int32Array[] = [];
  /** All but the hints, in the form of a zone file. */
  text = "";
}

const name = new DnsName();

/** RDATA view[at, end) of SVCB or HTTPS (RFC 9460 §2.2). What stands before a break is delivered. */
export function readSvcb(
  out: Svcb,
  view: DataView,
  messageAt: number,
  at: number,
  end: number,
): DnsNameStatus | "dns.rdata_bad" {
  out.target = null;
  out.hints = [];
  out.text = "";
  if (end - at < 3) return "dns.rdata_bad";
  const status = readDnsName(name, view, messageAt, at + 2, end);
  if (name.text !== "") out.target = name.text; // "." is the owner, or in AliasMode no service (§2.5)
  out.text = `${view.getUint16(at)} ${name.text}.`;
  if (status !== "ok") return status;
  for (at = name.next; end - at >= 4; ) {
    const valueAt = at + 4;
    const valueEnd = valueAt + view.getUint16(at + 2);
    if (valueEnd > end) return "dns.rdata_bad";
    readParameter(out, view, view.getUint16(at), valueAt, valueEnd);
    at = valueEnd;
  }
  return at === end ? "ok" : "dns.rdata_bad";
}

function readParameter(out: Svcb, view: DataView, key: number, at: number, end: number): void {
  if (key === KEY_ALPN) out.text += ` alpn=${protocols(view, at, end)}`;
  else if (key === KEY_PORT && end - at === 2) out.text += ` port=${view.getUint16(at)}`;
  else if (key === KEY_ECH) out.text += " ech";
  else if (key === KEY_DOH_PATH) out.text += ` dohpath=${escapeText(latin1(view, at, end), MAX_TEXT)}`;
  else if (key === KEY_IPV4_HINT) {
    for (; end - at >= 4 && out.hints.length < MAX_HINTS; at += 4) {
      out.hints.push(Int32Array.of(0, 0, 0xffff, view.getInt32(at)));
    }
  } else if (key === KEY_IPV6_HINT) {
    for (; end - at >= 16 && out.hints.length < MAX_HINTS; at += 16) {
      out.hints.push(Int32Array.from({ length: 4 }, (_, i) => view.getInt32(at + 4 * i)));
    }
  }
}

/** Protocol ids (§7.1.1), each with its length before it. */
function protocols(view: DataView, at: number, end: number): string {
  const ids: string[] = [];
  while (at < end && ids.length < MAX_HINTS) {
    const stop = Math.min(end, at + 1 + view.getUint8(at));
    ids.push(latin1(view, at + 1, stop));
    at = stop;
  }
  return escapeText(ids.join(","), MAX_TEXT);
}
