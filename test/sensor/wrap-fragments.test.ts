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

const cutBy =
  (size: number): Alter =>
  (frames) =>
    frames.flatMap((frame) =>
      fragments(Buffer.from(frame.data), { size }).map((data) => ({ ...frame, data })),
    );
const cut = cutBy(32);
const twice: Alter = (frames) => frames.flatMap((frame) => [frame, frame]);
/** Pieces of each packet the last first. */
const backwards: Alter = (frames) => frames.flatMap((frame) => [...cut([frame])].reverse());

function wrapIn(
  { wrap }: Encapsulation,
  ends: readonly [string, string] = ["10.20.9.1", "10.20.9.2"],
): Alter {
  const [from, to] = ends;
  return (frames) =>
    frames.map((frame) => {
      const data = Buffer.from(frame.data);
      const isOut = isFrom(data, GPU) || isFrom(data, "10.20.9.1");
      return { ...frame, data: wrap(data, isOut ? { from, to } : { from: to, to: from }) };
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

  /** Each in two pieces, wherever it is cut: three cuts inside each other are eight of them. */
  const halves = cutBy(104);
  const overIp = carriers.filter(({ isLink }) => isLink !== true);

  it.each(overIp)(
    "is the same in $name inside each other one, in fragments inside, between and outside",
    (one) => {
      const once = wrapIn(one);
      for (const [n, two] of overIp.entries()) {
        const again = wrapIn(two, ["10.20.9.3", "10.20.9.4"]);
        const what = `${one.name} in ${two.name}`;
        // Each pair in one of two ways, each encapsulation in both: the time of all is that of the slowest tests.
        const isAll = (n + overIp.indexOf(one)) % 2 === 0;
        const frames = isAll ? halves(again(halves(once(halves(PLAIN))))) : again(backwards(once(PLAIN)));
        expect(seen(frames), `${what}, ${isAll ? "everywhere" : "between"}`).toEqual(plain);
      }
    },
  );
});
