/**
 * Interleaves conversations in time: each is a generator that puts its packets on the wire and yields
 * the microseconds until it wants to go on. A binary heap, ordered by time, then by order of arrival.
 */
export class Timeline {
  #heap = [];
  #arrivals = 0;

  get open() {
    return this.#heap.length;
  }

  start(timeUsec, conversation) {
    const heap = this.#heap;
    const entry = { timeUsec, order: this.#arrivals++, conversation };
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  /** Runs until nobody has anything to say or `enough()`; `wire` gets the time before each step. */
  run(wire, enough) {
    const heap = this.#heap;
    while (heap.length > 0 && !enough()) {
      const entry = heap[0];
      wire.nowUsec = entry.timeUsec;
      const { done, value } = entry.conversation.next();
      if (done) {
        const last = heap.pop();
        if (heap.length > 0) this.#sink(last);
      } else {
        entry.timeUsec += Math.max(1, Math.round(value));
        this.#sink(entry);
      }
    }
  }

  /** Puts `entry` in the root's place and moves it down to where it belongs. */
  #sink(entry) {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], entry)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}

function before(a, b) {
  return a.timeUsec < b.timeUsec || (a.timeUsec === b.timeUsec && a.order < b.order);
}
