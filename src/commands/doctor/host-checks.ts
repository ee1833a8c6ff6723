import { existsSync, readFileSync } from "node:fs";
import { freemem, release } from "node:os";
import { delimiter, join } from "node:path";
import { CAP_NET_RAW, hasCapability } from "../../capture/capabilities.ts";
import { CaptureError } from "../../capture/frame-source.ts";
import { type Libc, loadLibc } from "../../capture/libc.ts";
import { CapturePermission, CaptureUnsupported } from "../../capture/live-source.ts";
import { openPacketSocket } from "../../capture/packet-socket.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const MIB = 2 ** 20;
/** Rings may take this share of the memory that is free. */
const MAX_RING_SHARE = 0.5;
/** A clock that shows less was never set: gapwatch is younger. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
/** NTP slews by 500 ppm at the most; more than this is a step. */
const MAX_STEP_MS = 100;

/** Whether this machine can capture at all; the calls to do it with. */
export async function checkPlatform(): Promise<{ check: Check; libc: Libc | null }> {
  const topic = "platform";
  const here = `${process.platform} ${release()}, ${process.arch}, Node ${process.versions.node}`;
  try {
    const libc = await loadLibc();
    return { check: ok(topic, `${here}; koffi loads`), libc };
  } catch (error) {
    if (!(error instanceof CaptureUnsupported)) throw error;
    const text = `${here}: ${error.message}`;
    const check = hasProgram("tcpdump")
      ? warning(topic, text, "watch captures with tcpdump here, which loses packets earlier")
      : failed(topic, text, "install tcpdump, with which watch captures where there is no packet ring");
    return { check, libc: null };
  }
}

/** Whether this user may capture, and who gave the right. */
export function checkPermission(libc: Libc): Check {
  const topic = "permission";
  try {
    libc.close(openPacketSocket(libc));
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const grant =
      "start the unit gapwatch@IFACE.service, which has AmbientCapabilities=CAP_NET_RAW; by hand: " +
      "sudo, or setpriv --inh-caps +net_raw --ambient-caps +net_raw; do not use setcap on node, which " +
      "grants it to every script";
    if (error instanceof CapturePermission) return failed(topic, "CAP_NET_RAW is missing", grant);
    return failed(topic, error.message, "capture from another kernel, or with --source tcpdump");
  }
  if (process.geteuid?.() !== 0 && hasCapability(CAP_NET_RAW) && !isAmbient(CAP_NET_RAW)) {
    const text = "CAP_NET_RAW comes with the file of node: every script on this machine has it";
    return warning(topic, text, `setcap -r ${process.execPath}, and use the systemd unit`);
  }
  return ok(topic, "packet sockets can be opened (CAP_NET_RAW)");
}

/** Whether so many rings fit into the memory that is left. */
export function checkRingMemory(interfaces: number, ringMb: number): Check {
  const topic = "ring memory";
  const wantedMb = interfaces * ringMb;
  const limit = process.constrainedMemory(); // 0 or beyond all memory: no limit
  const freeMb = Math.floor(Math.min(freemem(), limit > 0 ? limit : Infinity) / MIB);
  const text = `${wantedMb} MiB for ${interfaces === 1 ? "a ring" : `${interfaces} rings`} of ${freeMb} MiB free`;
  const remedy = `take a smaller ring (--ring-mb ${fittingMb(freeMb, interfaces)}), or give it more memory`;
  if (wantedMb > freeMb) return failed(topic, text, remedy);
  return wantedMb > MAX_RING_SHARE * freeMb ? warning(topic, text, remedy) : ok(topic, text);
}

/** A moment on both clocks: the one that people set, and the one that only goes on. */
export interface ClockReading {
  readonly wallMs: number;
  readonly steadyMs: number;
}

export function readClock(): ClockReading {
  return { wallMs: Date.now(), steadyMs: performance.now() };
}

/** Whether the clock can be right, goes evenly, and is kept so. */
export function checkClock(from: ClockReading, to: ClockReading, isKept: boolean | null): Check {
  const topic = "clock";
  const now = new Date(to.wallMs);
  if (to.wallMs < EARLIEST_MS || to.wallMs > LATEST_MS) {
    return failed(topic, `it shows the year ${now.getUTCFullYear()}`, "set it: rules expire by packet time");
  }
  const stepMs = Math.round(to.wallMs - from.wallMs - (to.steadyMs - from.steadyMs));
  const shown = now.toISOString().slice(0, 19);
  if (Math.abs(stepMs) > MAX_STEP_MS) {
    const text = `it stepped by ${stepMs} ms while it was looked at`;
    return warning(topic, text, "let it be slewed, not set, while gapwatch watches (chrony: makestep 1 3)");
  }
  if (isKept === false) {
    const text = `${shown} UTC, and nothing keeps it right`;
    return warning(topic, text, "run chrony against a time source inside the enclave");
  }
  return ok(topic, `${shown} UTC, even${isKept ? ", kept right" : ""}`);
}

function fittingMb(freeMb: number, interfaces: number): number {
  return Math.max(4, Math.floor((MAX_RING_SHARE * freeMb) / interfaces));
}

function hasProgram(name: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}

function isAmbient(capability: number): boolean {
  const status = readFileSync("/proc/self/status", "latin1");
  const bits = BigInt(`0x${/^CapAmb:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return (bits & (1n << BigInt(capability))) !== 0n;
}
