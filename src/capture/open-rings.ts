import { CaptureError } from "./frame-source.ts";
import { loadLibc } from "./libc.ts";
import type { LiveEvent } from "./live-source.ts";
import { BLOCK_LEN, PacketSocket } from "./packet-socket.ts";
import { type RingOptions, RingShare, RingSource } from "./ring-source.ts";

/** Covers a stall of half a second at 10 Gbit/s without loss. */
const RING_MB = 256;
/** Frames are addressed by int32. */
const MAX_RING_MB = 1024;

/** How the rings of an interface are made. */
export interface RingsOptions extends Omit<RingOptions, "share"> {
  /** Rings that share the interface, and its memory; 1 unless told. */
  readonly rings?: number;
  /** Open packet sockets, which the sources take over (see `socketsNeeded`). Without them they open their own. */
  readonly sockets?: readonly number[] | undefined;
}

/** Several rings want another socket when their interface is made again. */
export function socketsNeeded(rings: number): number {
  return rings === 1 ? 1 : rings + 1;
}

/**
 * Opens a ring on an interface, in promiscuous mode. Throws CapturePermission, CaptureUnsupported (another
 * kind of source may do), or CaptureError (no such interface, a link type that is not decoded, no memory).
 */
export async function openRing(name: string, options: RingsOptions): Promise<RingSource> {
  return (await openRings(name, { ...options, rings: 1 }))[0];
}

/** As `openRing`, with several rings. Events of the interface itself come from the first. */
export async function openRings(name: string, options: RingsOptions): Promise<RingSource[]> {
  const { ringMb = RING_MB, rings = 1, sockets = [], listener } = options;
  const eachMb = Math.floor(ringMb / rings);
  if (!Number.isInteger(ringMb) || eachMb < 2 || ringMb > MAX_RING_MB) {
    const each = rings === 1 ? "" : ` for each of ${rings}`;
    throw new CaptureError(`a ring of ${ringMb} MiB cannot be made; expected 2${each} to ${MAX_RING_MB}`);
  }
  const libc = await loadLibc();
  const fds = [...sockets];
  const open = (): PacketSocket => new PacketSocket(libc, (eachMb << 20) / BLOCK_LEN, fds.shift());
  const share = rings === 1 ? undefined : new RingShare();
  const quiet = (event: LiveEvent): void => {
    if (event.kind === "drops" || event.kind === "error") listener(event);
  };
  const opened: RingSource[] = [];
  try {
    for (let i = 0; i < rings; i++) {
      const own: RingOptions = { ...options, listener: i === 0 ? listener : quiet };
      opened.push(new RingSource(name, open, share === undefined ? own : { ...own, share }));
    }
  } catch (error) {
    for (const ring of opened) ring.close();
    throw error;
  }
  return opened;
}
