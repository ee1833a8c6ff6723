/** Reads one direction of a TCP connection as one protocol. */
export interface ProtocolReader {
  /** Takes octets; returns where it stopped: before `end` when what follows is another protocol. */
  read(view: DataView, at: number, end: number): number;
  /** Octets that were never seen. */
  gap(lenBytes: number): void;
  /** The stream is over. */
  close(): void;
  /** Nothing more will come of this direction. */
  readonly done: boolean;
  /** Octets that go unseen now could hide a name. */
  readonly needsAll: boolean;
  /** Whether the next `lenBytes` octets may name a destination, or say where something begins that may. */
  mayName(lenBytes: number): boolean;
  /** Octets of memory held for a message that is not whole. */
  readonly heldBytes: number;
}
