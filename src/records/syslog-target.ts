import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { systemMessage } from "../capture/system-message.ts";
import { readBounded } from "./bounded-file.ts";

/** Where syslog messages go. */
export type SyslogTarget =
  | { readonly transport: "udp" | "tcp"; readonly host: string; readonly port: number }
  | { readonly transport: "tls"; readonly host: string; readonly port: number; readonly ca: Buffer | null }
  | { readonly transport: "unix"; readonly path: string };

const MAX_CA_MIB = 1;

/** RFC 5426 §3.3, what rsyslog and syslog-ng listen on, RFC 5425 §4.1. */
const DEFAULT_PORTS = { udp: 514, tcp: 514, tls: 6514 } as const;
const EXPECTED = "udp://ADDRESS[:PORT], tcp://ADDRESS[:PORT], tls://ADDRESS[:PORT][?ca=FILE] or unix:///PATH";

/** A syslog URL that cannot be used. The message is for people. */
export class SyslogTargetError extends Error {}

/**
 * Reads a syslog URL. Hosts are addresses: a name would have to be resolved, and this program asks no resolver.
 * Throws SyslogTargetError.
 */
export function parseSyslogTarget(text: string): SyslogTarget {
  const url = URL.canParse(text) ? new URL(text) : null;
  const transport = url?.protocol.slice(0, -1);
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "") throw wrong(text);
  if (transport === "unix") return unixTarget(url, text);
  if (transport !== "udp" && transport !== "tcp" && transport !== "tls") throw wrong(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "" || (url.pathname !== "" && url.pathname !== "/")) throw wrong(text);
  if (isIP(host) === 0) {
    throw new SyslogTargetError(
      `syslog ${text}: ${host} is a name; expected an address, because nothing is resolved here`,
    );
  }
  const port = url.port === "" ? DEFAULT_PORTS[transport] : Number(url.port);
  const ca = url.searchParams.get("ca");
  const parameters = [...url.searchParams.keys()].filter((key) => !(key === "ca" && transport === "tls"));
  if (parameters.length > 0 || port === 0) throw wrong(text);
  if (transport !== "tls") return { transport, host, port };
  return { transport, host, port, ca: ca === null ? null : readCa(ca, text) };
}

function unixTarget(url: URL, text: string): SyslogTarget {
  if (url.host !== "" || url.search !== "" || url.pathname.length < 2) throw wrong(text);
  try {
    return { transport: "unix", path: decodeURIComponent(url.pathname) };
  } catch {
    throw wrong(text); // a % that begins no octet, or octets that are no UTF-8
  }
}

function readCa(path: string, text: string): Buffer {
  try {
    const ca = readBounded(path, MAX_CA_MIB);
    new X509Certificate(ca); // a file that is no certificate shows now
    return ca;
  } catch (error) {
    throw new SyslogTargetError(`syslog ${text}: cannot use ${path}: ${systemMessage(error)}`);
  }
}

function wrong(text: string): SyslogTargetError {
  return new SyslogTargetError(`syslog target is ${JSON.stringify(text)}; expected ${EXPECTED}`);
}

/** A target as its URL, without what only connecting needs. */
export function targetText(target: SyslogTarget): string {
  if (target.transport === "unix") return `unix://${target.path}`;
  const { transport, host, port } = target;
  return `${transport}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
