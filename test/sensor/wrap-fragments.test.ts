import { describe, expect, it } from "vitest";
import { enclave, GPU, OUTSIDE, reasonsOf, Scene } from "../findings/scene.ts";
import { judgeFrom, lineOf, watch } from "../sensor-run.ts";
import { fragments } from "../traffic/fragments.ts";
import type { TimedFrame } from "../traffic/frames.ts";
import { clientHello } from "../traffic/messages.ts";
import { tcp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
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

describe("a reachback in segments out of order, over one another and twice", () => {
  /** A hello in pieces of 40 octets of which each begins with the last 10 of the one before, the last first. */
  function tricky(): TimedFrame[] {
    const scene = new Scene().works();
    const talk = new TcpTalk(`${GPU}:40555`, `${OUTSIDE}:443`);
    talk.open();
    const hello = clientHello(NAME, [], 300);
    const pieces: Buffer[] = [];
    for (let at = 0; at < hello.length; at += 30) {
      const payload = hello.subarray(Math.max(0, at - 10), at + 30);
      const seq = talk.clientSeq + Math.max(0, at - 10);
      pieces.push(tcp(`${GPU}:40555`, `${OUTSIDE}:443`, { seq, payload }));
    }
    return scene.send(...talk.frames, ...pieces.reverse(), ...pieces).frames;
  }

  const plainly = tricky();
  const alone = seen(plainly);

  it("is found when nothing carries it", () => {
    expect(alone.findings).toHaveLength(1);
    expect(alone.findings[0]).toContain(NAME);
  });

  it.each(carriers)("is the same in $name, in fragments too", (one) => {
    const wrap = wrapIn(one);
    expect(seen(wrap(plainly))).toEqual(alone);
    if (one.isLink !== true) expect(seen(backwards(wrap(plainly)))).toEqual(alone);
  });
});
