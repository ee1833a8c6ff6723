import { latin1 } from "./octet-text.ts";
import type { ProxyErrand } from "./proxy-errand.ts";
import { ATYP_IPV4, ATYP_IPV6, ATYP_NAME, destination, words } from "./socks-address.ts";

/** Where a datagram goes, and where its content begins. */
export interface SocksDatagram extends ProxyErrand {
  readonly contentAt: number;
  /** A piece of one; hardly a relay takes those. */
  readonly isFragment: boolean;
}

/**
 * The datagram view[at, end) that a client gives its SOCKS relay, or gets from it (RFC 1928 §7): where it goes,
 * or comes from. Null when it is none.
 */
export function readSocksDatagram(view: DataView, at: number, end: number): SocksDatagram | null {
  if (end - at < 7 || view.getUint16(at) !== 0) return null;
  const atyp = view.getUint8(at + 3);
  const addressAt = atyp === ATYP_NAME ? at + 5 : at + 4;
  const lenBytes =
    atyp === ATYP_IPV4 ? 4 : atyp === ATYP_IPV6 ? 16 : atyp === ATYP_NAME ? view.getUint8(at + 4) : 0;
  const stop = addressAt + lenBytes;
  if (lenBytes === 0 || end - stop < 2) return null;
  const target = atyp === ATYP_NAME ? latin1(view, addressAt, stop) : words(view, addressAt, stop);
  return {
    ...destination(target),
    port: view.getUint16(stop),
    isUdp: true,
    opensTunnel: false,
    ownsConnection: false,
    hasContent: end - stop > 2,
    contentAt: stop + 2,
    isFragment: view.getUint8(at + 2) !== 0,
  };
}
