import { type ChildProcess, spawn } from "node:child_process";
import type { CommandRun } from "../../report/validation.ts";

/** How long a command that is asked to end may take before it is ended. */
const PATIENCE_MS = 3000;

/**
 * A command that runs while the sensor watches: an installer, a smoke test, an `ssh` or `kubectl` that starts one
 * elsewhere. It has what rights this process has, which gave up those to capture before. What it prints goes to
 * stderr: stdout carries the result alone.
 */
export class WatchedCommand {
  /** Set when it has ended, or could not be started. */
  run: CommandRun | null = null;
  /** When it ended, by a clock that only counts up. */
  endedMs = 0;
  /** Why it did not end well, in words; null where it did, or has not ended. */
  failure: string | null = null;
  private readonly child: ChildProcess;

  constructor(words: readonly string[], settleSec: number) {
    const [file, ...args] = words;
    this.child = spawn(file, args, { stdio: ["inherit", 2, 2] });
    const end = (exitCode: number | null, failure: string | null): void => {
      this.run ??= { words, exitCode, settleSec };
      this.failure ??= failure;
      this.endedMs = performance.now();
    };
    this.child.once("error", (error) => end(null, `could not be started: ${error.message}`));
    this.child.once("exit", (code, signal) => {
      if (code === 0) end(0, null);
      else end(code, code === null ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  }

  /** Ends it where it still runs. */
  async stop(): Promise<void> {
    if (this.run !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    const timer = setTimeout(() => this.child.kill("SIGKILL"), PATIENCE_MS);
    this.child.kill("SIGTERM");
    await ended;
    clearTimeout(timer);
  }
}
