import { isEncryptedResolver, isEncryptedResolverAddress } from "../catalogue/encrypted-resolvers.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, initiatorOf, portOf } from "../flow/flow-view.ts";
import type { HttpRequest } from "../names/http-head.ts";
import { formatAddress } from "../policy/address-text.ts";

/** DNS over TLS (RFC 7858 §3.1), over DTLS (RFC 8094 §3.1), over QUIC (RFC 9250 §4.1.1). */
const PORT_ENCRYPTED_DNS = 853;
const PORT_HTTPS = 443;
/** ALPN of DNS over TLS (IANA) and over QUIC (RFC 9250 §4.1, and its drafts). */
const ALPN = /^(dot|doq|doq-i\d\d)$/;
/** RFC 8484 §4.1, §6; RFC 9230 §6.2. */
const CONTENT = /^application\/(oblivious-)?dns-message\b/;
const PATH = /^\/dns-query([?/]|$)/;

/** Whether a flow whose responder is outside is DNS under encryption, by who is asked: `name`, or its address. */
export function asksEncryptedResolver(table: FlowTable, row: number, name: string | null): boolean {
  const responder: End = initiatorOf(table, row) === 0 ? 1 : 0;
  const port = portOf(table, row, responder);
  if (port === PORT_ENCRYPTED_DNS) return true;
  if (name !== null) return isEncryptedResolver(name);
  return port === PORT_HTTPS && isEncryptedResolverAddress(formatAddress(addressOf(table, row, responder)));
}

/** Whether a ClientHello in the flow, sent by `from`, begins DNS: by its port or by what it offers. */
export function helloBeginsDns(table: FlowTable, row: number, from: End, alpn: readonly string[]): boolean {
  if (portOf(table, row, from === 0 ? 1 : 0) === PORT_ENCRYPTED_DNS) return true;
  return alpn.some((protocol) => ALPN.test(protocol));
}

/** Whether a readable request asks DNS (RFC 8484 §4.1). */
export function requestAsksDns({ path, contentType }: HttpRequest): boolean {
  return PATH.test(path) || CONTENT.test(contentType);
}
