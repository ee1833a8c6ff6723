/** Items behind the head before the array is cut: moving them costs less than each was worth. */
const CUT_AFTER = 1024;

/**
 * First in, first out, in constant time. (The first entries of a Map can be taken as well, but every
 * look for the first one walks over those already deleted.)
 */
export class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest item, undefined when there is none. */
  first(): T | undefined {
    return this.items[this.head];
  }

  /** Takes the oldest item. */
  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head++];
    if (this.head > CUT_AFTER && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
