import { fstatSync } from "node:fs";
import type { Priority } from "../report/journal-priority.ts";

/** What is written of stdout and stderr here. */
interface TextStream {
  readonly fd: number;
  write(text: string): unknown;
}

/** Lines for an operator's terminal, a file, or the journal, which wants to know how much each matters. */
export class LogLines {
  private readonly stream: TextStream;
  private readonly toJournal: boolean;

  constructor(stream: TextStream) {
    this.stream = stream;
    this.toJournal = isJournal(stream.fd);
  }

  write(line: string, priority: Priority): void {
    this.stream.write(this.toJournal ? `<${priority}>${line}\n` : `${line}\n`);
  }

  /** Several lines of the same, ordinary importance. */
  writeText(text: string): void {
    this.stream.write(text);
  }
}

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
