import { describe, expect, it } from "vitest";
import { judgeFrom, lineOf, watch } from "../sensor-run.ts";
import { dnsQuery } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { payloadOf } from "../traffic/tunnels.ts";
import { enclave, GPU, RESOLVER, reasonsOf, Scene } from "./scene.ts";

const LINKTYPE_IEEE802_11 = 105;
const MACS = Buffer.from("0a00000000020a0000000001", "hex");

/** Frames side by side in one of 802.11 (IEEE 802.11 §9.3.2.2.2), each but the last padded to four octets. */
function aggregate(...frames: readonly Buffer[]): Buffer {
  const subframes = frames.map((frame, i) => {
    const { type, packet } = payloadOf(frame);
    const llc = join([0xaa, 0xaa, 3, 0, 0, 0], be(type, 2), packet);
    const subframe = join(MACS, be(llc.length, 2), llc);
    const padding = i === frames.length - 1 ? 0 : -subframe.length & 3;
    return join(subframe, Buffer.alloc(padding));
  });
  return join([0x88, 0, 0, 0], MACS, MACS.subarray(6), be(0, 2), [0x80, 0], ...subframes);
}

function question(n: number): Buffer {
  return udp(`${GPU}:${5000 + n}`, `${RESOLVER}:53`, dnsQuery(`n${n}.example.com`, "A", n));
}

function seen(frame: Buffer, caplen = frame.length) {
  const data = frame.subarray(0, caplen);
  const frames = [{ data, sec: 1_790_000_000, nsec: 0, wireLen: frame.length }];
  return watch(judgeFrom(enclave()), [frames], {}, LINKTYPE_IEEE802_11);
}

describe("several packets in one 802.11 frame", () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => question(n));

  it("are judged one by one", () => {
    const summary = seen(aggregate(...many(5)));
    const alone = new Scene().send(...many(5)).seen();
    expect(summary.findings.map(lineOf).sort()).toEqual(alone.findings.map(lineOf).sort());
    expect([summary.totals.packets, summary.totals.dnsQueries, summary.totals.undecoded]).toEqual([1, 5, 0]);
    expect(reasonsOf(summary)).not.toContain("wifi.aggregate");
  });

  it("are a copy once, if the frame is one", () => {
    const data = aggregate(...many(3));
    const frames = [0, 1].map((nsec) => ({ data, sec: 1_790_000_000, nsec }));
    const { totals } = watch(judgeFrom(enclave()), [frames], {}, LINKTYPE_IEEE802_11);
    expect([totals.packets, totals.duplicates]).toEqual([2, 1]);
  });

  it("up to 64; more are told", () => {
    expect(reasonsOf(seen(aggregate(...many(64))))).not.toContain("wifi.aggregate");
    const more = seen(aggregate(...many(65)));
    expect([more.totals.dnsQueries, reasonsOf(more).includes("wifi.aggregate")]).toEqual([64, true]);
  });

  it("that are cut by the snaplen are told", () => {
    const frame = aggregate(...many(3));
    const second = 26 + Math.ceil((14 + 8 + 28 + dnsQuery("n0.example.com").length) / 4) * 4;
    expect(reasonsOf(seen(frame, second + 10))).toContain("wifi.aggregate");
    const inside = seen(frame, second + 40);
    expect(inside.totals.undecoded).toBe(1);
  });
});
