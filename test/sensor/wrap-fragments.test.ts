import { describe, expect, it } from "vitest";
import { enclave, GPU, OUTSIDE, reasonsOf, Scene } from "../findings/scene.ts";
import { judgeFrom, lineOf, watch } from "../sensor-run.ts";
import { fragments } from "../traffic/fragments.ts";
import type { TimedFrame } from "../traffic/frames.ts";
import { ENCAPSULATIONS, type Encapsulation, isFrom } from "../traffic/tunnels.ts";

/*
 * One and the same reachback in each encapsulation, in fragments inside it, outside it, and both: what is found and
 * counted must be what is found of the packets alone (wrap-matrix.test.ts has the encapsulations themselves).
 */

type Alter = (frames: readonly TimedFrame[]) => readonly TimedFrame[];

const NAME = "telemetry.example.com";
const PLAIN = new Scene()
  .works()
  .asks(GPU, NAME, { answer: [OUTSIDE] })
  .tls(GPU, OUTSIDE, NAME).frames;
const judge = judgeFrom(enclave());

const cut: Alter = (frames) =>
  frames.flatMap((frame) =>
    fragments(Buffer.from(frame.data), { size: 32 }).map((data) => ({ ...frame, data })),
  );
const twice: Alter = (frames) => frames.flatMap((frame) => [frame, frame]);
/** Pieces of each packet the last first. */
const backwards: Alter = (frames) => frames.flatMap((frame) => [...cut([frame])].reverse());

function wrapIn({ wrap }: Encapsulation): Alter {
  const [from, to] = ["10.20.9.1", "10.20.9.2"];
  return (frames) =>
    frames.map((frame) => {
      const data = Buffer.from(frame.data);
      return { ...frame, data: wrap(data, isFrom(data, GPU) ? { from, to } : { from: to, to: from }) };
    });
}

function seen(frames: readonly TimedFrame[]) {
  const summary = watch(judge, [frames]);
  return {
    findings: summary.findings.map((each) => `${lineOf(each)} ${each.id} ${each.bytesOut}/${each.bytesIn}`),
    reasons: reasonsOf(summary),
    undecoded: summary.totals.undecoded,
    allCounted: summary.totals.packets === frames.length,
  };
}

const plain = seen(PLAIN);
const carriers = ENCAPSULATIONS.filter(({ carries }) => carries?.includes(4) !== false);

describe("a reachback in fragments", () => {
  it("is found when nothing carries it", () => {
    expect(plain.findings).toHaveLength(2);
    expect(seen(cut(PLAIN))).toEqual(plain);
  });

  it.each(carriers)("is the same in $name", (encapsulation) => {
    const wrap = wrapIn(encapsulation);
    expect(seen(wrap(cut(PLAIN)))).toEqual(plain);
    expect(seen(twice(wrap(backwards(PLAIN))))).toEqual(seen(twice(PLAIN)));
  });

  it.each(carriers.filter(({ isLink }) => isLink !== true))(
    "is the same where $name is in fragments, and both",
    (one) => {
      const wrap = wrapIn(one);
      expect(seen(cut(wrap(PLAIN)))).toEqual(plain);
      expect(seen(backwards(wrap(cut(PLAIN))))).toEqual(plain);
      expect(seen(twice(cut(wrap(cut(PLAIN)))))).toEqual(seen(twice(PLAIN)));
    },
  );
});
