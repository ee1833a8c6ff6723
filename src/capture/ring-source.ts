import { EarlyLosses } from "./early-losses.ts";
import type { FrameBatch } from "./frame-batch.ts";
import { CaptureError } from "./frame-source.ts";
import { InterfaceWatch } from "./interface-watch.ts";
import { errnoMessage } from "./libc.ts";
import type { InterfaceState, LiveListener, LiveSource, LiveStats } from "./live-source.ts";
import { BLOCK_LEN, type RingSocket } from "./packet-socket.ts";
import { BLOCK_OURS, BLOCK_STATUS, BlockReader } from "./ring-layout.ts";

const POLL_MS = 50;
/** Between looks at the interface and its losses. */
const LOOK_MS = 500;
/** After `stop()`: frames that the kernel counted and never handed over are not waited for longer. */
const DRAIN_MS = 1000;

const ENETDOWN = 100;

// ARPHRD_ values: linux/if_arp.h; LINKTYPE_ values: tcpdump.org/linktypes.html
const ARPHRD_ETHERNET = 1;
const ARPHRD_RAWIP = 519;
const ARPHRD_LOOPBACK = 772;
const ARPHRD_NONE = 65534; // tun, WireGuard
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;

export interface RingOptions {
  readonly listener: LiveListener;
  /** Memory of the ring, from 2 to 1024 MiB. The kernel takes it at once, and does not swap it. */
  readonly ringMb?: number;
  /** How long `next()` blocks the thread when there are no frames; 0 where somebody waits for several sources. */
  readonly pollMs?: number;
  /** Rings that share the interface. */
  readonly share?: RingShare;
}

/**
 * Rings that share an interface: each frame is delivered to one of them. What comes while they are being
 * opened may be delivered twice. The kernel binds none of them a second time, so that when the interface is
 * made again the first goes on alone, with another socket, and the others end.
 */
export class RingShare {
  /** The kernel's number for them; null before the first has joined. */
  group: number | null = null;
}

/** Frames of one interface, read in the memory that the kernel put them into (TPACKET_V3). */
export class RingSource implements LiveSource {
  readonly interface: string;
  linkType = 0;
  readonly #open: () => RingSocket;
  readonly #pollMs: number;
  /** Null when it has the interface to itself. */
  #share: RingShare | null;
  /** The one that goes on when the interface is made again. */
  readonly #isFirst: boolean;
  readonly #watch: InterfaceWatch;
  readonly #blocks: BlockReader;
  #socket: RingSocket;
  /** The ring as words, for the blocks' states. */
  #words: Uint32Array;
  /** The index of the interface that the socket is bound to. */
  #bound = -1;
  #rebind = false;
  /** Where the current block, or the next, begins, and whether it is ours. */
  #blockAt = 0;
  #holding = false;
  #closed = false;
  /** When to give up waiting for frames that were counted, once the source was stopped. */
  #drainUntilMs = Infinity;
  #lookAtMs = 0;

  #received = 0;
  #seen = 0;
  #dropped = 0;
  #lossEvents = 0;
  #freezes = 0;
  #missed: number | null = null;
  /** Lost before the ring, on the interface that it is bound to; so many were told of. */
  #early: EarlyLosses;
  #earlyBefore = 0;

  /** `open` makes a socket that receives nothing yet. Throws what `openRing` (open-rings.ts) throws. */
  constructor(name: string, open: () => RingSocket, options: RingOptions) {
    this.interface = name;
    this.#open = open;
    this.#pollMs = options.pollMs ?? POLL_MS;
    this.#share = options.share ?? null;
    this.#isFirst = this.#share === null || this.#share.group === null;
    this.#watch = new InterfaceWatch(options.listener);
    this.#early = new EarlyLosses(name);
    this.#socket = open();
    this.#words = new Uint32Array(this.#socket.ring);
    this.#blocks = new BlockReader(this.#socket.ring);
    try {
      const index = this.#socket.interfaceIndex(name);
      if (index === -1)
        throw new CaptureError("there is no such interface; `ip link` lists those that there are");
      this.#bind(this.#socket, index);
      this.#look();
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  get state(): InterfaceState {
    return this.#watch.state;
  }

  get descriptor(): number | null {
    return this.#closed ? null : this.#socket.descriptor;
  }

  next(): FrameBatch | null {
    const { batch } = this.#blocks;
    batch.count = 0;
    if (this.#closed) return null;
    if (this.#blocks.left === 0 && !this.#nextBlock()) return this.#idle();
    this.#blocks.read();
    this.#seen += batch.count;
    return batch;
  }

  stats(): LiveStats {
    if (!this.#closed) this.#account();
    const { ignored, cut } = this.#blocks;
    return {
      received: this.#received,
      seen: this.#seen,
      ignored,
      dropped: this.#dropped,
      lossEvents: this.#lossEvents,
      freezes: this.#freezes,
      cut,
      outages: this.#watch.outages,
      missed: this.#missed,
    };
  }

  stop(): void {
    if (this.#closed) return;
    this.#socket.refuse();
    this.#drainUntilMs = performance.now() + DRAIN_MS;
  }

  close(): void {
    if (this.#closed) return;
    this.#account();
    this.#closed = true;
    this.#blocks.batch.count = 0;
    this.#socket.close();
  }

  /** Gives the last block back and takes the next, for which it waits; false when there is none. */
  #nextBlock(): boolean {
    if (this.#holding) {
      Atomics.store(this.#words, (this.#blockAt + BLOCK_STATUS) >> 2, 0);
      this.#holding = false;
      this.#blockAt += BLOCK_LEN;
      if (this.#blockAt === this.#socket.ring.byteLength) this.#blockAt = 0;
    }
    if (performance.now() >= this.#lookAtMs) this.#look();
    if (this.#takeBlock()) return true;
    if (this.#socket.wait(this.#pollMs)) this.#heed();
    return this.#takeBlock();
  }

  #takeBlock(): boolean {
    const status = Atomics.load(this.#words, (this.#blockAt + BLOCK_STATUS) >> 2);
    if ((status & BLOCK_OURS) === 0) return false;
    this.#holding = true;
    this.#blocks.begin(this.#blockAt);
    return true;
  }

  /** There are no frames now. */
  #idle(): FrameBatch | null {
    if (this.#closed) return null;
    if (this.#drainUntilMs !== Infinity && this.#isDrained()) {
      this.close();
      return null;
    }
    if (this.#rebind) {
      // Not earlier: the ring may hold frames of the old interface.
      if (!this.#isFirst) {
        this.close();
        return null;
      }
      this.#bindAgain();
    }
    return this.#blocks.batch;
  }

  #isDrained(): boolean {
    this.#account();
    const left = this.#received - this.#seen - this.#blocks.ignored - this.#dropped;
    return left === 0 || performance.now() > this.#drainUntilMs;
  }

  /** The kernel has something to say. */
  #heed(): void {
    const errno = this.#socket.takeError();
    if (errno === 0) {
      this.#watch.ended("the capture socket broke");
      this.close();
      return;
    }
    if (errno === ENETDOWN) this.#watch.wentDown();
    else this.#watch.tell("error", errnoMessage(errno));
    this.#look();
  }

  #look(): void {
    this.#lookAtMs = performance.now() + LOOK_MS;
    this.#account();
    const socket = this.#socket;
    const name = this.interface;
    this.#rebind = this.#watch.observe(socket.interfaceIndex(name), socket.interfaceFlags(name), this.#bound);
  }

  #account(): void {
    const [received, dropped, freezes] = this.#socket.takeStatistics();
    this.#received += received;
    this.#dropped += dropped;
    this.#freezes += freezes;
    const early = this.#early.total();
    const missed = Math.max(0, (early ?? 0) - this.#earlyBefore);
    this.#earlyBefore += missed;
    if (early !== null) this.#missed = (this.#missed ?? 0) + missed;
    if (dropped + missed === 0) return;
    this.#lossEvents++;
    if (dropped > 0) this.#watch.tell("drops", `${dropped} frames were lost because the ring was full`);
    if (missed > 0)
      this.#watch.tell(
        "drops",
        `${missed} frames were lost before the ring, in the network card or in the kernel`,
      );
  }

  #bindAgain(): void {
    this.#rebind = false;
    try {
      const index = this.#socket.interfaceIndex(this.interface);
      if (index === -1) return;
      if (this.#share === null) this.#bind(this.#socket, index);
      else this.#replaceSocket(index);
      this.#early = new EarlyLosses(this.interface);
      this.#earlyBefore = 0;
      this.#watch.bound();
      this.#look();
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.#watch.lost(`the interface was made again and cannot be captured from: ${error.message}`);
    }
  }

  #replaceSocket(index: number): void {
    this.#share = null;
    const socket = this.#open();
    try {
      this.#bind(socket, index);
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#account();
    this.#socket.close();
    this.#socket = socket;
    this.#words = new Uint32Array(socket.ring);
    this.#blocks.use(socket.ring);
    this.#blockAt = 0;
  }

  #bind(socket: RingSocket, index: number): void {
    const hardware = socket.interfaceHardware(this.interface);
    const linkType = linkTypeOf(hardware);
    socket.bind(index);
    if (this.#share !== null) this.#share.group = socket.joinFanout(this.#share.group);
    this.#bound = index;
    this.linkType = linkType;
    this.#blocks.batch.linkType.fill(linkType);
    this.#blocks.restoreTags = linkType === LINKTYPE_ETHERNET;
    this.#blocks.skipOutgoing = hardware === ARPHRD_LOOPBACK;
  }
}

function linkTypeOf(hardware: number): number {
  if (hardware === ARPHRD_ETHERNET || hardware === ARPHRD_LOOPBACK) return LINKTYPE_ETHERNET;
  if (hardware === ARPHRD_NONE || hardware === ARPHRD_RAWIP) return LINKTYPE_RAW;
  throw new CaptureError(
    `frames of hardware type ${hardware} are not decoded; expected Ethernet (1), loopback (772) or raw IP (519, 65534)`,
  );
}
