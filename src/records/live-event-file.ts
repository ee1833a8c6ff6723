import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { systemMessage } from "../capture/system-message.ts";
import { EventFileError } from "./event-file.ts";
import type { EventSink } from "./event-sink.ts";

const STDOUT = 1;
const LINE_FEED = 0x0a;
/** What waits for a disk that is full, or for a reader that is slow. */
const BUFFER_LEN = 1 << 20;
/** Octets that one UTF-16 unit may take in UTF-8. */
const MAX_UNIT_LEN = 3;
/** Lines wait in memory up to here, if nobody flushes before. */
const FLUSH_LEN = 1 << 16;
/** Between attempts at a file that cannot be written. */
const RETRY_MS = 1000;

/** Is told, in a sentence for people, that events are being lost, and that they are not any more. */
export type EventAlarm = (message: string) => void;

/**
 * The event log of a run that goes on for months: appended to, opened anew when it was rotated away, and
 * no reason to stop. What cannot be written waits in a bounded buffer; what does not fit is counted.
 */
export class LiveEventFile implements EventSink {
  /** Lines that were never written. */
  lost = 0;
  private readonly path: string;
  private readonly name: string;
  private readonly alarm: EventAlarm;
  private fd: number;
  private readonly buffer = Buffer.allocUnsafeSlow(BUFFER_LEN);
  private used = 0;
  /** The file has the first part of the buffer's first line. */
  private isTorn = false;
  private trouble: string | null = null;
  private isTold = false;
  private retryMs = 0;

  /** Throws EventFileError when the file cannot be opened now. */
  constructor(path: string, alarm: EventAlarm) {
    this.path = path;
    this.name = path === "-" ? "stdout" : path;
    this.alarm = alarm;
    try {
      this.fd = this.open();
    } catch (error) {
      throw new EventFileError(`cannot write events to ${this.name}: ${systemMessage(error)}`);
    }
    if (this.fd !== STDOUT && endsInMidLine(path)) this.write("\n");
  }

  write(line: string): void {
    const mostLen = line.length * MAX_UNIT_LEN;
    if (mostLen > BUFFER_LEN - this.used) this.flush();
    if (mostLen > BUFFER_LEN - this.used) {
      this.lost++;
      this.tell(this.trouble ?? "they come faster than they can be written");
    } else {
      this.used += this.buffer.write(line, this.used);
      if (this.used > FLUSH_LEN && this.trouble === null) this.flush();
    }
  }

  /** Writes what waits, as far as that is possible. */
  flush(): void {
    if (this.used === 0 || (this.trouble !== null && performance.now() < this.retryMs)) return;
    let at = 0;
    try {
      if (this.fd === -1) this.fd = this.open();
      while (at < this.used) at += writeSync(this.fd, this.buffer, at, this.used - at);
      this.recovered();
    } catch (error) {
      this.failed(error);
    }
    if (at > 0) this.isTorn = this.buffer[at - 1] !== LINE_FEED;
    this.buffer.copyWithin(0, at, this.used);
    this.used -= at;
  }

  /** Goes on in the file that has the name now: after a rotation. */
  reopen(): void {
    if (this.fd === STDOUT) return;
    this.retryMs = 0;
    this.flush();
    if (this.isTorn) this.dropFirstLine(); // its beginning stays behind
    if (this.fd !== -1) this.closeFile();
    try {
      this.fd = this.open();
    } catch (error) {
      this.failed(error);
    }
  }

  close(): void {
    this.retryMs = 0;
    this.flush();
    for (let at = 0; at < this.used; at++) if (this.buffer[at] === LINE_FEED) this.lost++;
    if (this.lost > 0) this.alarm(`${this.lost} events were never written to ${this.name}`);
    if (this.fd > STDOUT) this.closeFile();
  }

  private open(): number {
    return this.path === "-" ? STDOUT : openSync(this.path, "a");
  }

  private closeFile(): void {
    try {
      closeSync(this.fd);
    } catch (error) {
      this.failed(error); // a network file system may say only now that the disk is full
    }
    this.fd = -1;
  }

  private dropFirstLine(): void {
    const end = this.buffer.subarray(0, this.used).indexOf(LINE_FEED) + 1;
    this.buffer.copyWithin(0, end, this.used);
    this.used -= end;
    this.isTorn = false;
    this.lost++;
  }

  private failed(error: unknown): void {
    // A pipe that is full and does not block: its reader may catch up before anything is lost.
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return;
    this.trouble = systemMessage(error);
    this.retryMs = performance.now() + RETRY_MS;
    this.tell(this.trouble);
  }

  private tell(why: string): void {
    if (!this.isTold) this.alarm(`cannot write events to ${this.name}: ${why}`);
    this.isTold = true;
  }

  private recovered(): void {
    if (this.isTold) this.alarm(`events are written to ${this.name} again; ${this.lost} were lost so far`);
    this.isTold = false;
    this.trouble = null;
  }
}

/** A run that was killed while it wrote leaves a torn line, which must not take the next run's first along. */
function endsInMidLine(path: string): boolean {
  const last = Buffer.alloc(1);
  let fd = -1;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO must not wait for its writer
    const stat = fstatSync(fd);
    return stat.isFile() && readSync(fd, last, 0, 1, stat.size - 1) === 1 && last[0] !== LINE_FEED;
  } catch {
    return false; // it may be written and not be read: nothing can be said
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}
