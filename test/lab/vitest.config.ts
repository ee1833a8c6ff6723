import { defineConfig } from "vitest/config";

/**
 * Files that mostly wait: for a window to pass, a client to give up, a state to be told. They run three at a time.
 *
 * They do not meet: a lab has a process, mount and network namespace of its own, so that interfaces, addresses, ports,
 * /run, /etc/hosts, settings under /proc/sys/net and who gets a signal are nobody else's; each run of the program has a
 * state directory of its own, and each file a folder for what it writes.
 *
 * A new file runs alone until it stands here. What measures a load, a loss or a time, or looks at a screen, stays
 * alone. What belongs here waits for conditions, and does not mind how long they take.
 */
const WAITING = [
  "blind",
  "kill",
  "canary",
  "validate",
  "watch",
  "faults",
  "several",
  "big-tcp",
  "capabilities",
  "events",
  "doctor",
  "silence",
  "systemd-unit",
  "worker",
].map((name) => `test/lab/live/${name}.test.ts`);

const root = new URL("../..", import.meta.url).pathname;
const patience = { testTimeout: 300_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "waiting",
          root,
          include: WAITING,
          maxWorkers: 3, // who want little more than one processor together
          sequence: { groupOrder: 1 },
          ...patience,
        },
      },
      {
        test: {
          name: "alone",
          root,
          include: ["test/lab/**/*.test.ts"],
          exclude: WAITING,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          ...patience,
        },
      },
    ],
  },
});
