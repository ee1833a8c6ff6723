import { readFileSync } from "node:fs";
import type { InterfaceState, LiveEvent, LiveListener } from "./live-source.ts";

/** Flags of an interface (man 7 netdevice): switched on by whoever manages it; the link is there. */
const IFF_UP = 0x1;
export const IFF_RUNNING = 0x40;

/** Turns what is seen of an interface, now and then, into its state and an event for each change. */
export class InterfaceWatch {
  state: InterfaceState = "up";
  /** Times that it stopped being up. */
  outages = 0;
  readonly #listener: LiveListener;

  constructor(listener: LiveListener) {
    this.#listener = listener;
  }

  /**
   * The name belongs to interface `index` now, -1 for none, which has these flags; capture is bound to
   * interface `bound`. True when it must be bound again.
   */
  observe(index: number, flags: number, bound: number): boolean {
    if (index === -1) this.#enter("gone", "there is no such interface any more");
    else if (index !== bound) return true;
    else if ((flags & IFF_UP) === 0) this.#enter("down", "the interface is down");
    else if ((flags & IFF_RUNNING) === 0) this.#enter("down", "the interface has no carrier");
    else this.#enter("up", "the interface is up");
    return false;
  }

  /** The kernel says that the interface went down; it may be up again already. */
  wentDown(): void {
    if (this.state === "up") this.#enter("down", "the interface went down");
  }

  /** Capture is bound to another interface of the same name. */
  bound(): void {
    if (this.state === "up") this.outages++; // it was gone between two looks
    this.state = "up"; // as far as is known: whoever binds looks again
    this.tell("recreated", "the interface was made again: capture goes on with the new one");
  }

  /** The interface cannot be captured from: see `detail`. */
  lost(detail: string): void {
    this.#enter("gone", detail);
  }

  /** The source ended by itself: see `detail`. */
  ended(detail: string): void {
    this.#enter("ended", detail);
  }

  tell(kind: LiveEvent["kind"], detail: string): void {
    this.#listener({ atMs: Date.now(), kind, detail });
  }

  #enter(state: InterfaceState, detail: string): void {
    if (this.state === state) return;
    if (this.state === "up") this.outages++;
    this.state = state;
    this.tell(state, detail);
  }
}

/** What sysfs says of an interface: -1 and no flags when there is none of this name. */
export function interfaceInSysfs(name: string): { index: number; flags: number } {
  const index = numberInSysfs(name, "ifindex");
  if (index === null) return { index: -1, flags: 0 };
  // The file shows what was set, without the carrier, which can be read only while the interface is up.
  const flags = (numberInSysfs(name, "flags") ?? 0) & ~IFF_RUNNING;
  return { index, flags: numberInSysfs(name, "carrier") === 1 ? flags | IFF_RUNNING : flags };
}

function numberInSysfs(name: string, file: string): number | null {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/${file}`, "latin1"));
  } catch {
    return null;
  }
}
