import { describe, expect, it } from "vitest";
import type { Summary } from "../../src/findings/summary.ts";
import { judgeFrom, watch } from "../sensor-run.ts";
import { fragments } from "../traffic/fragments.ts";
import { timed } from "../traffic/frames.ts";
import { be, join } from "../traffic/octets.ts";
import { ip, SYN, tcp, udp } from "../traffic/packets.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, reasonsOf, Scene } from "./scene.ts";

const [SWITCH, SENSOR] = ["192.0.2.1", "192.0.2.9"];

function seen(frames: readonly Uint8Array[], ...mirrors: readonly string[]): Summary {
  const entries = mirrors.map((mirror) => `{ ${mirror}, from: ${SWITCH}, to: ${SENSOR} }`);
  const file = enclave([], [`mirrors: [${entries.join(", ")}]`]);
  return watch(judgeFrom(file), [timed(frames, 1000)]);
}

const works = new Scene().works().frames.map(({ data }) => Buffer.from(data));
const attempt = tcp(at(GPU, 40000), at(OUTSIDE, 443), { flags: SYN });
const found = [`egress.flow ${GPU} ${OUTSIDE} 443/tcp attempted medium x1`];

function vxlan(frame: Uint8Array, port: number, vni = 100, vlan?: number): Buffer {
  const options = vlan === undefined ? {} : { vlans: [vlan] };
  return udp(at(SWITCH, 50000), at(SENSOR, port), join(be(0x08000000, 4), be(vni << 8, 4), frame), options);
}

/** ERSPAN II; `bits` are session and flags. */
function erspan(frame: Uint8Array, number: number, bits = 0x64): Buffer {
  const header = join([0x10, 0, 0x88, 0xbe], be(number, 4), [0x10, 0x64], be(bits, 2), be(1, 4));
  return ip(SWITCH, SENSOR, 47, join(header, frame));
}

function numbered(...numbers: readonly number[]): Buffer[] {
  return numbers.map((number, i) => erspan(works[i % works.length], number));
}

describe("a mirror's port of its own", () => {
  it("is opened where the enclave file names it", () => {
    const summary = seen(
      [...works, attempt].map((frame) => vxlan(frame, 5555)),
      "vxlan: 5555",
    );
    expect(linesOf(summary)).toEqual(found);
    expect([summary.totals.undecoded, summary.totals.flows]).toEqual([0, 2]);
  });

  it("is opened between other ends too, but not trusted", () => {
    const inner = join(be(0x08000000, 4), be(0, 4), attempt);
    const lines = linesOf(seen([...works, udp(at(GPU, 50000), at(AGENT, 5555), inner)], "vxlan: 5555"));
    expect(lines).toEqual(found);
    const out = linesOf(seen([...works, udp(at(GPU, 50000), at(OUTSIDE, 5555), inner)], "vxlan: 5555"));
    expect(out).toEqual([...found, `tunnel.encapsulated ${GPU} ${OUTSIDE} 5555/udp attempted high x1`]);
  });

  it("serves Geneve", () => {
    const geneve = (frame: Buffer) => join(be(0x00006558, 4), be(0, 4), frame);
    const frames = [...works, attempt].map((f) => udp(at(SWITCH, 50000), at(SENSOR, 7000), geneve(f)));
    expect(linesOf(seen(frames, "geneve: 7000"))).toEqual(found);
    expect(linesOf(seen(frames, "vxlan: 7000"))[0]).toMatch(/^transit\.flow /);
  });

  it("inside the enclave is not clean with what cannot be read in it", () => {
    const [from, to] = ["10.20.9.1", "10.20.9.2"];
    const of = (kind: string, ...octets: readonly (ArrayLike<number> | string)[]) => {
      const [port] = kind.split(" ").slice(1).map(Number);
      const frames = [...works, udp(at(from, 50000), at(to, port), join(...octets))];
      const file = enclave([], [`mirrors: [{ ${kind}, from: ${from}, to: ${to} }]`]);
      const { verdict, reasons } = watch(judgeFrom(file), [timed(frames, 1000)]);
      return [verdict, ...reasons.map((reason) => reason.split(":")[0])];
    };
    const junk = "neither a frame nor a packet";
    const unreadable = ["inconclusive", "mirror.unreadable"];
    const unknown = ["inconclusive", "ethernet.unknown_type"];
    expect(of("vxlan: 4789", be(0x00000000, 4), be(0, 4), works[0])).toEqual(unreadable); // no valid network id
    expect(of("vxlan: 4789", be(0x0c000009, 4), be(0, 4), works[0])).toEqual(unreadable); // no known protocol
    expect(of("vxlan: 5555", junk)).toEqual(unreadable);
    expect(of("geneve: 6081", be(0x40006558, 4), be(0, 4), works[0])).toEqual(unreadable); // no known version
    expect(of("vxlan: 4789", be(0x08000000, 4), be(0, 4), junk)).toEqual(unknown);
    expect(of("vxlan: 4789", be(0x48000000, 4), be(1, 4), junk)).toEqual(unknown);
    expect(of("geneve: 6081", be(0x00016558, 4), be(1, 4), junk)).toEqual(unknown);
    expect(of("vxlan: 4789", be(0x08000000, 4), be(0, 4))).toEqual(["clean"]);
    expect(of("vxlan: 4789", be(0x48000000, 4), be(1, 4), works[0])).toEqual(["clean"]);
  });

  it("is of the kind that the file says, between the ends that it says", () => {
    const frames = works.map((frame) => vxlan(frame, 4789));
    expect(seen(frames, "vxlan: 4789").verdict).toBe("clean");
    for (const other of ["vxlan: 8472", "geneve: 4789", "gre: true"]) {
      expect(linesOf(seen(frames, other)), other).toEqual([
        `transit.flow ${SWITCH} ${SENSOR} 4789/udp attempted medium x1`,
      ]);
    }
  });

  it("is no excuse for what is wrapped in it once more", () => {
    const inner = vxlan(attempt, 4789);
    const lines = linesOf(
      seen(
        [...works, vxlan(inner, 4789)].map((f, i) => (i < works.length ? f : f)),
        "vxlan: 4789",
      ),
    );
    expect(lines).toEqual([...found, `transit.flow ${SWITCH} ${SENSOR} 4789/udp attempted medium x1`]);
  });
});

describe("a mirror whose packets came in fragments", () => {
  it("is not judged either, what it carries is", () => {
    const frames = [...works, attempt]
      .map((frame, i) => erspan(frame, i))
      .flatMap((frame) => fragments(frame, { size: 40 }));
    const summary = seen(frames, "erspan: true");
    expect(linesOf(summary)).toEqual(found);
    expect(summary.reasons).toEqual([]);
  });

  it("is not judged by pieces without a first, and makes the run inconclusive", () => {
    const [, ...rest] = fragments(erspan(attempt, 1), { size: 40 });
    const summary = seen([...works.map((frame, i) => erspan(frame, i + 2)), ...rest], "erspan: true");
    expect(linesOf(summary)).toEqual([]);
    expect(reasonsOf(summary)).toContain("fragment.incomplete");
  });
});

describe("a mirror's own sequence numbers", () => {
  it.each([
    ["in order", [1, 2, 3, 4]],
    ["out of order", [5, 7, 6, 9, 8, 10]],
    ["twice each", [1, 1, 2, 2, 3, 3]],
    ["from the highest on", [-2, -1, 0, 1]],
    ["that never change", [0, 0, 0, 0]],
  ])("are no reason for doubt: %s", (_, numbers) => {
    expect(
      reasonsOf(
        seen([...works.map((f) => vxlan(f, 4789)), ...numbered(...numbers)], "erspan: true", "vxlan: 4789"),
      ),
    ).toEqual([]);
  });

  it.each([
    ["one is missing", [1, 2, 4, 5], 1],
    ["many are missing", [1, 2000], 1998],
    ["one is missing, each comes twice", [1, 1, 3, 3], 1],
    ["the numbering begins anew", [100_000, 1, 2], 1],
  ])("show what never came: %s", (_, numbers, missing) => {
    const summary = seen(
      [...works.map((f) => vxlan(f, 4789)), ...numbered(...numbers)],
      "erspan: true",
      "vxlan: 4789",
    );
    expect(summary.verdict).toBe("inconclusive");
    expect(summary.reasons).toEqual([expect.stringMatching(/^mirror\.sequence_gap: /)]);
    expect(summary.coverage["mirror.sequence_gap"]).toBe(missing);
  });

  it("are counted for each session", () => {
    const frames = works.flatMap((frame, i) => [erspan(frame, i, 1), erspan(frame, 1000 + i, 2)]);
    expect(reasonsOf(seen(frames, "erspan: true"))).toEqual([]);
  });

  it("come with a bit for what the mirror cut", () => {
    const summary = seen(
      [...works.map((f, i) => erspan(f, i)), erspan(works[0], works.length, 0x464)],
      "erspan: true",
    );
    expect(reasonsOf(summary)).toEqual(["erspan.truncated"]);
  });
});

describe("enclave.overlapping", () => {
  const file = (overlapping: boolean) =>
    enclave(
      [],
      [`overlapping: ${overlapping}`, `mirrors: [{ vxlan: 4789, from: ${SWITCH}, to: ${SENSOR} }]`],
    );

  it("tells networks by VNI as by VLAN", () => {
    const frames = [100, 200, 100].map((vni) => vxlan(udp(at(GPU, 1), at(AGENT, 2), "x"), 4789, vni));
    const flows = (overlapping: boolean) =>
      watch(judgeFrom(file(overlapping)), [timed(frames, 1000)]).totals.flows;
    expect([flows(false), flows(true)]).toEqual([1, 2]);
  });

  it("does not take the mirror's own VLAN for the network's", () => {
    const frames = [7, undefined].map((vlan) => vxlan(udp(at(GPU, 1), at(AGENT, 2), "x"), 4789, 100, vlan));
    expect(watch(judgeFrom(file(true)), [timed(frames, 1000)]).totals.flows).toBe(1);
  });
});
