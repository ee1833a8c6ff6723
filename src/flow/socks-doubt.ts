import { isSocksAnswerStart } from "../names/socks.ts";
import type { End } from "./flow-view.ts";

/**
 * A client whose first octets have the form of SOCKS, but a part that no usual client has: whether it is one, the other
 * end's answer tells.
 */
export class SocksDoubt {
  /** The other end answered as no proxy does. */
  isNone = false;
  /** The end whose octets are held, and have a meaning since the other's came. */
  woken: End | null = null;
  private client: End | null = null;
  private isSettled = false;

  /** First octets of this end are doubtful: true where they are SOCKS, false where that is to be waited for. */
  raise(from: End): boolean {
    if (!this.isSettled) this.client = from;
    return this.isSettled;
  }

  /** This end's first octets are looked at: view[at, end). True where they are an answer that has to wait for its question. */
  hear(from: End, view: DataView, at: number, end: number): boolean {
    if (this.woken === from) this.woken = null;
    if (this.client === null || this.client === from || this.isSettled) return false;
    const answer = isSocksAnswerStart(view, at, end);
    if (answer === "maybe") return true;
    this.isSettled = true;
    this.isNone = answer === "no";
    this.woken = this.client;
    return answer === "yes";
  }
}
