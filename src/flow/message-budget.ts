/**
 * What a message costs of the budget: one more name of the link, an answer, a request that says nothing new, a
 * question, and a request that names somebody. Measured: a unit is 3 µs or so.
 */
export const COST_LOCAL = 0.25;
export const COST_ANSWER = 0.5;
export const COST_KNOWN = 1;
export const COST_QUESTION = 2;
export const COST_NEW = 4;

/**
 * What a segment or datagram earns, and octets of it for one more: so much that a message for itself is always read,
 * and that small calls between two services pay for themselves however many share a segment.
 */
const EARNED = COST_NEW;
const OCTETS_A_UNIT = 160;
/** What is saved up at most: some hundred requests at once are nothing unusual. */
const MAX_SAVED = 1024;

/**
 * Messages are read as many as what carries them is worth. A segment has room for dozens, each of which names
 * somebody else, and to judge one costs as much as twenty plain packets: whoever sends nothing but such segments would
 * take the time of everything else. What is left out is counted by who asks, and makes a run inconclusive.
 */
export class MessageBudget {
  /** Something was left out since the last segment or datagram. */
  isSpent = false;
  private left = MAX_SAVED;

  /** A segment or datagram with so many octets of content is about to be read. */
  earn(lenBytes: number): void {
    this.isSpent = false;
    this.left = Math.min(MAX_SAVED, this.left + EARNED + lenBytes / OCTETS_A_UNIT);
  }

  /** Whether a message may be read that costs this much. */
  take(cost: number): boolean {
    if (this.left < cost) {
      this.left = 0;
      this.isSpent = true;
      return false;
    }
    this.left -= cost;
    return true;
  }
}
