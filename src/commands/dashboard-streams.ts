import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { DashboardStreams } from "../dashboard/dashboard.ts";
import { canDraw } from "../dashboard/terminal-traits.ts";

/** Where the dashboard draws and reads keys; null where there is no terminal for it. */
export function dashboardStreams(): DashboardStreams | null {
  if (!canDraw(process.stdout, process.env)) return null;
  if (process.stdin.isTTY) return { input: process.stdin, output: process.stdout };
  try {
    // Standard input is a capture, or nothing: keys come from the terminal itself.
    return { input: new ReadStream(openSync("/dev/tty", "r")), output: process.stdout };
  } catch {
    return null;
  }
}
