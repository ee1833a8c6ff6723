// A lab on one machine: an enclave, an outside, and a mirror port between them, all in namespaces.
//
// The lab lives in PID, mount and network namespaces of its own whose first process waits for the
// end of its standard input. When the creating process ends in any way, SIGKILL included, that pipe
// closes, the first process ends, the kernel kills everything in the lab and takes its networks and
// its file system down. Nothing is left behind, because nothing was ever made outside.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { networkScript, plugMirrorScript, treatCommand, unplugMirrorScript } from "./network.mjs";
import { ENCLAVE, HOSTS, OUTSIDE_RESOLVER, OUTSIDE_TIME } from "./topology.mjs";

/** This folder as commands in the lab see it, so that no record tells where it was made. */
export const KIT = "/run/kit";
/** A folder that commands in the lab may fill; it ends with the lab. */
export const SCRATCH = "/run/scratch";

const KIT_SOURCE = dirname(fileURLToPath(import.meta.url));
const NAMESPACES = ["--mount", "--pid", "--uts", "--ipc", "--net"];
const SERVERS = [
  { host: "dns-01", argv: ["node", "servers/resolver.mjs", "enclave", ENCLAVE.resolver] },
  { host: "time-01", argv: ["node", "servers/ntp.mjs", ...Object.values(HOSTS["time-01"])] },
  { host: "gpu-01", argv: ["node", "servers/web.mjs", "http=8000"] },
  { host: "vector-01", argv: ["node", "servers/web.mjs", "http=6333"] },
  { host: "mirror-01", argv: ["node", "servers/web.mjs", "http=80", "https=443"] },
  { host: "identity-01", argv: ["node", "servers/web.mjs", "https=443"] },
  { host: "proxy-01", argv: ["node", "servers/proxy.mjs", "3128"] },
  { host: "outside", argv: ["node", "servers/web.mjs", "http=80", "https=443", "https=8443"] },
  { host: "outside", argv: ["node", "servers/resolver.mjs", "outside", ...OUTSIDE_RESOLVER] },
  { host: "outside", argv: ["node", "servers/ntp.mjs", ...OUTSIDE_TIME] },
];

/** @typedef {{ code: number | null, stdout: string, stderr: string, timedOut: boolean }} Result */
/** @typedef {{ env?: Readonly<Record<string, string>> | undefined, timeoutMs?: number }} ExecOptions */

/** Whether this user may make the namespaces that the lab needs: root may, unless a sandbox forbids it. */
export function canMakeNamespaces() {
  try {
    execFileSync("unshare", [...NAMESPACES, "--fork", "--mount-proc", "true"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

/** Builds the network and starts its servers. Rejects, and leaves nothing, when any part fails. */
export async function createLab() {
  const lab = await createEmptyLab();
  try {
    await lab.furnish();
  } catch (error) {
    await lab.destroy();
    throw error;
  }
  return lab;
}

/** Only the namespaces, to be filled by `run`. */
export async function createEmptyLab() {
  const holder = spawn(
    "unshare",
    [...NAMESPACES, "--fork", "--kill-child", "--mount-proc", "sh", "-c", "echo up; read _"],
    { stdio: ["pipe", "pipe", "inherit"], detached: true },
  );
  await firstLine(holder, "up");
  return new Lab(holder);
}

export class Lab {
  /** Where the mirror port is: run a sensor on this host, on this interface. */
  mirror = { host: "sensor", interface: "mirror0" };
  #holder;
  #init;

  /** @param {import("node:child_process").ChildProcess} holder a running `unshare`, see createLab */
  constructor(holder) {
    this.#holder = holder;
    this.#init = onlyChild(holder.pid);
  }

  /** Makes the lab's file system, network and servers. Once, by createLab. */
  async furnish() {
    await this.run(fileSystemScript());
    await this.run(networkScript());
    await Promise.all(SERVERS.map(({ host, argv }) => this.#serve(host, argv)));
  }

  /**
   * Starts a command on a host and does not wait for it. Its output must be read, or it may stall.
   * @param {string} host @param {readonly string[]} argv @param {ExecOptions} [options] without timeoutMs
   */
  spawn(host, argv, { env = {} } = {}) {
    return spawn("nsenter", [...this.#enter(host), "--", ...argv], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /**
   * Runs a command on a host to its end, or kills it when its time is up.
   * @param {string} host @param {readonly string[]} argv @param {ExecOptions} [options]
   * @returns {Promise<Result>}
   */
  async exec(host, argv, { env, timeoutMs = 120_000 } = {}) {
    const child = this.spawn(host, argv, { env });
    const result = { code: null, stdout: "", stderr: "", timedOut: false };
    child.stdout.on("data", (chunk) => {
      result.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      result.stderr += chunk;
    });
    const timer = setTimeout(() => {
      result.timedOut = true;
      this.signal(child, "SIGKILL");
    }, timeoutMs);
    const [code] = await once(child, "close");
    clearTimeout(timer);
    return { ...result, code };
  }

  /**
   * Sends a signal to the command itself: what `spawn` returns is its nsenter, which passes none on.
   * @param {import("node:child_process").ChildProcess} child @param {NodeJS.Signals} signal
   */
  signal(child, signal) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    process.kill(hasChild(child.pid) ? onlyChild(child.pid) : child.pid, signal); // it may not have come to that
  }

  /**
   * Lets the kit's clients import packages.
   * @param {string} folder a node_modules
   */
  async mountPackages(folder) {
    await this.run(`mkdir /run/node_modules\nmount --bind ${shellQuote(folder)} /run/node_modules\n`);
  }

  /**
   * Changes what becomes of traffic to an outside prefix.
   * @param {string} prefix @param {import("./topology.mjs").Treatment} treatment
   */
  async treat(prefix, treatment) {
    await this.run(treatCommand(prefix, treatment));
  }

  /** Takes the sensor's interface away. */
  async unplugMirror() {
    await this.run(unplugMirrorScript());
  }

  /** Gives the sensor an interface again, of the same name, after unplugMirror. */
  async plugMirror() {
    await this.run(plugMirrorScript());
  }

  /**
   * Records the mirror port as a nanosecond pcap file while `during` runs. Rejects when the record
   * is not complete.
   * @param {string} file @param {() => Promise<void>} during
   */
  async record(file, during) {
    const tcpdump = this.spawn(this.mirror.host, [
      ...["tcpdump", "-i", this.mirror.interface, "-n", "-s", "0", "-B", "16384"],
      ...["--time-stamp-precision=nano", "-Z", "root", "-w", file],
    ]);
    let notes = "";
    tcpdump.stderr.on("data", (chunk) => {
      notes += chunk;
    });
    while (!notes.includes("listening on")) {
      if (tcpdump.exitCode !== null) throw new Error(`tcpdump: ${notes}`);
      await delay(10);
    }
    try {
      await during();
      await delay(1500); // tcpdump gets a block of packets a second after its first at the latest
      await this.#caughtUp(tcpdump, () => notes);
    } finally {
      this.signal(tcpdump, "SIGINT");
      await once(tcpdump, "close");
    }
    if (!/^0 packets dropped by kernel/m.test(notes)) throw new Error(`the record has holes: ${notes}`);
  }

  /**
   * Waits until tcpdump has what the kernel has for it: what it has not when it is ended is lost.
   * @param {import("node:child_process").ChildProcess} tcpdump @param {() => string} notes what it said so far
   */
  async #caughtUp(tcpdump, notes) {
    for (let tries = 0; tries < 1000; tries++) {
      this.signal(tcpdump, "SIGUSR1"); // it says how much it has
      await delay(50);
      const counts = [...notes().matchAll(/(\d+) packets? captured, (\d+) packets? received by filter/g)];
      const [, captured, received] = counts.at(-1) ?? [];
      if (captured !== undefined && captured === received) return;
    }
    throw new Error(`tcpdump falls behind: ${notes()}`);
  }

  /** Ends everything that runs in the lab, and the lab. Safe to call twice. */
  async destroy() {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const gone = once(this.#holder, "exit");
    this.#holder.stdin?.end();
    await gone;
  }

  /** @param {string} script for `sh -eu`, in the lab but on no host */
  async run(script) {
    const child = spawn("nsenter", [...this.#enter(null), "sh", "-eu"], {
      env: { ...cleanEnvironment(), KIT, SCRATCH },
      stdio: ["pipe", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.stdin.end(script);
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`the lab could not be built: ${errors.trim()}`);
  }

  /** @param {string} host @param {readonly string[]} argv */
  async #serve(host, [command, program, ...args]) {
    // From their own folder, not from the kit: they import what the repository has installed.
    const server = this.spawn(host, [command, `${KIT_SOURCE}/${program}`, ...args], {
      env: { LAB_CERTIFICATE: `${SCRATCH}/certificate.pem`, LAB_KEY: `${SCRATCH}/key.pem` },
    });
    server.stderr.pipe(process.stderr);
    await firstLine(server, "ready");
  }

  /**
   * The network namespace of a host, to be opened by who wants to enter it.
   * @param {string} host
   */
  netOf(host) {
    return `/proc/${this.#init}/root/run/netns/${host}`;
  }

  /** @param {string | null} host */
  #enter(host) {
    const net = host === null ? "--net" : `--net=${this.netOf(host)}`;
    return ["--target", String(this.#init), "--mount", "--pid", "--uts", "--ipc", net];
  }
}

/** Nothing of the user's environment gets in: no proxy settings, no tokens, no host name. */
function cleanEnvironment() {
  const node = dirname(process.execPath);
  return {
    PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${node}`,
    HOME: `${SCRATCH}/home`,
    LANG: "C.UTF-8",
    NODE_NO_WARNINGS: "1",
  };
}

/**
 * /run becomes the lab's own, with the namespaces, the kit and room for the clients' files; the
 * resolver configuration is covered by one that names the enclave's resolver.
 */
function fileSystemScript() {
  return `
hostname lab
resolv=$(readlink -m /etc/resolv.conf)
kit=${shellQuote(KIT_SOURCE)}
mount -t tmpfs lab /run
mkdir -p /run/netns "$KIT" "$SCRATCH/home" "$(dirname "$resolv")"
mount --bind "$kit" "$KIT"
[ -e "$resolv" ] || : > "$resolv"
printf 'nameserver %s\\nsearch %s\\noptions timeout:1 attempts:2\\n' ${ENCLAVE.resolver} ${ENCLAVE.search} > "$SCRATCH/resolv.conf"
mount --bind "$SCRATCH/resolv.conf" "$resolv"
printf '127.0.0.1 localhost\\n::1 localhost\\n' > "$SCRATCH/hosts"
mount --bind "$SCRATCH/hosts" /etc/hosts
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=lab.invalid \\
  -keyout "$SCRATCH/key.pem" -out "$SCRATCH/certificate.pem" 2> /dev/null
`;
}

/** @param {string} text */
function shellQuote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param {number} pid */
function hasChild(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8") !== "";
}

/** @param {number | undefined} pid */
function onlyChild(pid) {
  const child = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"), 10);
  if (Number.isNaN(child)) throw new Error(`process ${pid} has no child`);
  return child;
}

/**
 * Waits until a process says the agreed word on its standard output.
 * @param {import("node:child_process").ChildProcess} child @param {string} word
 */
async function firstLine(child, word) {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${child.spawnargs.join(" ")} ended with ${code} before it was ready`);
  });
  ended.catch(() => {}); // it may end later, when nobody waits any more
  const said = (async () => {
    for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
      if (String(chunk).includes(word)) return;
    }
    return ended;
  })();
  await Promise.race([said, ended]);
}
