import type { DnsRecord } from "../names/dns-answers.ts";
import { TYPE_CNAME, TYPE_DNAME, TYPE_MX, TYPE_SRV } from "../names/dns-types.ts";

interface AnswerSaid {
  readonly rcode: number;
  readonly truncated: boolean;
  readonly records: readonly DnsRecord[];
}

/**
 * What an answer says, in an order that does not depend on the resolver's rotation, TTLs aside. One that was cut says
 * something else than a whole one: nobody answers one question in both ways.
 */
export function signatureOf({ rcode, truncated, records }: AnswerSaid): string {
  const said = records.length === 1 ? whatIsSaid(records[0]) : records.map(whatIsSaid).sort().join("\n");
  return `${rcode}${truncated ? " cut" : ""}\n${said}`;
}

function whatIsSaid({ name, type, address, target, hints, text }: DnsRecord): string {
  if (hints.length > 0) return `${name} ${type} ${text} ${hints.map((words) => words.join(".")).join(" ")}`;
  if (address === null) return `${name} ${type} ${target ?? ""} ${text}`;
  return `${name} ${type} ${address[0]}.${address[1]}.${address[2]}.${address[3]}`;
}

/**
 * Whether an answer carries data beside addresses: a name that leads to inside addresses alone says
 * nothing of the outside, but a text or a bare alias came from somewhere.
 */
export function hasOtherData(records: readonly DnsRecord[]): boolean {
  const hasAddress = records.some((r) => r.address !== null);
  return records.some((r) => {
    if (r.address !== null) return false;
    return !hasAddress || (r.type !== TYPE_CNAME && r.type !== TYPE_DNAME);
  });
}

/** Names that offer what was asked for, whose addresses may stand behind the answers (RFC 2782, RFC 9460 §4.1). */
export function servicesOf(records: readonly DnsRecord[]): readonly string[] {
  return records.flatMap(({ type, target, text }) => {
    if (type === TYPE_SRV || type === TYPE_MX) return [text];
    return target === null ? [] : [target];
  });
}
