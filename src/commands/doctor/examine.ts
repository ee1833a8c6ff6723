import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { isClockKept } from "../../capture/clock-sync.ts";
import { CaptureError } from "../../capture/frame-source.ts";
import { InterfaceInquiry } from "../../capture/interface-facts.ts";
import type { Libc } from "../../capture/libc.ts";
import { openRing } from "../../capture/open-rings.ts";
import type { RingSource } from "../../capture/ring-source.ts";
import { Judge } from "../../policy/judge.ts";
import { resolveStatePaths } from "../../records/state-paths.ts";
import { type EnclaveFile, readEnclave, resolveEnclavePath } from "../enclave-option.ts";
import { type Check, counted, failed, ok, warning } from "./check.ts";
import { checkClock, checkPermission, checkPlatform, checkRingMemory, readClock } from "./host-checks.ts";
import { checkInterface } from "./interface-checks.ts";
import { checkState } from "./state-checks.ts";
import { checkConversations, checkInside, checkTraffic } from "./traffic-checks.ts";
import { TrafficLook } from "./traffic-look.ts";

const POLL_MS = 20;

export interface DoctorOptions {
  readonly interface: readonly string[];
  readonly enclave?: string;
  readonly state?: string;
  /** Seconds for which traffic is looked at. */
  readonly for: number;
  readonly ringMb: number;
}

/** Looks at everything that keeps gapwatch from watching, or from seeing. Takes as long as `options.for`. */
export async function examine(options: DoctorOptions): Promise<Check[]> {
  const before = readClock();
  const { check: platform, libc } = await checkPlatform();
  const enclave = readEnclave(resolveEnclavePath(options.enclave));
  const checks = [platform, ...(libc === null ? [] : await examineCapture(options, libc, enclave))];
  checks.push(checkClock(before, readClock(), await isClockKept()));
  checks.push(checkState(resolve(resolveStatePaths(options.state).directory)));
  checks.push(checkPolicy(resolveEnclavePath(options.enclave), enclave));
  return checks;
}

async function examineCapture(
  options: DoctorOptions,
  libc: Libc,
  enclave: EnclaveFile | null,
): Promise<Check[]> {
  const permission = checkPermission(libc);
  const names = options.interface;
  if (names.length === 0) {
    const text = "none was named, so that no traffic was looked at";
    return [permission, warning("interfaces", text, "gapwatch doctor -i IFACE")];
  }
  const inquiry = new InterfaceInquiry(libc);
  try {
    const own = networkInterfaces();
    const checks = [permission, checkRingMemory(names.length, options.ringMb)];
    const present: string[] = [];
    for (const name of names) {
      const facts = inquiry.facts(name);
      checks.push(
        ...checkInterface(
          name,
          facts,
          (own[name] ?? []).filter(isRoutable).map((a) => a.address),
        ),
      );
      if (facts !== null) present.push(name);
    }
    if (permission.status === "failed" || present.length === 0) return checks;
    const addresses = Object.values(own).flatMap((list) => (list ?? []).map(({ address }) => address));
    const judge = enclave === null ? null : new Judge(enclave.policy);
    const look = new TrafficLook(inquiry.macs(), new Set(addresses), judge);
    return [...checks, ...(await examineTraffic(present, options, look, enclave))];
  } finally {
    inquiry.close();
  }
}

/** Link-local addresses come by themselves. */
function isRoutable({ address }: { readonly address: string }): boolean {
  return !/^(fe[89ab].:|169\.254\.)/i.test(address);
}

async function examineTraffic(
  names: readonly string[],
  options: DoctorOptions,
  look: TrafficLook,
  enclave: EnclaveFile | null,
): Promise<Check[]> {
  const checks: Check[] = [];
  const rings: RingSource[] = [];
  for (const name of names) {
    try {
      rings.push(await openRing(name, { listener: () => {}, ringMb: options.ringMb, pollMs: POLL_MS }));
      checks.push(ok(name, `it can be captured from, promiscuous, through a ring of ${options.ringMb} MiB`));
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      checks.push(failed(name, `it cannot be captured from: ${error.message}`, "see the lines above"));
    }
  }
  try {
    for (const end = performance.now() + options.for * 1000; rings.length > 0 && performance.now() < end; ) {
      for (const ring of rings) {
        const batch = ring.next();
        if (batch !== null) look.take(ring.interface, batch);
      }
      await new Promise(setImmediate);
    }
    for (const ring of rings) {
      checks.push(...checkTraffic(ring.interface, look.of(ring.interface), ring.stats(), options.for));
    }
  } finally {
    for (const ring of rings) ring.close();
  }
  if (look.mirrored === 0) return checks; // which was said
  checks.push(checkConversations(look, options.for));
  if (enclave !== null) checks.push(checkInside(look, enclave.policy));
  return checks;
}

/** The file's own problems were told on stderr. */
function checkPolicy(path: string, enclave: EnclaveFile | null): Check {
  const topic = "policy";
  if (enclave === null) return failed(topic, `${path} cannot be used`, `gapwatch policy check ${path}`);
  const { warnings, policy } = enclave;
  const text = `${path}: ${policy.name}, ${counted(policy.rules.length, "rule")}`;
  if (warnings.length === 0) return ok(topic, text);
  return warning(topic, `${text}, ${counted(warnings.length, "warning")}`, `gapwatch policy check ${path}`);
}
