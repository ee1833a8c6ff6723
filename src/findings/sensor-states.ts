/** What can keep a live sensor from seeing, as an operator is told of it. */
export type SensorStateName =
  | "sensor.silent"
  | "sensor.drops"
  | "sensor.one-sided"
  | "sensor.tcp-gaps"
  | "sensor.gap"
  | "sensor.host-unseen"
  | "sensor.interface"
  | "sensor.capture";

/** A state that was raised or cleared. */
export interface StateChange {
  readonly name: SensorStateName;
  /** What it is about: an interface, a host; "" for the sensor as a whole. */
  readonly subject: string;
  readonly raised: boolean;
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  readonly text: string;
}

/** One look at the sensor: running totals, wall clock. */
export interface SensorLook {
  readonly atMs: number;
  readonly interfaces: readonly InterfaceLook[];
  readonly packets: number;
  readonly tcpUnseen: number;
  readonly tcpBytes: number;
  /** Inside conversations that must show both directions, and those that showed one. */
  readonly conversations: number;
  readonly oneWay: number;
  readonly hostsSeen: ReadonlySet<string>;
}

export interface InterfaceLook {
  readonly name: string;
  /** Up and delivering; else why not. */
  readonly fault: string | null;
  readonly dropped: number;
}

/** What the enclave file states. */
export interface SensorLimits {
  readonly maxSilenceSec: number | null;
  readonly mustBeSeen: readonly string[];
}

/** A state about rates is judged over this long. */
const WINDOW_MS = 60_000;
/** Hosts are given this long to be seen when the enclave file states no silence. */
const UNSEEN_AFTER_MS = 300_000;
const MAX_UNSEEN_SHARE = 0.001;
const MAX_ONE_WAY_SHARE = 0.05;

const NOTHING_YET = { interfaces: [], packets: 0, tcpUnseen: 0, tcpBytes: 0, conversations: 0, oneWay: 0 };

/**
 * Watches the watcher: turns looks at running totals into states that are raised and cleared. The run
 * verdict keeps what a state said after it is cleared (DESIGN section 3, Coverage).
 */
export class SensorStates {
  private readonly limits: SensorLimits;
  private readonly open = new Map<string, StateChange>();
  private readonly window: SensorLook[] = [];
  private readonly startedMs: number;
  private lastPacketMs: number;
  private lastPackets = 0;

  constructor(limits: SensorLimits, startedMs: number) {
    this.limits = limits;
    this.startedMs = startedMs;
    this.lastPacketMs = startedMs;
  }

  /** States that are raised now. */
  raised(): StateChange[] {
    return [...this.open.values()];
  }

  /** Takes a look and returns what changed. */
  look(now: SensorLook): StateChange[] {
    while (this.window.length > 1 && now.atMs - this.window[1].atMs >= WINDOW_MS) this.window.shift();
    const before = this.window[0] ?? { ...now, ...NOTHING_YET };
    this.window.push(now);
    return [
      ...this.interfaceChanges(now, before),
      ...this.silence(now),
      ...this.rates(now, before),
      ...this.hosts(now),
    ];
  }

  private interfaceChanges(now: SensorLook, before: SensorLook): StateChange[] {
    const changes: StateChange[] = [];
    for (const { name, fault, dropped } of now.interfaces) {
      changes.push(
        ...this.set("sensor.interface", name, fault !== null, now.atMs, `${name}: ${fault ?? "delivers"}`),
      );
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
    if (now.packets !== this.lastPackets) {
      this.lastPackets = now.packets;
      this.lastPacketMs = now.atMs;
    }
    if (this.limits.maxSilenceSec === null) return [];
    const silentSec = Math.floor((now.atMs - this.lastPacketMs) / 1000);
    const silent = silentSec > this.limits.maxSilenceSec;
    return this.set(
      "sensor.silent",
      "",
      silent,
      now.atMs,
      silent ? `no packet for ${silentSec} s` : "packets again",
    );
  }

  private rates(now: SensorLook, before: SensorLook): StateChange[] {
    const unseen = now.tcpUnseen - before.tcpUnseen;
    const bytes = now.tcpBytes - before.tcpBytes;
    const gaps = unseen > MAX_UNSEEN_SHARE * bytes;
    const oneWay = now.oneWay - before.oneWay;
    const all = now.conversations - before.conversations;
    const oneSided = oneWay > MAX_ONE_WAY_SHARE * all;
    return [
      ...this.set(
        "sensor.tcp-gaps",
        "",
        gaps,
        now.atMs,
        `${unseen} of ${bytes} octets of TCP data were never seen`,
      ),
      ...this.set(
        "sensor.one-sided",
        "",
        oneSided,
        now.atMs,
        `${oneWay} of ${all} conversations show one direction`,
      ),
    ];
  }

  private hosts(now: SensorLook): StateChange[] {
    const afterMs = this.limits.maxSilenceSec === null ? UNSEEN_AFTER_MS : this.limits.maxSilenceSec * 1000;
    if (now.atMs - this.startedMs <= afterMs) return [];
    return this.limits.mustBeSeen.flatMap((host) => {
      const unseen = !now.hostsSeen.has(host);
      return this.set(
        "sensor.host-unseen",
        host,
        unseen,
        now.atMs,
        `${host} ${unseen ? "was not seen yet" : "is seen"}`,
      );
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
    if (this.open.has(key) === raised) return [];
    const change = { name, subject, raised, atMs, text };
    if (raised) this.open.set(key, change);
    else this.open.delete(key);
    return [change];
  }
}
