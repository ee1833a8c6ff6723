import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { systemMessage } from "../capture/system-message.ts";
import type { EventSink } from "./event-sink.ts";

const STDOUT = 1;
const BUFFER_LEN = 1 << 18;
/** Octets that one UTF-16 unit may take in UTF-8. */
const MAX_UNIT_LEN = 3;
const RETRY_MS = 5;

/** The event log cannot be written. The message is for people; empty when the reader of stdout went away. */
export class EventFileError extends Error {}

/**
 * Where events go: a file, or stdout for "-". Lines are gathered and written synchronously: the sensor does
 * not outrun the disk, and nothing waits in memory when the process ends after `close`.
 */
export class EventFile implements EventSink {
  private readonly path: string;
  private readonly fd: number;
  private readonly buffer = Buffer.allocUnsafeSlow(BUFFER_LEN);
  private used = 0;

  /** Empties the file. `inputs`: files that this run reads, which it must not be. Throws EventFileError. */
  constructor(path: string, inputs: readonly string[]) {
    this.path = path;
    if (path === "-") {
      this.fd = STDOUT;
      return;
    }
    refuseInputs(path, inputs);
    try {
      this.fd = openSync(path, "w");
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Adds a line, its line feed included. Throws EventFileError. */
  write(line: string): void {
    const mostLen = line.length * MAX_UNIT_LEN;
    if (mostLen > BUFFER_LEN - this.used) this.flush();
    if (mostLen > BUFFER_LEN) this.writeAll(Buffer.from(line));
    else this.used += this.buffer.write(line, this.used);
  }

  flush(): void {
    const { used } = this;
    this.used = 0;
    this.writeAll(this.buffer.subarray(0, used));
  }

  /** Writes what is left. Throws EventFileError. */
  close(): void {
    this.flush();
    if (this.fd === STDOUT) return;
    try {
      closeSync(this.fd); // a network file system may say only now that the disk is full
    } catch (error) {
      throw this.failure(error);
    }
  }

  private writeAll(octets: Buffer): void {
    for (let at = 0; at < octets.length; ) {
      try {
        at += writeSync(this.fd, octets, at);
      } catch (error) {
        if (codeOf(error) !== "EAGAIN") throw this.failure(error);
        pause(); // a pipe that is full and does not block
      }
    }
  }

  private failure(error: unknown): EventFileError {
    if (this.path === "-" && codeOf(error) === "EPIPE") return new EventFileError("");
    return failureOf(this.path, error);
  }
}

/** Throws EventFileError where events would go into a file that the run reads. */
export function refuseInputs(path: string, inputs: readonly string[]): void {
  if (path === "-" || !inputs.some((input) => isSameFile(path, input))) return;
  throw new EventFileError(`${path} is read by this run: events would overwrite it`);
}

function isSameFile(path: string, input: string): boolean {
  try {
    const own = statSync(path, { throwIfNoEntry: false });
    if (own?.isFile() !== true || input === "-") return false;
    const other = statSync(input, { throwIfNoEntry: false });
    return other !== undefined && own.dev === other.dev && own.ino === other.ino;
  } catch (error) {
    throw failureOf(path, error);
  }
}

function failureOf(path: string, error: unknown): EventFileError {
  return new EventFileError(
    `cannot write events to ${path === "-" ? "stdout" : path}: ${systemMessage(error)}`,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}
