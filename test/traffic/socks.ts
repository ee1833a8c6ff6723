/** SOCKS messages for tests, whole and well-formed (RFC 1928). */
import { isIP } from "node:net";
import { addressOctets, be, join } from "./octets.ts";

export const SOCKS5_HELLO = Buffer.from([5, 1, 0]);
export const SOCKS5_CHOICE = Buffer.from([5, 0]);
export const SOCKS5_GRANTED = join([5, 0, 0, 1], be(0, 6));
export const SOCKS5_REFUSED = join([5, 2, 0, 1], be(0, 6));

/** A request for "name:port" or "address:port"; `command` 1 is CONNECT. */
export function socks5Request(target: string, command = 1): Buffer {
  return join([5, command, 0], socksTarget(target));
}

/** A reply that grants, with the proxy's own end. */
export function socks5Granted(bound: string): Buffer {
  return join([5, 0, 0], socksTarget(bound));
}

/** Header of a datagram to a relay, and its content. */
export function socksDatagram(target: string, content: Uint8Array): Buffer {
  return join([0, 0, 0], socksTarget(target), content);
}

/** Version 4 for an address, 4a for a name. */
export function socks4Request(target: string): Buffer {
  const { host, port, isName } = split(target);
  const address = isName ? be(1, 4) : addressOctets(host);
  return join([4, 1], be(port, 2), address, "me", [0], isName ? join(host, [0]) : []);
}

export function socks4Answer(granted: boolean): Buffer {
  return join([0, granted ? 90 : 91], be(0, 6));
}

function socksTarget(target: string): Buffer {
  const { host, port, isName } = split(target);
  if (isName) return join([3, host.length], host, be(port, 2));
  return join([host.includes(":") ? 4 : 1], addressOctets(host), be(port, 2));
}

function split(target: string): { host: string; port: number; isName: boolean } {
  const colon = target.lastIndexOf(":");
  const host = target.slice(0, colon).replace(/[[\]]/g, "");
  return { host, port: Number(target.slice(colon + 1)), isName: isIP(host) === 0 };
}
