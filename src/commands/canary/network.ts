import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, createServer, isIP, isIPv6, type Server } from "node:net";
import type { Place } from "./token.ts";

/** Before the kernel repeats a SYN (RFC 6298 section 2.1: after a second): each probe is sent once. */
const SYN_MS = 500;
const INSIDE_MS = 2000;
/** Any alert will do (RFC 8446 section 6): the responder has no certificate. handshake_failure, fatal. */
const ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

/** A path that a probe could not take from this host. The message is the system's. */
export class ProbeError extends Error {}

/** Where to reach a host. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Whether this host has a way to an outside address at all. Sends nothing: the system only looks up the route. */
export function hasRoute(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const done = (found: boolean): void => {
      socket.close();
      resolve(found);
    };
    socket.once("error", () => done(false));
    socket.once("connect", () => done(true));
    socket.connect(9, address);
  });
}

/** Sends one datagram. Throws ProbeError. */
export function sendDatagram({ address, port }: Endpoint, octets: Uint8Array, sourcePort = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const done = (error: Error | null): void => {
      socket.close();
      if (error === null) resolve();
      else reject(new ProbeError(error.message));
    };
    socket.once("error", done);
    socket.bind(sourcePort, () => {
      socket.removeAllListeners("error");
      socket.once("error", () => {}); // an answer that says unreachable
      socket.send(octets, port, address, (error) => done(error));
    });
  });
}

/** Sends one SYN, whatever becomes of it. Throws ProbeError where it cannot be sent. */
export function sendSyn({ address, port, sourcePort }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, localPort: sourcePort });
    const timer = setTimeout(() => done(null), SYN_MS);
    const done = (error: NodeJS.ErrnoException | null): void => {
      clearTimeout(timer);
      socket.destroy();
      // Refused or unreachable is an answer to the SYN, which therefore was sent.
      const isSent = error === null || error.code === "ECONNREFUSED" || error.code === "EHOSTUNREACH";
      if (isSent) resolve();
      else reject(new ProbeError(error.message));
    };
    socket.once("error", done);
    socket.once("connect", () => done(null));
  });
}

/** Speaks to a responder inside. Throws ProbeError where nobody answers. */
export function speakTo({ address, port }: Endpoint, octets: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    socket.setTimeout(INSIDE_MS, () => socket.destroy(new Error("nobody answers")));
    socket.once("error", (error) => reject(new ProbeError(error.message)));
    socket.once("connect", () => socket.write(octets));
    socket.once("data", () => socket.end());
    socket.once("close", () => resolve());
  });
}

/** Answers every ClientHello with an alert. */
export function respondAt({ address, port }: Endpoint): Promise<Server> {
  const server = createServer((socket) => {
    socket.setTimeout(INSIDE_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(ALERT));
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new ProbeError(error.message)));
    server.listen(port, address, () => resolve(server));
  });
}

export function hasPing(): boolean {
  return spawnSync("ping", ["-V"], { stdio: "ignore" }).status === 0;
}

/** Sends one ping that is filled with a pattern of at most 16 octets. Throws ProbeError. */
export function ping(address: string, pattern: Uint8Array): Promise<void> {
  const family = isIPv6(address) ? "-6" : "-4";
  const hex = Buffer.from(pattern).toString("hex");
  const child = spawn("ping", [family, "-n", "-c", "1", "-W", "1", "-p", hex, address], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data) => {
    said += data;
  });
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new ProbeError(error.message)));
    // 1: no answer, which is the point.
    child.once("close", (code) => {
      if (code === 0 || code === 1) resolve();
      else reject(new ProbeError(said.trim().split("\n")[0]));
    });
  });
}

/** The first name server of this host's own configuration that is not on this host itself; null for none. */
export function configuredResolver(path = "/etc/resolv.conf"): string | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const servers = text.split("\n").flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  return servers.find((each) => isIP(each) !== 0 && !each.startsWith("127.") && each !== "::1") ?? null;
}
