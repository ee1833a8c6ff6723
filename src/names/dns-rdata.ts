import { hideInText } from "./credentials.ts";
import { DnsName, readDnsName } from "./dns-name.ts";
import { TYPE_MX, TYPE_NS, TYPE_PTR, TYPE_SOA, TYPE_SRV, TYPE_TXT } from "./dns-types.ts";
import { escapeText } from "./escape.ts";

/** Text of one record that goes into an event, in octets. */
const MAX_TEXT = 512;

const name = new DnsName();

/**
 * RDATA view[at, end) in the words that an event shows: the name of NS, PTR, MX, SOA (its primary server)
 * and SRV, the strings of TXT. "" for other types and for broken RDATA: it is decoration, no evidence.
 */
export function rdataText(type: number, view: DataView, messageAt: number, at: number, end: number): string {
  switch (type) {
    case TYPE_NS:
    case TYPE_PTR:
    case TYPE_SOA:
      return nameText(view, messageAt, at, end);
    case TYPE_MX: // RFC 1035 §3.3.9: preference first
      return nameText(view, messageAt, at + 2, end);
    case TYPE_SRV: // RFC 2782: priority, weight, port first
      return nameText(view, messageAt, at + 6, end);
    case TYPE_TXT:
      return stringsText(view, at, end);
    default:
      return "";
  }
}

function nameText(view: DataView, messageAt: number, at: number, end: number): string {
  if (at >= end) return "";
  return readDnsName(name, view, messageAt, at, end) === "ok" ? name.text : "";
}

/** Character strings (RFC 1035 §3.3) run together. */
function stringsText(view: DataView, at: number, end: number): string {
  let text = "";
  while (at < end && text.length < MAX_TEXT) {
    const stop = Math.min(end, at + 1 + view.getUint8(at));
    for (let i = at + 1; i < stop; i++) text += String.fromCharCode(view.getUint8(i));
    at = stop;
  }
  return hideInText(escapeText(text, MAX_TEXT));
}
