import { Command } from "commander";
import { afterEach, vi } from "vitest";

export interface CommandOutcome {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs commands inside the test's process; what they write is caught. */
export function commandRunner(
  ...added: readonly ((program: Command) => void)[]
): (...args: readonly string[]) => Promise<CommandOutcome> {
  afterEach(() => {
    process.exitCode = undefined;
  });
  return async (...args) => {
    const program = new Command().exitOverride();
    for (const add of added) add(program);
    const written = { out: "", err: "" };
    const spies = [
      vi.spyOn(process.stdout, "write").mockImplementation((text) => {
        written.out += String(text);
        return true;
      }),
      vi.spyOn(process.stderr, "write").mockImplementation((text) => {
        written.err += String(text);
        return true;
      }),
    ];
    process.exitCode = undefined;
    try {
      await program.parseAsync(args, { from: "user" });
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    return { code: process.exitCode, ...written };
  };
}
