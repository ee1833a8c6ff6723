import type { EnclavePolicy } from "../policy/policy.ts";
import { BLIND_COUNTERS } from "./coverage.ts";
import { OneSided } from "./one-sided.ts";

/** What can keep a live sensor from seeing, as an operator is told of it. */
export type SensorStateName =
  | "sensor.silent"
  | "sensor.drops"
  | "sensor.one-sided"
  | "sensor.tcp-gaps"
  | "sensor.gap"
  | "sensor.host-unseen"
  | "sensor.interface"
  | "sensor.blind";

/** A state that was raised or cleared. */
export interface StateChange {
  readonly name: SensorStateName;
  /** What it is about: an interface, a host, a coverage counter; "" for the sensor as a whole. */
  readonly subject: string;
  readonly raised: boolean;
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  readonly text: string;
}

/** One look at the sensor: running totals. */
export interface SensorLook {
  /** Wall clock, for people; and a clock that only counts up, by which states are judged. */
  readonly atMs: number;
  readonly countingMs: number;
  readonly interfaces: readonly InterfaceLook[];
  /** Counters by name, as the report at the end has them. */
  readonly coverage: Readonly<Record<string, number>>;
  readonly hostsSeen: ReadonlySet<string>;
}

export interface InterfaceLook {
  readonly name: string;
  /** Up and delivering; else why not. */
  readonly fault: string | null;
  readonly packets: number;
  readonly dropped: number;
  /** Times that it stopped delivering. */
  readonly outages: number;
}

/** What the enclave file states. */
export interface SensorLimits {
  readonly maxSilenceSec: number | null;
  readonly maxGapSec: number | null;
  readonly mustBeSeen: readonly string[];
}

export function limitsOf({ hosts, coverage }: EnclavePolicy): SensorLimits {
  const { maxSilenceSec, maxGapSec } = coverage;
  return {
    maxSilenceSec,
    maxGapSec,
    mustBeSeen: hosts.flatMap((host) => (host.mustBeSeen ? [host.name] : [])),
  };
}

/** A state about rates is judged over this long. */
const WINDOW_MS = 60_000;
/** Hosts are given this long to be seen when the enclave file states no silence. */
const UNSEEN_AFTER_MS = 300_000;
const MAX_UNSEEN_SHARE = 0.001;

const NOTHING_YET = { interfaces: [], coverage: {} };

/**
 * Watches the watcher: turns looks at running totals into states that are raised and cleared. The run
 * verdict keeps what a state said after it is cleared (DESIGN section 3, Coverage).
 */
export class SensorStates {
  private limits: SensorLimits;
  private readonly open = new Map<string, StateChange>();
  private readonly window: SensorLook[] = [];
  private readonly oneSided = new OneSided();
  private readonly outages = new Map<string, number>();
  private readonly startedMs: number;
  /** Of each interface: packets, and when there were more the last time. */
  private readonly lastPackets = new Map<string, { packets: number; atMs: number }>();

  /** `startedMs`: by the clock that only counts up. */
  constructor(limits: SensorLimits, startedMs: number) {
    this.limits = limits;
    this.startedMs = startedMs;
  }

  /** The enclave file changed. */
  adopt(limits: SensorLimits): void {
    this.limits = limits;
  }

  /** States that are raised now. */
  raised(): StateChange[] {
    return [...this.open.values()];
  }

  /** Takes a look and returns what changed. */
  look(now: SensorLook): StateChange[] {
    while (this.window.length > 1 && now.countingMs - this.window[1].countingMs >= WINDOW_MS) {
      this.window.shift();
    }
    const before = this.window[0] ?? { ...now, ...NOTHING_YET };
    this.window.push(now);
    return [
      ...this.interfaceChanges(now, before),
      ...this.silence(now),
      ...this.rates(now, before),
      ...this.blindness(now, before),
      ...this.hosts(now),
    ];
  }

  private interfaceChanges(now: SensorLook, before: SensorLook): StateChange[] {
    const changes: StateChange[] = [];
    for (const { name, fault, dropped, outages } of now.interfaces) {
      const known = this.outages.get(name) ?? 0;
      this.outages.set(name, outages);
      if (outages > known && fault === null && !this.open.has(`sensor.interface ${name}`)) {
        const was = `${name}: it did not deliver for a moment`;
        changes.push(...this.set("sensor.interface", name, true, now.atMs, was));
      }
      const is = `${name}: ${fault ?? "delivers"}`;
      changes.push(...this.set("sensor.interface", name, fault !== null, now.atMs, is));
      const lost = dropped - (before.interfaces.find((i) => i.name === name)?.dropped ?? 0);
      const text =
        lost > 0
          ? `${name}: ${lost} packets lost in the last minute`
          : `${name}: no packet lost for a minute`;
      changes.push(...this.set("sensor.drops", name, lost > 0, now.atMs, text));
    }
    return changes;
  }

  private silence(now: SensorLook): StateChange[] {
    const { maxSilenceSec, maxGapSec } = this.limits;
    return now.interfaces.flatMap(({ name, packets }) => {
      const silentSec = this.silentSec(name, packets, now.countingMs);
      const silence = (state: SensorStateName, maxSec: number | null): StateChange[] => {
        const raised = maxSec !== null && silentSec > maxSec;
        const text = raised
          ? `${name}: no packet for ${silentSec} s, the enclave file allows ${maxSec} s`
          : `${name}: packets again`;
        return this.set(state, name, raised, now.atMs, text);
      };
      return [...silence("sensor.silent", maxSilenceSec), ...silence("sensor.gap", maxGapSec)];
    });
  }

  private silentSec(name: string, packets: number, nowMs: number): number {
    const known = this.lastPackets.get(name);
    const atMs = known?.packets === packets ? known.atMs : packets === 0 ? this.startedMs : nowMs;
    this.lastPackets.set(name, { packets, atMs });
    return Math.floor((nowMs - atMs) / 1000);
  }

  private rates(now: SensorLook, before: SensorLook): StateChange[] {
    const unseen = since(now, before, "tcp.unseen_bytes");
    const bytes = since(now, before, "tcp.bytes");
    const gaps = unseen > MAX_UNSEEN_SHARE * bytes;
    const gapText = `${unseen} of ${bytes} octets of TCP data were never seen`;
    this.oneSided.look(now.countingMs, now.coverage);
    const { isOneSided, text } = this.oneSided;
    return [
      ...this.set("sensor.tcp-gaps", "", gaps, now.atMs, gapText),
      ...this.set("sensor.one-sided", "", isOneSided, now.atMs, text),
    ];
  }

  /** Counters that keep a run without findings from being clean. */
  private blindness(now: SensorLook, before: SensorLook): StateChange[] {
    const changes: StateChange[] = [];
    for (const [name, meaning] of BLIND_COUNTERS) {
      if (now.coverage[name] === undefined) continue;
      const count = since(now, before, name);
      const text =
        count > 0 ? `${name}: ${count} in the last minute: ${meaning}` : `${name}: none for a minute`;
      changes.push(...this.set("sensor.blind", name, count > 0, now.atMs, text));
    }
    return changes;
  }

  private hosts(now: SensorLook): StateChange[] {
    const { maxSilenceSec, mustBeSeen } = this.limits;
    const afterMs = maxSilenceSec === null ? UNSEEN_AFTER_MS : maxSilenceSec * 1000;
    if (now.countingMs - this.startedMs <= afterMs) return [];
    const raised = this.raised().filter(({ name }) => name === "sensor.host-unseen");
    const hosts = new Set([...mustBeSeen, ...raised.map(({ subject }) => subject)]);
    return [...hosts].flatMap((host) => {
      const unseen = mustBeSeen.includes(host) && !now.hostsSeen.has(host);
      const text = unseen ? `${host} was not seen yet` : `${host} is seen, or need not be`;
      return this.set("sensor.host-unseen", host, unseen, now.atMs, text);
    });
  }

  private set(
    name: SensorStateName,
    subject: string,
    raised: boolean,
    atMs: number,
    text: string,
  ): StateChange[] {
    const key = `${name} ${subject}`;
    const known = this.open.get(key);
    if (known !== undefined && raised) {
      this.open.set(key, { ...known, text }); // its figures grow while it lasts
      return [];
    }
    if (known === undefined && !raised) return [];
    const change = { name, subject, raised, atMs, text };
    if (raised) this.open.set(key, change);
    else this.open.delete(key);
    return [change];
  }
}

/** How much a counter grew between two looks. */
function since(now: SensorLook, before: SensorLook, name: string): number {
  return (now.coverage[name] ?? 0) - (before.coverage[name] ?? 0);
}
