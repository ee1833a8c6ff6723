import { systemMessage } from "../capture/system-message.ts";

/** A part of the records that may fail while everything else goes on. */
export type RecordsPart = "audit" | "store" | "evidence" | "syslog";

/** Is told when a part fails, with a sentence for people, and with null when it works again. Must not throw. */
export type AlarmSink = (part: RecordsPart, message: string | null) => void;

/** Tells of each change once. */
export class Alarm {
  private message: string | null = null;
  private readonly part: RecordsPart;
  private readonly sink: AlarmSink;

  constructor(part: RecordsPart, sink: AlarmSink) {
    this.part = part;
    this.sink = sink;
  }

  raise(doing: string, error: unknown): void {
    const message = `${doing}: ${systemMessage(error)}`;
    if (message === this.message) return;
    this.message = message;
    this.sink(this.part, message);
  }

  clear(): void {
    if (this.message === null) return;
    this.message = null;
    this.sink(this.part, null);
  }
}
