import { CaptureError } from "./frame-source.ts";
import type { HandedSockets } from "./handed-sockets.ts";
import { CaptureUnsupported, type LiveEvent, type LiveSource } from "./live-source.ts";
import { openRings } from "./ring-source.ts";
import { openTcpdump } from "./tcpdump-source.ts";

/** How long a look at the only source waits for frames; several are waited for together (frame-wait.ts). */
const POLL_MS = 50;

/** What to capture, and how. */
export interface LiveJob {
  readonly interfaces: readonly string[];
  readonly source: "ring" | "tcpdump";
  /** Memory of the rings of an interface, and how many there are. */
  readonly ringMb: number;
  readonly workers: number;
  /** Packet sockets that are open already. */
  readonly sockets: HandedSockets;
}

export interface LiveListeners {
  readonly event: (name: string, event: LiveEvent) => void;
  /** Is told, in a sentence, of another way to capture than was asked for. */
  readonly notice: (text: string) => void;
}

/**
 * Opens the sources of all interfaces: rings, or tcpdump where there are none for lack of platform support,
 * never of permission. Throws CaptureError, which names the interface.
 */
export async function openLive(job: LiveJob, listeners: LiveListeners): Promise<LiveSource[]> {
  const pollMs = job.interfaces.length === 1 && job.workers === 1 ? POLL_MS : 0;
  const sources: LiveSource[] = [];
  try {
    for (const name of job.interfaces) sources.push(...(await openNamed(name, pollMs, job, listeners)));
  } catch (error) {
    for (const source of sources) source.close();
    throw error;
  }
  return sources;
}

async function openNamed(
  name: string,
  pollMs: number,
  job: LiveJob,
  listeners: LiveListeners,
): Promise<LiveSource[]> {
  const { source, ringMb, workers } = job;
  const listener = (event: LiveEvent): void => listeners.event(name, event);
  try {
    if (source === "tcpdump") return [await openTcpdump(name, { listener, pollMs })];
    try {
      const sockets = job.sockets.get(name);
      return await openRings(name, { listener, ringMb, pollMs, rings: workers, sockets });
    } catch (error) {
      if (!(error instanceof CaptureUnsupported)) throw error;
      listeners.notice(`${name}: ${error.message}; capturing with tcpdump instead`);
      return [await openTcpdump(name, { listener, pollMs })];
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw new CaptureError(`${name}: ${error.message}`);
  }
}
