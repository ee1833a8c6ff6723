import { fstatSync, writeSync } from "node:fs";
import { systemMessage } from "../capture/system-message.ts";
import type { Priority } from "../report/journal-priority.ts";

/** What waits for a disk that is full, or for a reader that is slow; what comes beyond is counted. */
const MAX_WAITING_LEN = 1 << 20;
const RETRY_MS = 250;
/** At the end, a reader gets this long to catch up. */
const END_MS = 5000;

/** Is told, in a sentence for people, that lines cannot be written, and that they can again. */
export type LinesAlarm = (message: string) => void;

/**
 * Lines for an operator's terminal, a file, or the journal, which wants to know how much each matters. A full disk
 * or a reader that is gone ends nothing, and a reader that is slow holds nothing up.
 */
export class LogLines {
  /** Lines that were never written. */
  lost = 0;
  private readonly fd: number;
  private readonly alarm: LinesAlarm;
  private readonly toJournal: boolean;
  private readonly waiting: Buffer[] = [];
  private waitingLen = 0;
  private timer: NodeJS.Timeout | null = null;
  private isTold = false;

  /** `fd`: of stdout or stderr. */
  constructor(fd: number, alarm: LinesAlarm) {
    this.fd = fd;
    this.alarm = alarm;
    this.toJournal = isJournal(fd);
  }

  write(line: string, priority: Priority): void {
    this.add(this.toJournal ? `<${priority}>${line}\n` : `${line}\n`);
  }

  /** Several lines of the same, ordinary importance. */
  writeText(text: string): void {
    this.add(text);
  }

  /** Waits a moment for what could not be written; what is left then is lost. */
  async end(): Promise<void> {
    for (const endMs = performance.now() + END_MS; this.waitingLen > 0 && performance.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS / 10));
      this.flush();
      if (this.isTold) break; // neither a full disk nor a closed pipe gets better by waiting
    }
    if (this.timer !== null) clearTimeout(this.timer);
    for (const octets of this.waiting) for (const octet of octets) if (octet === LINE_FEED) this.lost++;
    if (this.lost > 0) this.alarm(`${this.lost} lines were never written`);
  }

  private add(text: string): void {
    const octets = Buffer.from(text);
    if (this.waitingLen + octets.length > MAX_WAITING_LEN) {
      this.lost++;
      return;
    }
    this.waiting.push(octets);
    this.waitingLen += octets.length;
    if (!this.isTold) this.flush();
  }

  private flush(): void {
    try {
      for (let [octets] = this.waiting; octets !== undefined; [octets] = this.waiting) {
        const written = writeSync(this.fd, octets);
        this.waitingLen -= written;
        if (written < octets.length) this.waiting[0] = octets.subarray(written);
        else this.waiting.shift();
      }
      if (this.isTold) this.alarm("lines are written again");
      this.isTold = false;
    } catch (error) {
      this.failed(error);
      this.retryLater();
    }
  }

  private failed(error: unknown): void {
    // A pipe that is full: its reader may catch up before anything is lost.
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return;
    if (!this.isTold) this.alarm(`lines cannot be written: ${systemMessage(error)}`);
    this.isTold = true;
  }

  private retryLater(): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush();
    }, RETRY_MS);
    this.timer.unref();
  }
}

const LINE_FEED = 0x0a;

/** Whether what is written to this descriptor goes to the journal, which says so: systemd.exec(5). */
export function isJournal(fd: number, stream: string | undefined = process.env["JOURNAL_STREAM"]): boolean {
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
