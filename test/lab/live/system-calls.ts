import { existsSync, readFileSync } from "node:fs";
import { until } from "../../patience.ts";

/** The command that runs another and writes down all that it asks of the kernel; the other is in front. */
export function traced(file: string): string[] {
  return ["strace", "-D", "-f", "-q", "-s", "256", "-e", "signal=none", "-o", file];
}

export interface SystemCall {
  readonly name: string;
  /** As strace shows the arguments, the result included where the call returned. */
  readonly text: string;
}

/** What a traced run asked for, once the tracer has seen its end. */
export async function systemCallsOf(file: string): Promise<SystemCall[]> {
  let text = "";
  const hasEnded = (): boolean => {
    text = existsSync(file) ? readFileSync(file, "latin1") : "";
    const began = new Set([...text.matchAll(/^(\d+) /gm)].map(([, task]) => task));
    for (const [, task] of text.matchAll(/^(\d+) +\+\+\+ (?:exited|killed)/gm)) began.delete(task);
    return text !== "" && began.size === 0;
  };
  await until(hasEnded, () => text.slice(-1000));
  return wholeCalls(text);
}

const UNFINISHED = " <unfinished ...>";

/** Calls in the order in which they returned. One that another task's came into stands there in two parts. */
function wholeCalls(text: string): SystemCall[] {
  const begun = new Map<string, string>();
  const lines: string[] = [];
  for (const [, task, line] of text.matchAll(/^(\d+) +(.*)$/gm)) {
    if (line.endsWith(UNFINISHED)) begun.set(task, line.slice(0, -UNFINISHED.length));
    else {
      lines.push(line.replace(/^<\.\.\. \w+ resumed> ?/, () => begun.get(task) ?? ""));
      begun.delete(task);
    }
  }
  return [...lines, ...begun.values()].flatMap((line) => {
    const call = /^(\w+)\((.*)$/.exec(line);
    return call === null ? [] : [{ name: call[1], text: line }];
  });
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
