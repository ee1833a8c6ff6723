import { type ChildProcess, fork } from "node:child_process";

/** What came of replaying one capture. */
export interface Replayed {
  readonly facts: readonly string[];
  /** Findings of the detectors that look for what hides, a line each. */
  readonly hidden: readonly string[];
  readonly ms: number;
  /** Highest resident memory of the process so far. */
  readonly peakBytes: number;
  /** How it failed, or null. */
  readonly failure: string | null;
}

export const MAX_RESIDENT = 512 * 2 ** 20;
/** The slowest takes a fraction of a second on a slow machine. */
const LIMIT_MS = 20_000;
const WORKER = new URL("replay-worker.mjs", import.meta.url).pathname;

/**
 * Replays captures one after another in a process that is killed when it hangs. One that dies, or has become
 * too large, is replaced, and its capture gets another chance in a new one: its predecessors may be to blame.
 */
export class Replayer {
  private child: ChildProcess | null = null;

  async replay(path: string): Promise<Replayed> {
    const isFresh = this.child === null;
    const first = await this.attempt(path);
    if (first.failure === null && first.peakBytes <= MAX_RESIDENT) return first;
    this.end();
    if (isFresh) return first;
    const alone = await this.attempt(path);
    this.end();
    return alone;
  }

  end(): void {
    this.child?.kill("SIGKILL");
    this.child = null;
  }

  private attempt(path: string): Promise<Replayed> {
    const child = this.child ?? fork(WORKER, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.child = child;
    let stderr = "";
    const onStderr = (text: Buffer): void => {
      stderr += text.toString();
    };
    child.stderr?.on("data", onStderr);
    return new Promise((resolve) => {
      const finish = (replayed: Replayed): void => {
        clearTimeout(timer);
        child.stderr?.off("data", onStderr);
        child.off("message", onMessage);
        child.off("close", onClose);
        resolve(replayed);
      };
      const fail = (failure: string): void => finish({ facts: [], hidden: [], ms: 0, peakBytes: 0, failure });
      const onMessage = (seen: unknown): void => finish({ ...(seen as Replayed), failure: null });
      const onClose = (code: number | null, signal: string | null): void =>
        fail(`ended with ${code ?? signal}: ${stderr.trim().split("\n").slice(0, 8).join(" | ")}`);
      const timer = setTimeout(() => fail(`not done after ${LIMIT_MS} ms`), LIMIT_MS);
      child.on("message", onMessage);
      child.on("close", onClose);
      child.send(path);
    });
  }
}
