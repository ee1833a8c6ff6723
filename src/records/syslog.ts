import { hostname } from "node:os";
import type { StateChange } from "../findings/sensor-states.ts";
import { Alarm, type AlarmSink } from "./alarm.ts";
import type { ChainHead } from "./audit-log.ts";
import type { FindingChange } from "./finding-changes.ts";
import { openLink, type SyslogLink } from "./syslog-link.ts";
import { findingMessage, type SyslogOrigin, sensorMessage } from "./syslog-message.ts";
import { type SyslogTarget, targetText } from "./syslog-target.ts";

/** Messages that wait for a receiver; the oldest are lost beyond this. */
const MAX_QUEUED = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 30_000;
const CLOSE_MS = 2000;

export interface SyslogOptions {
  readonly alarm: AlarmSink;
  readonly origin?: SyslogOrigin;
  /** Messages that may wait. */
  readonly maxQueued?: number;
}

/**
 * Sends findings and sensor states to a syslog receiver (RFC 5424). Nobody ever waits for it: while there is no
 * connection messages wait in a bounded queue, and what is lost is counted.
 */
export class SyslogSink {
  /** Messages that the kernel took, and those that were lost. */
  sent = 0;
  lost = 0;
  private toldLost = 0;

  private readonly target: SyslogTarget;
  private readonly origin: SyslogOrigin;
  private readonly maxQueued: number;
  private readonly alarm: Alarm;
  private queue: string[] = [];
  private isSending = false;
  private link: SyslogLink | null = null;
  private giveUp: (() => void) | null = null;
  private attempts = 0;
  private retry: NodeJS.Timeout | null = null;
  private delayMs = FIRST_DELAY_MS;
  private isClosed = false;
  private drained: (() => void) | null = null;

  /** Connects at once, so that an operator sees whether the receiver is there. */
  constructor(target: SyslogTarget, options: SyslogOptions) {
    this.target = target;
    this.origin = options.origin ?? { hostname: hostname(), pid: process.pid };
    this.maxQueued = options.maxQueued ?? MAX_QUEUED;
    this.alarm = new Alarm("syslog", options.alarm);
    this.connect();
  }

  /** `head`: of the audit log after the finding was recorded; null without one. Only new and worse are sent. */
  finding(change: FindingChange, head: ChainHead | null): void {
    if (change.what !== "new" && change.what !== "worse") return;
    this.push(findingMessage(change, head, this.origin, new Date()));
  }

  sensor(change: StateChange, head: ChainHead | null): void {
    this.push(sensorMessage(change, head, this.origin, new Date()));
  }

  /** Waits a moment for what is queued, unless nobody listens, then ends; what is left is lost. */
  async close(): Promise<void> {
    if (this.queue.length > 0 && this.retry === null) await this.drain();
    this.isClosed = true;
    this.lost += this.queue.length;
    this.queue = [];
    if (this.retry !== null) clearTimeout(this.retry);
    this.giveUp?.();
  }

  private drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      this.drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private push(message: string): void {
    if (this.isClosed) return;
    this.queue.push(message);
    if (this.queue.length > this.maxQueued) {
      this.queue.splice(this.isSending ? 1 : 0, 1);
      this.lost++;
    }
    this.pump();
  }

  /** One message at a time: it stays in the queue until the kernel has it. */
  private pump(): void {
    const { link } = this;
    if (link === null || this.isSending) return;
    if (this.queue.length === 0) {
      this.drained?.();
      return;
    }
    this.isSending = true;
    link.send(this.queue[0], (error) => {
      if (link !== this.link) return; // of a connection that is gone
      this.isSending = false;
      if (error !== null) {
        this.down(error);
        return;
      }
      this.sent++;
      this.queue.shift();
      this.delayMs = FIRST_DELAY_MS;
      this.tellLost();
      this.alarm.clear();
      this.pump();
    });
  }

  /** That it works again does not say that the receiver has everything. */
  private tellLost(): void {
    if (this.lost === this.toldLost) return;
    const count = this.lost - this.toldLost;
    this.toldLost = this.lost;
    const what = `messages to syslog ${targetText(this.target)}`;
    this.alarm.raise(what, new Error(`${count} came while it could not be reached, and were lost`));
  }

  private connect(): void {
    this.retry = null;
    const attempt = ++this.attempts;
    this.giveUp = openLink(this.target, {
      ready: (link) => {
        if (attempt !== this.attempts) return;
        this.link = link;
        if (this.target.transport !== "udp") this.alarm.clear(); // UDP knows only by sending
        this.pump();
      },
      down: (error) => {
        if (attempt === this.attempts) this.down(error);
      },
    });
  }

  private down(error: Error): void {
    if (this.isClosed) return;
    this.attempts++; // whatever that connection still says is of no interest
    this.giveUp?.();
    this.link = null;
    this.isSending = false;
    this.alarm.raise(`cannot send to syslog ${targetText(this.target)}`, error);
    this.retry = setTimeout(() => this.connect(), this.delayMs);
    this.retry.unref();
    this.delayMs = Math.min(MAX_DELAY_MS, 2 * this.delayMs);
  }
}
