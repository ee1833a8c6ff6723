import type { FrameBatch } from "./frame-batch.ts";

/** Where and why a capture could not be read on. */
export interface CaptureDamage {
  /** Octets into the (decompressed) capture. */
  readonly offset: number;
  /** One sentence for people, without the path and the offset. */
  readonly message: string;
}

/** What a source knows about itself so far; complete once `next()` has returned null. */
export interface SourceFacts {
  /** As the user named it; "-" for standard input. */
  readonly path: string;
  readonly format: "pcap" | "pcapng";
  readonly compression: "gzip" | "zstd" | null;
  /** Size of the file as stored, 0 when unknown (a pipe), and how much of it was read: for progress. */
  readonly storedBytes: number;
  readBytes: number;
  /** LINKTYPE_ values in order of first appearance. */
  readonly linkTypes: number[];
  packets: number;
  /** Captured octets of all packets, without file headers. */
  bytes: number;
  /** Earliest and latest packet time, null before the first packet. */
  first: PacketTime | null;
  last: PacketTime | null;
  /** Finest precision of any interface, in decimal digits of a second (6 for microseconds). */
  tsDigits: number;
  /** Packets that the capturing side says it lost (pcapng ISB, obsolete PB drop counts). */
  dropped: number;
  /** The capture says that a filter kept packets out (pcapng if_filter). */
  filtered: boolean;
  /** Packets without a time of their own (pcapng SPB): they get the time of the packet before. */
  untimed: number;
  /** Set when the capture was cut or damaged: what came before was delivered. */
  damage: CaptureDamage | null;
}

export interface PacketTime {
  sec: number;
  nsec: number;
}

/** Frames in capture order. */
export interface FrameStream {
  /** The next frames, or null at the end. Files and rings answer at once; pipes and decompressors may wait. */
  next(): FrameBatch | null | Promise<FrameBatch | null>;
  close(): void;
}

/** A capture that was stored, or is piped in. */
export interface FrameSource extends FrameStream {
  readonly facts: SourceFacts;
}

/** An input that cannot be read as a capture at all: the message is for the user, without a stack. */
export class CaptureError extends Error {}
