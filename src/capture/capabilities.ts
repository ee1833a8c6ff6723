import { readFileSync } from "node:fs";
import { CaptureError } from "./frame-source.ts";
import { errnoMessage } from "./libc.ts";

/** Numbers of capabilities: linux/capability.h. */
export const CAP_NET_RAW = 13;
const CAP_CHOWN = 0;
const CAP_DAC_OVERRIDE = 1;
const CAP_DAC_READ_SEARCH = 2;
const CAP_FOWNER = 3;

const CAPABILITY_VERSION_3 = 0x20080522;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 0o4000;

/** Capabilities in force in this process's main thread, as bits; none where the kernel has no such thing. */
export function effectiveCapabilities(): bigint {
  try {
    const status = readFileSync("/proc/self/status", "latin1");
    return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  } catch {
    return 0n;
  }
}

export function hasCapability(capability: number): boolean {
  return (effectiveCapabilities() & (1n << BigInt(capability))) !== 0n;
}

/**
 * What a process keeps. Root started by hand keeps its way with files, or it could not read an enclave
 * file in somebody's home, nor leave the state to the service's account; anybody else keeps nothing.
 */
function keptCapabilities(): bigint {
  if (process.geteuid?.() !== 0) return 0n;
  const kept = [CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER];
  const files = kept.reduce((bits, capability) => bits | (1n << BigInt(capability)), 0n);
  return files & effectiveCapabilities();
}

/** Process-wide calls around the change of privileges. Throws CaptureError when one fails. */
export interface PrivilegeCalls {
  /** Gives up what `keptCapabilities` does not keep, in this thread and in what it starts, for good. */
  dropCapabilities(): void;
  /** Whether a descriptor survives `startAgain`. */
  setInherited(fd: number, inherited: boolean): void;
  /** Replaces the whole process, with all its threads, by the same program. Returns only by throwing. */
  startAgain(environment: Readonly<NodeJS.ProcessEnv>): never;
}

export async function loadPrivilegeCalls(): Promise<PrivilegeCalls> {
  const koffi = (await import("koffi")).default;
  const lib = koffi.load(null);
  const prctl = lib.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)");
  const capset = lib.func("int capset(void *, void *)");
  const fcntl = lib.func("int fcntl(int, int, int)");
  const execve = lib.func("int execve(const char *, const char **, const char **)");
  const must = (result: number, what: string): number => {
    if (result === -1) throw new CaptureError(`${what}: ${errnoMessage(koffi.errno())}`);
    return result;
  };
  return {
    dropCapabilities() {
      const kept = keptCapabilities();
      const low = Number(kept & 0xffff_ffffn);
      const high = Number(kept >> 32n);
      // Effective, permitted, inheritable; low words first (man 2 capset).
      const sets = Uint32Array.of(low, low, 0, high, high, 0);
      must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "giving up new privileges");
      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); // EINVAL before Linux 4.3: there are none
      must(capset(Uint32Array.of(CAPABILITY_VERSION_3, 0), sets), "giving up capabilities");
    },
    setInherited(fd, inherited) {
      must(fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC), "handing over a socket");
    },
    startAgain(environment) {
      // Node closes these on exec, makes pipes non-blocking, and makes that good only when it ends.
      for (const fd of [0, 1, 2]) {
        const flags = fcntl(fd, F_GETFL, 0);
        if (flags === -1) continue;
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
        fcntl(fd, F_SETFD, 0);
      }
      const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1), null];
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      must(execve(process.execPath, argv, [...variables, null]), "starting again without capabilities");
      throw new CaptureError("starting again without capabilities failed");
    },
  };
}
