import { CaptureError } from "./frame-source.ts";
import type { HandedSockets } from "./handed-sockets.ts";
import {
  CapturePermission,
  CaptureUnsupported,
  type InterfaceState,
  type LiveEvent,
  type LiveSource,
} from "./live-source.ts";
import { openRings } from "./open-rings.ts";
import { openTcpdump } from "./tcpdump-source.ts";

/** How long a look at the only source waits for frames; several are waited for together (frame-wait.ts). */
const POLL_MS = 50;
const RETRY_MS = 5000;
const NO_SOCKETS: HandedSockets = new Map();

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

/** The sources of all interfaces, those that ended among them. */
export class LiveSources {
  readonly all: LiveSource[] = [];
  private readonly job: LiveJob;
  private readonly listeners: LiveListeners;
  private readonly retryMs: number;
  /** Interfaces that ended, and that this process may not open again. */
  private readonly givenUp = new Set<string>();
  private isStopped = false;
  private triedMs = performance.now();

  constructor(job: LiveJob, listeners: LiveListeners, retryMs = RETRY_MS) {
    this.job = job;
    this.listeners = listeners;
    this.retryMs = retryMs;
  }

  /**
   * Opens rings, or tcpdump where there are none for lack of platform support, never of permission. Throws
   * CaptureError, which names the interface.
   */
  async open(): Promise<void> {
    try {
      for (const name of this.job.interfaces) this.all.push(...(await this.openNamed(name, this.job)));
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.isStopped) for (const source of this.all) source.stop(); // told so before there were any
  }

  /** Nothing is captured from any more, nor will be: this process may not. */
  get isLost(): boolean {
    return this.job.interfaces.every((name) => this.givenUp.has(name));
  }

  of(name: string): LiveSource[] {
    return this.all.filter((source) => source.interface === name);
  }

  /** The state of what captures from the interface now, if anything does. */
  stateOf(name: string): InterfaceState {
    const sources = this.of(name);
    return (sources.find(({ state }) => state !== "ended") ?? sources[0]).state;
  }

  /** Opens again, now and then, what ended by itself; the sources that are new. */
  async reopen(): Promise<LiveSource[]> {
    if (this.isStopped || performance.now() - this.triedMs < this.retryMs) return [];
    const opened: LiveSource[] = [];
    for (const name of this.job.interfaces) {
      if (this.givenUp.has(name) || this.stateOf(name) !== "ended") continue;
      try {
        opened.push(...(await this.openNamed(name, { ...this.job, sockets: NO_SOCKETS })));
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        if (error instanceof CapturePermission) this.givenUp.add(name);
        continue; // the state says why
      }
      this.listeners.notice(`${name}: captured from again`);
    }
    this.all.push(...opened);
    this.triedMs = performance.now();
    return opened;
  }

  stop(): void {
    this.isStopped = true;
    for (const source of this.all) source.stop();
  }

  close(): void {
    for (const source of this.all) source.close();
  }

  private async openNamed(name: string, job: LiveJob): Promise<LiveSource[]> {
    const pollMs = job.interfaces.length === 1 && job.workers === 1 ? POLL_MS : 0;
    return await openNamed(name, pollMs, job, this.listeners);
  }
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
