import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LiveEvent } from "../../../src/capture/live-source.ts";
import { openCapture } from "../../../src/capture/open-capture.ts";
import { openRing, openRings, type RingsOptions } from "../../../src/capture/open-rings.ts";
import type { RingSource } from "../../../src/capture/ring-source.ts";
import { PATIENCE_MS, until } from "../../patience.ts";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { readAll, type Take } from "./read-all.ts";
import { createWire, plugCable, sendFrames, withNetworkOf } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("ring tests skipped: this user cannot make network namespaces here\n");

describe.skipIf(!possible)("ring", () => {
  let lab: Lab;
  let folder: string;
  let events: LiveEvent[] = [];
  const open: RingSource[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-ring-"));
    lab = await createWire();
  });
  afterEach(() => {
    for (const ring of open.splice(0)) ring.close();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  async function ringOn(name: string, options: Partial<RingsOptions> = {}): Promise<RingSource> {
    events = [];
    const listener = (event: LiveEvent) => events.push(event);
    const ring = await withNetworkOf(lab, "sensor", () =>
      openRing(name, { ringMb: 32, listener, ...options }),
    );
    open.push(ring);
    return ring;
  }

  async function ringsOn(name: string, rings: number): Promise<RingSource[]> {
    events = [];
    const options = { ringMb: 32, rings, pollMs: 1, listener: (event: LiveEvent) => events.push(event) };
    const opened = await withNetworkOf(lab, "sensor", () => openRings(name, options));
    open.push(...opened);
    return opened;
  }

  /** Reads without taking anything down until the source says what is expected, or a time is up. */
  async function readUntil(ring: RingSource, what: () => boolean): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !what() && Date.now() < end; await turn()) ring.next();
    expect(events.map(({ kind }) => kind)).toSatisfy(what);
  }

  /** What the ring delivers, and what tcpdump records at the same time on the same interface. */
  async function besideTcpdump(send: () => Promise<unknown>): Promise<{ live: Take; recorded: Take }> {
    const ring = await ringOn("rx0");
    const file = join(folder, "beside.pcap");
    const live = await readAll(
      ring,
      lab.record(file, async () => void (await send())),
      () => ring.stop(),
    );
    expect(ring.stats()).toMatchObject({
      dropped: 0,
      seen: live.frames,
      received: live.frames,
      cut: live.cut,
    });
    const recorded = await readAll(await openCapture(file), Promise.resolve(), () => {});
    return { live, recorded };
  }

  it.each([
    { name: "small frames", frames: 20_000, octets: 64, rate: 20_000 },
    { name: "large frames", frames: 10_000, octets: 1400, rate: 20_000 },
    { name: "802.1Q tags", frames: 2_000, octets: 100, rate: 10_000, vlan: "8100:6123" },
    { name: "802.1ad tags", frames: 2_000, octets: 100, rate: 10_000, vlan: "88a8:0fff" },
  ])("delivers what tcpdump records, with the same times: $name", async (what) => {
    const { live, recorded } = await besideTcpdump(() => sendFrames(lab, what));
    expect(live).toEqual(recorded);
    expect(live).toMatchObject({ frames: what.frames, octets: what.frames * what.octets, cut: 0 });
  });

  it("delivers frames as long as offloading makes them", async () => {
    await lab.run("ip -n sender link set tx0 mtu 65535; ip -n sensor link set rx0 mtu 65535");
    const what = { frames: 500, octets: 65_549, rate: 500 };
    const { live, recorded } = await besideTcpdump(() => sendFrames(lab, what));
    expect(live).toEqual(recorded);
    expect(live).toMatchObject({ frames: what.frames, octets: what.frames * what.octets, cut: 0 });
  });

  it("knows to the frame what was lost while nobody read", async () => {
    const ring = await ringOn("rx0", { ringMb: 8 });
    const sending = sendFrames(lab, { frames: 300_000, octets: 64, rate: 100_000 });
    let frames = 0;
    for (; frames < 20_000; await turn()) frames += ring.next()?.count ?? 0;
    // Nobody reads until the ring is full, however long that takes.
    await until(
      () => ring.stats().dropped > 0,
      () => "a loss",
    );
    frames += (await readAll(ring, sending, () => ring.stop())).frames;
    const stats = ring.stats();
    expect(stats.seen).toBe(frames);
    expect(stats.dropped).toBeGreaterThan(0);
    expect(stats.lossEvents).toBeGreaterThan(0);
    expect(stats.freezes).toBeGreaterThan(0);
    const { sent } = await sending;
    expect(stats.seen + stats.dropped).toBe(sent);
    expect(stats.received).toBe(sent);
    expect(events.some(({ kind }) => kind === "drops")).toBe(true);
  });

  it("takes frames of protocols that nobody else wants for what they are: no losses", async () => {
    const ring = await ringOn("rx0");
    // With a tag the kernel throws them away after they were captured, and counts them as dropped.
    const send = `
import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("tx0", 0))
for i in range(50): wire.send(bytes.fromhex("02000000000b02000000000a" "81000064" "9999") + bytes(60))`;
    const sending = lab.exec("sender", ["python3", "-c", send]);
    await readAll(ring, sending, () => ring.stop());
    expect((await sending).stderr).toBe("");
    const { stdout } = await lab.exec("sensor", ["sed", "-n", "s/^ *rx0: *//p", "/proc/net/dev"]);
    expect(Number(stdout.split(/ +/)[3])).toBeGreaterThanOrEqual(50);
    expect(ring.stats()).toMatchObject({ seen: 50, dropped: 0 });
    expect(ring.stats().missed ?? 0).toBe(0);
  });

  it("goes on when the interface was down", async () => {
    const ring = await ringOn("rx0");
    expect(ring.state).toBe("up");
    await lab.run("ip -n sensor link set rx0 down");
    await readUntil(ring, () => ring.state === "down");
    await lab.run("ip -n sensor link set rx0 up");
    await readUntil(ring, () => ring.state === "up");
    await readAll(ring, sendFrames(lab, { frames: 100, octets: 64 }), () => ring.stop());
    expect(ring.stats()).toMatchObject({ seen: 100, received: 100, dropped: 0 });
    expect(events.map(({ kind }) => kind)).toEqual(["down", "up"]);
  });

  it("sees that the other end went down, and that an interface was down for a moment only", async () => {
    const ring = await ringOn("rx0");
    await lab.run("ip -n sender link set tx0 down");
    await readUntil(ring, () => ring.state === "down");
    await lab.run("ip -n sender link set tx0 up");
    await readUntil(ring, () => ring.state === "up");
    await lab.run("ip -n sensor link set rx0 down; ip -n sensor link set rx0 up");
    await readUntil(ring, () => events.length >= 4);
    expect(events.map(({ kind }) => kind)).toEqual(["down", "up", "down", "up"]);
  });

  it.each([1, 2])("captures from an interface that is made again, with %i rings", async (count) => {
    const [ring, ...others] = await ringsOn("rx0", count);
    const sending = sendFrames(lab, { frames: 50, octets: 64 });
    await readUntil(ring, () => [ring, ...others].reduce((sum, each) => sum + seenOf(each), 0) === 50);
    await sending;
    const before = ring.stats().seen;
    await lab.run("ip -n sensor link del rx0");
    await readUntil(ring, () => ring.state === "gone");
    await plugCable(lab);
    await withNetworkOf(lab, "sensor", () => readUntil(ring, () => ring.state === "up"));
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["gone", "recreated"]));
    for (const other of others) await readUntil(other, () => other.next() === null);
    await readAll(ring, sendFrames(lab, { frames: 100, octets: 64 }), () => ring.stop());
    expect(ring.stats()).toMatchObject({ seen: before + 100, received: before + 100, dropped: 0 });
  });

  function seenOf(ring: RingSource): number {
    ring.next();
    return ring.stats().seen;
  }

  it("shares an interface among rings, each frame to one of them, and not with another process", async () => {
    const rings = await ringsOn("rx0", 3);
    const another = await ringsOn("rx0", 2);
    const sending = sendFrames(lab, { frames: 3000, octets: 64, rate: 30_000, flows: 100 });
    const all = [...rings, ...another];
    const takes = await Promise.all(all.map((ring) => readAll(ring, sending, () => ring.stop())));
    const frames = takes.map((take) => take.frames);
    expect(frames.slice(0, 3).reduce((a, b) => a + b)).toBe(3000);
    expect(frames.slice(3).reduce((a, b) => a + b)).toBe(3000);
    expect(Math.min(...frames)).toBeGreaterThan(0);
  });

  it("shows each frame of the loopback interface once", async () => {
    await lab.run("ip -n sensor link set lo up");
    const ring = await ringOn("lo");
    expect(ring.linkType).toBe(1);
    const pings = lab.exec("sensor", ["ping", "-q", "-c", "5", "-i", "0.01", "127.0.0.1"]);
    const { frames } = await readAll(ring, pings, () => ring.stop());
    expect((await pings).code).toBe(0);
    expect(frames).toBe(10);
    expect(ring.stats()).toMatchObject({ received: 20, seen: 10, ignored: 10 });
  });

  it("reads raw IP from a tunnel interface", async () => {
    await lab.run("ip -n sensor tuntap add tun9 mode tun; ip -n sensor link set tun9 up");
    const ring = await ringOn("tun9");
    expect(ring.linkType).toBe(101);
    expect(ring.state).toBe("down"); // no program holds the other end
  });

  it("refuses what it cannot capture from", async () => {
    await expect(ringOn("nowhere0")).rejects.toThrow("there is no such interface");
    await expect(ringOn("a-name-that-is-too-long")).rejects.toThrow("there is no such interface");
    await expect(ringOn("rx0", { ringMb: 0 })).rejects.toThrow("expected 2 to 1024");
  });
});
