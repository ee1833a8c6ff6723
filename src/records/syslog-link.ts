import { createSocket } from "node:dgram";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { connectUnixDatagram, type UnixDatagram } from "../capture/unix-datagram.ts";
import type { SyslogTarget } from "./syslog-target.ts";

/** A connection that is there. */
export interface SyslogLink {
  /** Sends one message; `done` is told when the kernel has it, or why it has not. */
  send(message: string, done: (error: Error | null) => void): void;
}

/** What becomes of an attempt to connect: ready once, down at most once after or instead. */
export interface LinkEvents {
  ready(link: SyslogLink): void;
  down(error: Error): void;
}

/** How messages are told apart in a stream. */
type Framing = (message: string) => string;

/** RFC 6587 §3.4.1, and RFC 5425 §4.3 for TLS. Messages are ASCII. */
const octetCounting: Framing = (message) => `${message.length} ${message}`;
/** RFC 6587 §3.4.2: what listens on a stream in the file system knows nothing else. */
const lineFeed: Framing = (message) => `${message}\n`;

const CONNECT_TIMEOUT_MS = 10_000;
/** A Unix socket of the other type. */
const WRONG_TYPE = "EPROTOTYPE";

/** Begins to connect; never throws. Nothing is resolved: hosts are addresses. Returns what gives it up. */
export function openLink(target: SyslogTarget, events: LinkEvents): () => void {
  switch (target.transport) {
    case "udp":
      return openUdp(target.host, target.port, events);
    case "tcp": {
      const { host, port } = target;
      return openStream(connect({ host, port }), "connect", octetCounting, events);
    }
    case "tls": {
      const { host, port, ca } = target;
      const options = { host, port, ...(ca === null ? {} : { ca }) };
      return openStream(connectTls(options), "secureConnect", octetCounting, events);
    }
    case "unix":
      return openUnix(target.path, events);
  }
}

function openUdp(host: string, port: number, events: LinkEvents): () => void {
  const socket = createSocket(isIP(host) === 6 ? "udp6" : "udp4");
  const close = once(() => socket.close());
  const report = once(events.down);
  socket.unref();
  socket.on("error", (error) => {
    close();
    report(error);
  });
  socket.on("connect", () => {
    events.ready({ send: (message, done) => socket.send(message, (error) => done(error)) });
  });
  socket.connect(port, host); // so that a refusal that comes back over ICMP is an error here
  return close;
}

function openStream(
  socket: Socket,
  ready: "connect" | "secureConnect",
  frame: Framing,
  events: LinkEvents,
): () => void {
  const report = once(events.down);
  socket.setNoDelay(true);
  socket.unref();
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error("no answer")));
  socket.on("error", report);
  socket.on("close", () => report(new Error("the connection was closed")));
  socket.on("end", () => socket.destroy());
  socket.resume(); // whatever the receiver says is not for us
  socket.on(ready, () => {
    socket.setTimeout(0);
    events.ready({
      send: (message, done) => void socket.write(frame(message), "latin1", (error) => done(error ?? null)),
    });
  });
  return () => void socket.destroy();
}

/** A stream where there is one, else datagrams, as /dev/log mostly is. */
function openUnix(path: string, events: LinkEvents): () => void {
  let isGivenUp = false;
  let close = openStream(connect({ path }), "connect", lineFeed, {
    ready: events.ready,
    down: (error) => {
      const isOther = "code" in error && error.code === WRONG_TYPE;
      if (!isOther || isGivenUp) events.down(error);
      else connectUnixDatagram(path).then(readyForDatagrams, events.down);
    },
  });
  const readyForDatagrams = (socket: UnixDatagram): void => {
    close = once(() => socket.close());
    if (isGivenUp) close();
    else events.ready(datagramLink(socket));
  };
  return () => {
    isGivenUp = true;
    close();
  };
}

function datagramLink(socket: UnixDatagram): SyslogLink {
  return {
    send(message, done) {
      const failure = attempt(() => socket.send(Buffer.from(message)));
      setImmediate(() => done(failure)); // not at once: the next message follows from it
    },
  };
}

function attempt(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function once<T extends unknown[]>(work: (...args: T) => void): (...args: T) => void {
  let isDone = false;
  return (...args) => {
    if (isDone) return;
    isDone = true;
    work(...args);
  };
}
