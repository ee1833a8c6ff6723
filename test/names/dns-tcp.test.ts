import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DnsTcpDeframer } from "../../src/names/dns-tcp.ts";
import { placed } from "./octets.ts";

function frame(...messages: number[][]): Uint8Array {
  return Uint8Array.from(messages.flatMap((m) => [m.length >> 8, m.length & 0xff, ...m]));
}

/** What comes out of a stream that arrives in these chunks; a number is a gap of so many octets. */
function deframe(deframer: DnsTcpDeframer, ...chunks: (Uint8Array | number)[]): number[][] {
  const messages: number[][] = [];
  for (const chunk of chunks) {
    if (typeof chunk === "number") {
      deframer.skip(chunk);
      continue;
    }
    const { view, end, at: start } = placed(chunk, 0xff);
    for (let at = start; at < end; ) {
      const next = deframer.feed(view, at, end);
      expect(next).toBeGreaterThan(at);
      at = next;
      if (!deframer.ready) continue;
      const from = deframer.view;
      messages.push(
        Array.from({ length: deframer.end - deframer.at }, (_, i) => from.getUint8(deframer.at + i)),
      );
    }
  }
  return messages;
}

describe("DnsTcpDeframer", () => {
  const messages = [[1, 2, 3], [4], Array(300).fill(5), [6, 7]];

  it("hands on messages where they lie", () => {
    const { view, at, end } = placed(frame([1, 2, 3]));
    const deframer = new DnsTcpDeframer();
    expect(deframer.feed(view, at, end)).toBe(end);
    expect([deframer.view, deframer.at, deframer.end]).toEqual([view, at + 2, end]);
    expect(deframer.heldBytes).toBe(0);
  });

  it("gives the same messages however the stream is cut", () => {
    const stream = frame(...messages);
    for (let cut = 0; cut <= stream.length; cut++) {
      const deframer = new DnsTcpDeframer();
      expect(deframe(deframer, stream.slice(0, cut), stream.slice(cut))).toEqual(messages);
      expect(deframer.heldBytes).toBe(0);
    }
    const single = Array.from(stream, (octet) => Uint8Array.of(octet));
    expect(deframe(new DnsTcpDeframer(), ...single)).toEqual(messages);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 })), (lengths) => {
        const chunks: Uint8Array[] = [];
        let rest = stream;
        for (const length of lengths) {
          chunks.push(rest.slice(0, length));
          rest = rest.slice(length);
        }
        expect(deframe(new DnsTcpDeframer(), ...chunks, rest)).toEqual(messages);
      }),
    );
  });

  it("says nothing of empty messages", () => {
    expect(deframe(new DnsTcpDeframer(), frame([], [1], []))).toEqual([[1]]);
  });

  it("holds the longest message, and memory only for what came", () => {
    const longest = Array(0xffff).fill(9);
    const stream = frame(longest, [1]);
    const deframer = new DnsTcpDeframer();
    expect(deframe(deframer, stream.slice(0, 10))).toEqual([]);
    expect(deframer.heldBytes).toBeLessThanOrEqual(512);
    expect(deframe(deframer, stream.slice(10))).toEqual([longest, [1]]);
  });

  it("loses only the message that a gap lies in", () => {
    const stream = frame(...messages);
    const deframer = new DnsTcpDeframer();
    // 5 octets of the first, 3 of the second, then the length and some octets of the third
    expect(deframe(deframer, stream.slice(0, 20), 100, stream.slice(120))).toEqual([[1, 2, 3], [4], [6, 7]]);
    expect([deframer.lost, deframer.lostMessages]).toEqual([false, 1]);
    const twice = new DnsTcpDeframer();
    expect(deframe(twice, stream.slice(0, 20), 100, stream.slice(120, 130), 50, stream.slice(180))).toEqual([
      [1, 2, 3],
      [4],
      [6, 7],
    ]);
    expect([twice.lost, twice.lostMessages]).toEqual([false, 1]);
  });

  it("goes on behind a gap that ends with its message", () => {
    const stream = frame(...messages);
    const deframer = new DnsTcpDeframer();
    expect(deframe(deframer, stream.slice(0, 20), 290, stream.slice(310))).toEqual([[1, 2, 3], [4], [6, 7]]);
    expect([deframer.lost, deframer.lostMessages]).toEqual([false, 1]);
  });

  it("gives up when a length is missing", () => {
    const stream = frame(...messages);
    const deframer = new DnsTcpDeframer();
    expect(deframe(deframer, stream.slice(0, 20), 291, stream.slice(311))).toEqual([[1, 2, 3], [4]]);
    expect(deframer.lost).toBe(true);
    const atBoundary = new DnsTcpDeframer();
    expect(deframe(atBoundary, stream.slice(0, 5), 1, stream.slice(6))).toEqual([[1, 2, 3]]);
    expect(atBoundary.lost).toBe(true);
  });
});
