import { CaptureError, type FrameStream } from "./frame-source.ts";

/** Frames that arrive while one looks: the ring of an interface, or a child process that captures. */
export interface LiveSource extends FrameStream {
  /** The name of the interface. */
  readonly interface: string;
  /** LINKTYPE_ value of the frames. */
  readonly linkType: number;
  readonly state: InterfaceState;
  /** Becomes readable when there are frames, or something else to tell; null: there is none to wait for. */
  readonly descriptor: number | null;
  /**
   * The next frames. An empty batch (`count` 0) means that none came within the poll time; null is the
   * end: after `close()`, after `stop()` when all was read, or when the source is lost.
   */
  next: FrameStream["next"];
  /** The account so far, losses up to now included. */
  stats(): LiveStats;
  /** Takes no more frames from the interface; `next()` hands out what waits, then null. */
  stop(): void;
}

/** gone: no interface of this name; ended: the source ended by itself. Frames come only while it is up. */
export type InterfaceState = "up" | "down" | "gone" | "ended";

/** Frame counts of a live source since it was opened. */
export interface LiveStats {
  /** What the interface delivered. Once all is read, `received = seen + ignored + dropped`, exactly. */
  readonly received: number;
  /** Handed out by `next()`. */
  readonly seen: number;
  /** Second copies, which the loopback interface shows of each frame. */
  readonly ignored: number;
  /** Lost between the interface and this process, because it read too slowly. */
  readonly dropped: number;
  /** Looks (two a second) that found new drops, and times that the ring was full. */
  readonly lossEvents: number;
  readonly freezes: number;
  /** Of those seen: longer than what was captured of them. */
  readonly cut: number;
  /** Times that the interface stopped delivering, however shortly. */
  readonly outages: number;
  /** Lost in the network card or in the kernel before any socket had them, null when that is not known. */
  readonly missed: number | null;
}

/**
 * What happened to a source, for an alarm: the interface changed its state ("recreated": the name belongs
 * to another interface now, which is captured from here on), frames were lost, the kernel reported an
 * error, or the source ended without being told to.
 */
export interface LiveEvent {
  /** Wall clock, in milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: InterfaceState | "recreated" | "drops" | "error";
  /** One sentence for people, without the interface's name. */
  readonly detail: string;
}

/** Called from within `next()` and `stats()`; must not call back. */
export type LiveListener = (event: LiveEvent) => void;

/** This platform has no packet ring, or not the program asked for: another kind of source may do. */
export class CaptureUnsupported extends CaptureError {}

/** The user may not capture: no other kind of source will do. The message says what to grant. */
export class CapturePermission extends CaptureError {
  constructor() {
    super(
      "capturing needs CAP_NET_RAW: set AmbientCapabilities=CAP_NET_RAW in the systemd unit, or start as root " +
        "(do not use setcap on node, which would grant it to every script)",
    );
  }
}
