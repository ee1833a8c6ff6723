import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Room } from "../../src/flow/recent-octets.ts";
import { StreamBudget, TcpStream } from "../../src/flow/tcp-stream.ts";

/** Collects what a stream delivers; a gap is a question mark for each octet. */
class Collected {
  text = "";
  readonly gaps: number[] = [];
  mayName = () => true;
  rewrites = 0;

  rewritten(): void {
    this.rewrites++;
  }

  read(view: DataView, at: number, end: number): void {
    for (let i = at; i < end; i++) this.text += String.fromCharCode(view.getUint8(i));
  }

  gap(lenBytes: number): void {
    this.gaps.push(lenBytes);
    this.text += "?".repeat(Math.min(lenBytes, 1000));
  }
}

function streamFrom(next: number, budget = new StreamBudget()) {
  const out = new Collected();
  const stream = new TcpStream(next, out, budget);
  /** A segment whose memory is wiped after the call; `cut` octets of it were not captured. */
  const send = (seq: number, text: string, cut = 0): void => {
    const memory = Buffer.from(`<<${text}>>`, "latin1");
    const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    stream.segment(seq | 0, view, 2, 2 + text.length, text.length + cut);
    memory.fill(0);
  };
  return { out, stream, send, budget };
}

describe("TcpStream", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."abcdefgh"), minLength: 1, maxLength: 60 });

  it("gives the string back, whatever way it was split, ordered, overlapped and repeated", () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 20 }),
        fc.integer(),
        fc.infiniteStream(fc.nat()),
        (text, extra, first, order) => {
          const { out, stream, send, budget } = streamFrom(first);
          const pieces: [number, number][] = extra.map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
          for (let at = 0; at < text.length; at += 7) pieces.push([at, at + 7 + (at % 3)]);
          while (pieces.length > 0) {
            const [[from, to]] = pieces.splice((order.next().value ?? 0) % pieces.length, 1);
            if (text.slice(from, to) !== "") send(first + from, text.slice(from, to));
          }
          expect(out.text).toBe(text);
          stream.close();
          expect([out.text, out.gaps, budget.held, budget.overruns]).toEqual([text, [], 0, 0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("lets the first copy of an octet count", () => {
    const { out, send } = streamFrom(0);
    send(4, "EEE");
    send(0, "abcd");
    send(2, "XXXXXXy");
    expect(out.text).toBe("abcdEEEXy");
  });

  it("tells of what never came only when it is over", () => {
    const { out, stream, send } = streamFrom(10);
    send(13, "d");
    send(17, "h");
    expect(out.text).toBe("");
    stream.close();
    expect([out.text, out.gaps]).toEqual(["???d???h", [3, 3]]);
  });

  it("tells of what capture cut off, unless a whole copy came", () => {
    const { out, send } = streamFrom(0);
    send(0, "ab", 3);
    send(5, "f");
    send(2, "cde"); // too late
    expect([out.text, out.gaps]).toEqual(["ab???f", [3]]);
    const later = streamFrom(0);
    later.send(0, "abcde");
    later.send(0, "ab", 3);
    later.send(5, "f");
    expect(later.out.text).toBe("abcdef");
  });

  it("fills a cut with a copy that waited", () => {
    const { out, stream, send } = streamFrom(0);
    send(4, "ef", 2);
    send(0, "abcd");
    expect(out.text).toBe("abcdef??");
    send(8, "i");
    stream.close();
    expect([out.text, out.gaps]).toEqual(["abcdef??i", [2]]);
  });

  it("wraps around the end of the sequence numbers", () => {
    const { out, send } = streamFrom(0xfffffffe);
    send(2, "efg");
    send(0xfffffffe, "abcd");
    expect(out.text).toBe("abcdefg");
  });

  it("leaves out what is half of all numbers away, which is neither before nor after (found by the fuzzer)", () => {
    for (const next of [0, 5, -0x80000000]) {
      const { out, stream, send } = streamFrom(next);
      send(next + 0x80000000, "evil");
      send(next + 2, "cd");
      send(next + 0x80000000 + 2, "evil");
      send(next, "ab");
      stream.close();
      expect([out.text, out.gaps]).toEqual(["abcd", []]);
    }
  });

  it("goes on without what is missing when it may hold no more, and says so", () => {
    const { out, stream, send, budget } = streamFrom(0);
    const chunk = "x".repeat(1 << 16);
    for (let n = 0; n < 5; n++) send(100 + n * chunk.length, chunk);
    expect(budget.overruns).toBe(1);
    expect(out.gaps).toEqual([100]);
    expect(out.text.length).toBe(100 + 5 * chunk.length);
    send(100 + 5 * chunk.length, "y");
    expect(out.text.endsWith("xy")).toBe(true);
    stream.close();
    expect(budget.held).toBe(0);
  });

  it("shares one limit with all streams", () => {
    const budget = new StreamBudget();
    budget.held = 1 << 26;
    const { out, send } = streamFrom(0, budget);
    send(1, "b");
    expect([out.text, budget.overruns]).toEqual(["?b", 1]);
  });

  it("knows what lies before its start, but for keep-alive probes, however much has passed", () => {
    const { stream, send } = streamFrom(1000);
    expect([stream.isBefore(999, 1), stream.isBefore(999, 2), stream.isBefore(1000, 2)]).toEqual([
      false,
      true,
      false,
    ]);
    for (let n = 0; n < 3; n++) send(1000 + n * 2 ** 30, "", 2 ** 30);
    expect(stream.isBefore((1000 + 3 * 2 ** 30 - 100) | 0, 50)).toBe(false);
    expect([stream.isAcknowledged(1000 + 3 * 2 ** 30), stream.isAcknowledged(1000 + 2 ** 30)]).toEqual([
      true,
      false,
    ]);
  });

  it("gives its memory back when it is dropped", () => {
    const { out, stream, send, budget } = streamFrom(0);
    send(5, "abc");
    expect(budget.held).toBeGreaterThan(3);
    stream.drop();
    stream.close();
    expect([budget.held, out.text]).toEqual([0, ""]);
  });

  it("holds few tiny segments, and does not search among many", () => {
    for (const step of [2, -2]) {
      const { send, budget } = streamFrom(0);
      for (let n = 0; n < 20_000; n++) {
        send(1_000_000 + step * n, "x");
        if (budget.overruns > 0) break;
      }
      expect(budget.overruns).toBe(1);
    }
    const { send, budget } = streamFrom(0);
    for (let n = 0; n < 2000; n++) send(1_000_000, "", 10);
    expect(budget.overruns).toBeGreaterThan(0);
  });

  it("tells a retry that is another, as far back as it keeps, and holds nothing when it is over", () => {
    const { out, stream, send, budget } = streamFrom(0);
    send(0, "a".repeat(3000));
    send(3000, "bc");
    send(2999, "abX");
    expect(out.rewrites).toBe(1);
    send(2000, "a".repeat(1000));
    send(3001, "?"); // a keep-alive probe
    expect(out.rewrites).toBe(1);
    send(2000, `${"a".repeat(999)}X`);
    expect(out.rewrites).toBe(2);
    expect(budget.recent.held).toBeLessThanOrEqual(4096);
    expect(budget.recent.refused).toBe(0);
    stream.close();
    expect(budget.recent.held).toBe(0);
  });

  it("counts the octets that it cannot keep when all streams together keep too much, and gives room back", () => {
    const { send, budget } = streamFrom(0);
    const lent: Room[] = [];
    for (let got = budget.recent.take(4096); got !== null; got = budget.recent.take(4096)) lent.push(got);
    expect(budget.recent.held).toBe(64 * 2 ** 20);
    expect(budget.recent.refused).toBe(1);
    send(0, "abc");
    expect(budget.recent.refused).toBe(2);
    for (const room of lent) budget.recent.give(room);
    expect(budget.recent.take(4096)).not.toBeNull();
  });
});
