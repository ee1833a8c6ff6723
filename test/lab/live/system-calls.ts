import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** The command that runs another and writes down all that it asks of the kernel; the other is in front. */
export function traced(file: string): string[] {
  return ["strace", "-D", "-f", "-qq", "-s", "256", "-e", "signal=none", "-o", file];
}

export interface SystemCall {
  readonly name: string;
  /** As strace shows the arguments, the result included where the call was not interrupted. */
  readonly text: string;
}

/** What a traced run asked for, once the tracer has seen its end. */
export async function systemCallsOf(file: string): Promise<SystemCall[]> {
  let text = "";
  for (let waitedMs = 0, size = -1; size !== text.length || text === ""; waitedMs += 200) {
    if (waitedMs > 20_000) throw new Error(`strace does not end: ${file}`);
    size = text.length;
    await pause(200);
    text = existsSync(file) ? readFileSync(file, "latin1") : "";
  }
  return [...text.matchAll(/^\d+ +(\w+)\((.*)$/gm)].map(([, name, rest]) => ({
    name,
    text: `${name}(${rest}`,
  }));
}

/** Calls that make a socket, or send through one. */
const TALKING = /^(socket|socketpair|bind|connect|listen|accept4?|sendto|sendmsg|sendmmsg)$/;

export function talk(calls: readonly SystemCall[]): string[] {
  return calls.filter(({ name }) => TALKING.test(name)).map(({ text }) => text);
}

/** Files that are read to find out where a name leads. */
const RESOLVER_FILES =
  /"\/etc\/(resolv\.conf|nsswitch\.conf|hosts|host\.conf|gai\.conf|services|protocols)"|libnss_|libresolv/;

export function nameLookUps(calls: readonly SystemCall[]): string[] {
  return calls.filter(({ text }) => RESOLVER_FILES.test(text)).map(({ text }) => text);
}

/** Programs that were started. */
export function programs(calls: readonly SystemCall[]): string[] {
  return calls
    .filter(({ name, text }) => /^execve(at)?$/.test(name) && !/= -1 /.test(text))
    .map(({ text }) => /"([^"]*)"/.exec(text)?.[1] ?? text);
}
