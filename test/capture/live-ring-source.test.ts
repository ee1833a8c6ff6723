import { describe, expect, it } from "vitest";
import { CaptureError } from "../../src/capture/frame-source.ts";
import type { LiveEvent } from "../../src/capture/live-source.ts";
import { BLOCK_LEN, type RingSocket } from "../../src/capture/packet-socket.ts";
import { RingShare, RingSource } from "../../src/capture/ring-source.ts";
import { framesOf, type RingPacket, writeBlock } from "./ring-block.ts";

const BLOCKS = 3;
const ENETDOWN = 100;
/** IFF_UP and IFF_RUNNING. */
const UP = 0x41;

/** A socket whose kernel is the test. */
class FakeSocket implements RingSocket {
  readonly descriptor = 42;
  readonly ring = new ArrayBuffer(BLOCKS * BLOCK_LEN);
  index = 7;
  flags = UP;
  hardware = 1;
  bindings: number[] = [];
  groups: (number | null)[] = [];
  waits: number[] = [];
  /** What `wait` does meanwhile; true when there is an error to take. */
  meanwhile: () => boolean = () => false;
  error = 0;
  counts = [0, 0, 0];
  refused = false;
  closed = false;
  #next = 0;

  /** The kernel fills the next block, which must have been given back. */
  deliver(...packets: RingPacket[]): void {
    if (this.#status(this.#next) !== 0) throw new Error("the ring is full");
    writeBlock(this.ring, this.#next * BLOCK_LEN, packets);
    this.counts[0] += packets.length;
    this.#next = (this.#next + 1) % BLOCKS;
  }

  /** Which blocks are the reader's. */
  get handedOver(): number[] {
    return [0, 1, 2].filter((block) => this.#status(block) !== 0);
  }

  interfaceIndex(): number {
    return this.index;
  }
  interfaceFlags(): number {
    return this.flags;
  }
  interfaceHardware(): number {
    return this.hardware;
  }
  bind(index: number): void {
    this.bindings.push(index);
  }
  joinFanout(group: number | null): number {
    this.groups.push(group);
    return group ?? 107;
  }
  wait(timeoutMs: number): boolean {
    this.waits.push(timeoutMs);
    return this.meanwhile();
  }
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }
  takeStatistics(): Uint32Array {
    return Uint32Array.from(this.counts.splice(0, 3, 0, 0, 0));
  }
  refuse(): void {
    this.refused = true;
  }
  close(): void {
    this.closed = true;
  }

  #status(block: number): number {
    return new DataView(this.ring).getUint32(block * BLOCK_LEN + 8, true);
  }
}

function frame(...octets: number[]): RingPacket {
  return { data: Uint8Array.from(octets) };
}

function sourceOver(socket: FakeSocket, more: { share?: RingShare; open?: () => RingSocket } = {}) {
  const events: LiveEvent[] = [];
  const { open = () => socket, ...options } = more;
  const listener = (event: LiveEvent) => events.push(event);
  const source = new RingSource("mirror0", open, { listener, pollMs: 9, ...options });
  return { source, kinds: () => events.map(({ kind }) => kind), events };
}

/** Lets the source look at its interface: an error makes it look at once. */
function look(source: RingSource, socket: FakeSocket, errno = ENETDOWN): void {
  socket.meanwhile = () => {
    socket.error = errno;
    return true;
  };
  source.next();
  socket.meanwhile = () => false;
}

describe("ring source", () => {
  it("hands a block out in place, and back only when asked for the next", () => {
    const socket = new FakeSocket();
    const { source } = sourceOver(socket);
    socket.deliver(frame(1), frame(2));
    socket.deliver(frame(3));
    const batch = source.next();
    expect(batch && framesOf(batch)).toEqual(["01", "02"]);
    expect(batch?.bytes.buffer).toBe(socket.ring);
    expect(socket.handedOver).toEqual([0, 1]);
    expect(source.next()).toMatchObject({ count: 1 });
    expect(socket.handedOver).toEqual([1]);
    expect(source.next()).toMatchObject({ count: 0 });
    expect(socket.handedOver).toEqual([]);
    expect(source.next()).toMatchObject({ count: 0 });
    expect(socket.waits).toEqual([9, 9]); // only where there was nothing to hand out
  });

  it("goes round the ring", () => {
    const socket = new FakeSocket();
    const { source } = sourceOver(socket);
    const seen: string[] = [];
    for (let i = 0; i < 10; i++) {
      socket.deliver(frame(i));
      const batch = source.next();
      if (batch) seen.push(...framesOf(batch));
    }
    expect(seen).toEqual(["00", "01", "02", "03", "04", "05", "06", "07", "08", "09"]);
    expect(source.stats()).toMatchObject({ received: 10, seen: 10, dropped: 0 });
  });

  it("hands out what arrives while it waits", () => {
    const socket = new FakeSocket();
    const { source } = sourceOver(socket);
    socket.meanwhile = () => {
      socket.deliver(frame(1));
      return false;
    };
    expect(source.next()).toMatchObject({ count: 1 });
  });

  it("adds up counts that are cleared by each look", () => {
    const socket = new FakeSocket();
    const { source, events } = sourceOver(socket);
    socket.counts = [100, 30, 1];
    expect(source.stats()).toMatchObject({ received: 100, dropped: 30, freezes: 1, lossEvents: 1 });
    expect(source.stats()).toMatchObject({ received: 100, dropped: 30, freezes: 1, lossEvents: 1 });
    socket.counts = [5, 2, 1];
    source.close();
    expect(source.stats()).toMatchObject({ received: 105, dropped: 32, freezes: 2, lossEvents: 2 });
    expect(events).toMatchObject([
      { kind: "drops", detail: expect.stringContaining("30 frames") },
      { kind: "drops", detail: expect.stringContaining("2 frames") },
    ]);
  });

  it("hands out the rest when it is stopped, then ends", () => {
    const socket = new FakeSocket();
    const { source } = sourceOver(socket);
    socket.counts = [1, 0, 0]; // counted, in a block that the kernel still holds
    source.stop();
    expect(socket.refused).toBe(true);
    expect(source.next()).toMatchObject({ count: 0 });
    socket.deliver(frame(1));
    socket.counts = [0, 0, 0];
    expect(source.next()).toMatchObject({ count: 1 });
    expect(source.next()).toBeNull();
    expect(socket.closed).toBe(true);
    expect(source.next()).toBeNull();
    expect(source.stats()).toMatchObject({ received: 1, seen: 1 });
  });

  it("ends when it is closed, and holds no frames then", () => {
    const socket = new FakeSocket();
    const { source } = sourceOver(socket);
    socket.deliver(frame(1));
    const batch = source.next();
    source.close();
    source.close();
    expect(batch?.count).toBe(0);
    expect(source.next()).toBeNull();
  });

  it("tells an interface that went down for a moment, and one that stays down", () => {
    const socket = new FakeSocket();
    const { source, kinds } = sourceOver(socket);
    look(source, socket);
    expect(kinds()).toEqual(["down", "up"]);
    socket.flags = 0x40;
    look(source, socket);
    expect([source.state, ...kinds()]).toEqual(["down", "down", "up", "down"]);
    socket.flags = 0x01; // up, without a link
    look(source, socket);
    expect(source.state).toBe("down");
  });

  it("is bound again to an interface that was made again, after the old one's frames", () => {
    const socket = new FakeSocket();
    const { source, kinds } = sourceOver(socket);
    socket.index = -1;
    look(source, socket);
    expect(source.state).toBe("gone");
    socket.index = 8;
    socket.hardware = 65534;
    look(source, socket);
    expect(socket.bindings).toEqual([7, 8]);
    expect([source.state, source.linkType]).toEqual(["up", 101]);
    expect(kinds()).toEqual(["down", "gone", "recreated"]);
    socket.deliver(frame(0x45));
    expect(source.next()?.linkType[0]).toBe(101);
  });

  it("tells once that an interface made again cannot be captured from", () => {
    const socket = new FakeSocket();
    const { source, events } = sourceOver(socket);
    socket.index = 8;
    socket.hardware = 802; // monitor mode
    look(source, socket);
    look(source, socket, 5);
    expect(source.state).toBe("gone");
    expect(events.filter(({ kind }) => kind === "gone")).toMatchObject([
      { detail: expect.stringContaining("hardware type 802") },
    ]);
  });

  it("that shares an interface goes on alone when that was made again, the others end", () => {
    const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
    const [first, second, spare] = sockets;
    const share = new RingShare();
    let opened = 0;
    const open = () => sockets[opened++];
    const one = sourceOver(first, { share, open }).source;
    const other = sourceOver(first, { share, open }).source;
    expect([first.groups, second.groups]).toEqual([[null], [107]]);
    first.deliver(frame(1));
    one.next();
    for (const socket of sockets) socket.index = 8;
    look(one, first);
    expect([first.closed, spare.bindings, spare.groups]).toEqual([true, [8], []]);
    second.deliver(frame(3));
    expect(framesOf(other.next() ?? expect.fail())).toEqual(["03"]);
    look(other, second);
    expect(other.next()).toBeNull();
    expect(other.stats()).toMatchObject({ received: 1, seen: 1 });
    spare.deliver(frame(2));
    expect(framesOf(one.next() ?? expect.fail())).toEqual(["02"]);
    expect(one.stats()).toMatchObject({ received: 2, seen: 2 });
    spare.index = 9;
    look(one, spare);
    expect([opened, spare.bindings]).toEqual([3, [8, 9]]);
  });

  it("ends when the socket breaks", () => {
    const socket = new FakeSocket();
    const { source, kinds } = sourceOver(socket);
    look(source, socket, 0);
    expect(source.next()).toBeNull();
    expect(kinds()).toContain("ended");
  });

  it.each([
    [1, 1],
    [772, 1],
    [519, 101],
    [65534, 101],
  ])("captures from hardware type %i as link type %i", (hardware, linkType) => {
    const socket = new FakeSocket();
    socket.hardware = hardware;
    expect(sourceOver(socket).source.linkType).toBe(linkType);
  });

  it("refuses other hardware, and closes its socket", () => {
    const socket = new FakeSocket();
    socket.hardware = 803;
    expect(() => sourceOver(socket)).toThrow(CaptureError);
    expect([socket.closed, socket.bindings]).toEqual([true, []]);
  });
});
