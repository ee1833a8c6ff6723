import { spawnSync } from "node:child_process";

/** With capabilities of our own, and without. */
const NAMESPACES = [["--mount"], ["--user", "--map-root-user", "--mount"]];

/** A small file system over a folder, in a mount namespace of its own. */
export interface SmallDisk {
  /** Whether tests on it are to be left out: nothing can be mounted here, and CI does not insist. */
  readonly isSkipped: boolean;
  /** Runs a command that finds the small file system at the folder. */
  run(command: readonly string[]): { code: number | null; out: string; err: string };
}

/** `size`: as mount(8) takes it, such as 1m. */
export function smallDisk(folder: string, size: string): SmallDisk {
  const mount = `mount -t tmpfs -o size=${size} gapwatch-test "$0"`;
  const spawn = (flags: readonly string[], command: readonly string[]) =>
    spawnSync("unshare", [...flags, "sh", "-c", `${mount} && exec "$@"`, folder, ...command]);
  const flags = NAMESPACES.find((each) => spawn(each, ["true"]).status === 0) ?? null;
  const isSkipped = flags === null && process.env["CI"] !== "true";
  if (isSkipped) process.stderr.write("skipped, no file system can be mounted here\n");
  return {
    isSkipped,
    run: (command) => {
      const { status, stdout, stderr } = spawn(flags ?? NAMESPACES[0], command);
      return { code: status, out: stdout.toString(), err: stderr.toString() };
    },
  };
}
