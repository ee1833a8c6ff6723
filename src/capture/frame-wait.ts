import { setTimeout as delay } from "node:timers/promises";
import { type Libc, loadLibc } from "./libc.ts";
import { CaptureUnsupported, type LiveSource } from "./live-source.ts";

const POLLFD_LEN = 8;
const POLLIN = 1;
/** Sources without a descriptor are looked at this often. */
const LOOK_MS = 10;

/** Waits for frames of several sources at once: who waited for one after the other would starve the busy ones. */
export class FrameWait {
  private readonly libc: Libc | null;
  private pollfds = new DataView(new ArrayBuffer(0));

  private constructor(libc: Libc | null) {
    this.libc = libc;
  }

  static async load(): Promise<FrameWait> {
    try {
      return new FrameWait(await loadLibc());
    } catch (error) {
      if (!(error instanceof CaptureUnsupported)) throw error;
      return new FrameWait(null);
    }
  }

  /** Returns when one of them has frames or something else to tell, or when the time is up. */
  async wait(sources: readonly LiveSource[], ms: number): Promise<void> {
    const { libc } = this;
    const fds = sources.flatMap(({ descriptor }) => (descriptor === null ? [] : [descriptor]));
    if (libc === null || sources.length === 0 || fds.length < sources.length) {
      await delay(Math.min(ms, LOOK_MS));
      return;
    }
    if (this.pollfds.byteLength < fds.length * POLLFD_LEN) {
      this.pollfds = new DataView(new ArrayBuffer(fds.length * POLLFD_LEN));
    }
    for (const [i, fd] of fds.entries()) {
      this.pollfds.setInt32(i * POLLFD_LEN, fd, true);
      this.pollfds.setInt16(i * POLLFD_LEN + 4, POLLIN, true);
    }
    libc.poll(new Uint8Array(this.pollfds.buffer), fds.length, ms);
  }
}
