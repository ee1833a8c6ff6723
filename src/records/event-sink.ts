/** Where event lines go. */
export interface EventSink {
  /** Adds a line, its line feed included. */
  write(line: string): void;
  /** Writes what is left. */
  close(): void;
}
