import { effectiveCapabilities, loadPrivilegeCalls, type PrivilegeCalls } from "./capabilities.ts";
import { CaptureError } from "./frame-source.ts";
import { loadLibc } from "./libc.ts";
import { openPacketSocket, PacketSocket } from "./packet-socket.ts";

/**
 * Descriptors by interface name, as a JSON object: a number, or several in an array. From this program's
 * privileged start, or another parent.
 */
const VARIABLE = "GAPWATCH_SOCKETS";
/** Enough to learn whether there can be a ring. */
const PROBE_BLOCKS = 2;

/** Open packet sockets by the interface that they are for. */
export type HandedSockets = ReadonlyMap<string, readonly number[]>;

/**
 * Packet sockets for these interfaces, so many each, not bound yet, in a process that may open no more of them.
 *
 * A thread can give up its own capabilities only, and Node has threads that run no script: they would keep
 * theirs. So the sockets are opened, the capabilities given up, and the program is started again in the same
 * process with the sockets open: then no thread ever had any. Binding, joining, rings and all that is done
 * with these sockets later needs none.
 *
 * Empty where sockets cannot be opened or a ring not be made: whoever opens a source is told why.
 * Throws CaptureError when the program cannot be started again.
 */
export async function socketsWithoutPrivileges(
  names: readonly string[],
  each: number,
): Promise<HandedSockets> {
  const handed = process.env[VARIABLE];
  if (handed !== undefined) {
    delete process.env[VARIABLE]; // not for children
    return await takeOver(handed);
  }
  if (effectiveCapabilities() === 0n) return new Map();
  const sockets = await openAll(names, each);
  if (sockets.size === 0) return sockets;
  const calls: PrivilegeCalls = await loadPrivilegeCalls();
  for (const fd of [...sockets.values()].flat()) calls.setInherited(fd, true);
  calls.dropCapabilities();
  calls.startAgain({ ...process.env, [VARIABLE]: JSON.stringify(Object.fromEntries(sockets)) });
}

async function takeOver(handed: string): Promise<HandedSockets> {
  const sockets = parse(handed);
  const calls = await loadPrivilegeCalls();
  for (const fd of [...sockets.values()].flat()) calls.setInherited(fd, false);
  return sockets;
}

async function openAll(names: readonly string[], each: number): Promise<HandedSockets> {
  try {
    const libc = await loadLibc();
    new PacketSocket(libc, PROBE_BLOCKS).close();
    return new Map(names.map((name) => [name, Array.from({ length: each }, () => openPacketSocket(libc))]));
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return new Map();
  }
}

function parse(text: string): HandedSockets {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    object = null;
  }
  const entries = typeof object === "object" && object !== null ? Object.entries(object) : [];
  const sockets = new Map(entries.map(([name, fds]) => [name, [fds].flat()]));
  const isSound = [...sockets.values()].flat().every((fd) => Number.isInteger(fd) && fd > 2);
  if (sockets.size === 0 || !isSound) {
    throw new CaptureError(`${VARIABLE}: expected descriptors by interface, such as {"mirror0":3}`);
  }
  return sockets;
}
