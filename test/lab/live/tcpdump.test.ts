import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LiveEvent } from "../../../src/capture/live-source.ts";
import { openTcpdump, type TcpdumpSource } from "../../../src/capture/tcpdump-source.ts";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { readAll } from "./read-all.ts";
import { createWire, sendFrames, withNetworkOf } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("tcpdump tests skipped: this user cannot make network namespaces here\n");

describe.skipIf(!possible)("tcpdump as a source", () => {
  let lab: Lab;
  let events: LiveEvent[] = [];
  const open: TcpdumpSource[] = [];
  beforeAll(async () => {
    lab = await createWire();
  });
  afterEach(() => {
    for (const source of open.splice(0)) source.close();
  });
  afterAll(async () => {
    await lab.destroy();
  });

  async function tcpdumpOn(name: string): Promise<TcpdumpSource> {
    events = [];
    const listener = (event: LiveEvent) => events.push(event);
    const source = await withNetworkOf(lab, "sensor", () => openTcpdump(name, { listener }));
    open.push(source);
    return source;
  }

  it("delivers what was sent before it was stopped, and its tags", async () => {
    const source = await tcpdumpOn("rx0");
    expect(source).toMatchObject({ interface: "rx0", linkType: 1, state: "up" });
    const sending = sendFrames(lab, { frames: 5000, octets: 100, rate: 10_000, vlan: "8100:0064" });
    const take = await readAll(source, sending, () => source.stop());
    expect(take).toMatchObject({ frames: 5000, octets: 500_000, cut: 0 });
    expect(source.stats()).toMatchObject({ received: 5000, seen: 5000, dropped: 0, cut: 0 });
    expect(events).toEqual([]);
  });

  it("answers with an empty batch when nothing comes", async () => {
    const source = await tcpdumpOn("rx0");
    for (let i = 0; i < 3; i++) expect((await source.next())?.count).toBe(0);
  });

  it("tells when tcpdump ends by itself, and what it had not handed over", async () => {
    const source = await tcpdumpOn("rx0");
    const sending = sendFrames(lab, { frames: 10, octets: 64 });
    const gone = sending.then(() => lab.run("ip -n sender link del tx0"));
    await readAll(source, gone, () => {});
    const { received, seen, dropped } = source.stats();
    expect([received, seen + dropped]).toEqual([10, 10]);
    expect(source.state).toBe("ended");
    expect(events.at(-1)).toMatchObject({ kind: "ended" });
    expect(events.at(-1)?.detail).toMatch(/^tcpdump ended: \S/);
  });

  it("refuses an interface that does not exist", async () => {
    await expect(tcpdumpOn("nowhere0")).rejects.toThrow("there is no such interface");
  });
});
