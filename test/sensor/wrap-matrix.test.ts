import { describe, expect, it } from "vitest";
import type { RatedFinding, Summary } from "../../src/findings/summary.ts";
import { enclave, GPU, OUTSIDE, reasonsOf, Scene } from "../findings/scene.ts";
import { judgeFrom, lineOf, watch } from "../sensor-run.ts";
import type { TimedFrame } from "../traffic/frames.ts";
import {
  ENCAPSULATIONS,
  type Encapsulation,
  type Ends,
  isFrom,
  LINK_FORMS,
  minimal,
  tagged,
  versionOf,
} from "../traffic/tunnels.ts";

/*
 * One and the same reachback, wrapped in each encapsulation and in each two of them, with a VLAN tag on one direction
 * only, and every packet twice: what is found inside, and all counts, must be what is found of the packets alone.
 *
 * More that may happen to a packet on its way (fragments, reordering): add it to SHAPES.
 */

const GPU6 = "fd20:5eed::11";
const OUTSIDE6 = "2001:db8::7";
const RESOLVER6 = "fd20:5eed::53";
const NAME = "telemetry.example.com";

/** A question, its answer, and a TLS connection to what it names. */
function reachback(version: 4 | 6): TimedFrame[] {
  const scene = new Scene();
  if (version === 4)
    scene
      .works()
      .asks(GPU, NAME, { answer: [OUTSIDE] })
      .tls(GPU, OUTSIDE, NAME);
  else {
    scene
      .asks(GPU6, NAME, { type: "AAAA", answer: [OUTSIDE6], resolver: RESOLVER6 })
      .tls(GPU6, OUTSIDE6, NAME);
  }
  return scene.frames;
}

const PLAIN = { 4: reachback(4), 6: reachback(6) } as const;

/** What becomes of the frames on the wire, when all is wrapped. */
interface Shape {
  readonly name: string;
  readonly alter: (frames: readonly TimedFrame[]) => TimedFrame[];
}

const twice = (frames: readonly TimedFrame[]) => frames.flatMap((frame) => [frame, frame]);
const taggedOneWay = (frames: readonly TimedFrame[]) =>
  frames.map((frame, i) => (i % 3 === 0 ? { ...frame, data: tagged(Buffer.from(frame.data), 7) } : frame));

const SHAPES: readonly Shape[] = [
  { name: "as it is", alter: (frames) => [...frames] },
  { name: "a VLAN tag on some frames, every packet twice", alter: (frames) => twice(taggedOneWay(frames)) },
];

/** Both directions of a tunnel between two inside routers, a pair of them for each depth. */
const INSIDE_ENDS: readonly Ends[] = [
  { from: "10.20.9.1", to: "10.20.9.2" },
  { from: "10.20.9.3", to: "10.20.9.4" },
];

function wrapped(
  frames: readonly TimedFrame[],
  { wrap }: Pick<Encapsulation, "wrap">,
  { from, to }: Ends,
): TimedFrame[] {
  return frames.map((frame) => {
    const data = Buffer.from(frame.data);
    const isOut = isFrom(data, GPU) || isFrom(data, GPU6) || isFrom(data, INSIDE_ENDS[0].from);
    return { ...frame, data: wrap(data, isOut ? { from, to } : { from: to, to: from }) };
  });
}

const FILE = enclave([], ['resolvers: [10.20.0.53, "fd20:5eed::53"]']).replace(
  "  resolvers: [10.20.0.53]\n",
  "",
);
const judge = judgeFrom(FILE);

function seen(frames: readonly TimedFrame[], linkType = 1): Summary {
  return watch(judge, [frames], {}, linkType);
}

/** Everything of a finding that must not depend on what carried it. */
function factsOf(finding: RatedFinding): string {
  const { id, bytesOut, bytesIn, ips, evidence, via } = finding;
  return `${lineOf(finding)} ${id} ${bytesOut}/${bytesIn} ${ips} ${evidence} ${via}`;
}

function expectSame(frames: readonly TimedFrame[], plain: Summary, what: string, linkType = 1): void {
  const summary = seen(frames, linkType);
  expect(summary.findings.map(factsOf), what).toEqual(plain.findings.map(factsOf));
  expect(summary.verdict, what).toBe("reachback");
  expect(reasonsOf(summary), what).toEqual(reasonsOf(plain));
  const { packets, undecoded, duplicates, dnsQueries, tlsHellos } = summary.totals;
  // IPv6 has no identification that tells a copy; IPv4 around it has.
  expect(duplicates, what).toBeGreaterThanOrEqual(plain.totals.duplicates);
  expect(duplicates, what).toBeLessThanOrEqual(Math.max(plain.totals.duplicates, frames.length / 2));
  expect({ packets, undecoded, dnsQueries, tlsHellos }, what).toEqual({
    packets: frames.length,
    undecoded: 0,
    dnsQueries: plain.totals.dnsQueries,
    tlsHellos: plain.totals.tlsHellos,
  });
}

function carriesVersion({ carries }: Encapsulation, version: 4 | 6): boolean {
  return carries === undefined || carries.includes(version);
}

const MINIMAL: Encapsulation = { name: "minimal encapsulation", carries: [4], wrap: minimal };
const ALL = [...ENCAPSULATIONS, MINIMAL];

describe.each([4, 6] as const)("a reachback over IPv%i", (version) => {
  const plains = new Map(SHAPES.map((shape) => [shape, seen(shape.alter(PLAIN[version]))]));

  it("is found when nothing carries it", () => {
    for (const [{ name }, { findings }] of plains) {
      expect(
        findings.map(({ kind, destination, attempts }) => `${kind} ${destination} ${attempts}`).sort(),
        name,
      ).toEqual([`dns.name ${NAME} 1`, `egress.flow ${NAME} 1`]);
    }
  });

  for (const one of ALL.filter((each) => carriesVersion(each, version))) {
    it.each(SHAPES)(`is the same in ${one.name}: $name`, (shape) => {
      const plain = plains.get(shape);
      if (plain === undefined) throw new Error(shape.name);
      expectSame(shape.alter(wrapped(PLAIN[version], one, INSIDE_ENDS[0])), plain, one.name);
    });

    it(`is the same in ${one.name} over IPv6`, () => {
      if (one.wrap === minimal) return; // an IPv4 header made shorter
      const ends = { from: "fd20:5eed::91", to: "fd20:5eed::92" };
      expectSame(wrapped(PLAIN[version], one, ends), seen(PLAIN[version]), one.name);
    });

    it(`is the same in ${one.name} inside each other one`, () => {
      const shape = SHAPES[1];
      const plain = plains.get(shape);
      if (plain === undefined) throw new Error(shape.name);
      const once = wrapped(PLAIN[version], one, INSIDE_ENDS[0]);
      for (const two of ALL) {
        const between = versionOf(Buffer.from(once[0].data));
        if (two.carries !== undefined && (between === 0 || !two.carries.includes(between))) continue;
        if (two.isLink === true && between === 0) continue;
        expectSame(shape.alter(wrapped(once, two, INSIDE_ENDS[1])), plain, `${one.name} in ${two.name}`);
      }
    });
  }
});

describe("a reachback on another link", () => {
  it.each(LINK_FORMS)("is the same: $name", ({ linkType, form }) => {
    for (const version of [4, 6] as const) {
      const plain = seen(PLAIN[version]);
      for (const one of [null, ...ENCAPSULATIONS]) {
        if (one !== null && (one.isLink === true || !carriesVersion(one, version))) continue;
        const carried = one === null ? PLAIN[version] : wrapped(PLAIN[version], one, INSIDE_ENDS[0]);
        const frames = carried.map((frame) => ({ ...frame, data: form(Buffer.from(frame.data)) }));
        expectSame(frames, plain, `${one?.name} over IPv${version}`, linkType);
      }
    }
  });
});

describe("a reachback in a tunnel across the boundary", () => {
  const plain = seen(PLAIN[4]);

  it.each(ALL.filter((each) => carriesVersion(each, 4) && each.isLink !== true))(
    "is found beside the tunnel: $name",
    (one) => {
      const summary = seen(wrapped(PLAIN[4], one, { from: "10.20.9.1", to: "203.0.113.66" }));
      const [tunnels, others] = [true, false].map((is) =>
        summary.findings.filter(({ kind }) => (kind === "tunnel.encapsulated") === is),
      );
      expect(others.map(factsOf)).toEqual(plain.findings.map(factsOf));
      // Over UDP the way back is a flow of its own, from outside to the same port.
      const out = tunnels.filter(({ source }) => source === "10.20.9.1");
      const expected = { destination: "203.0.113.66", severityName: "high", attempts: 1 };
      expect(out).toContainEqual(expect.objectContaining(expected));
      for (const { via } of tunnels) expect(via).toHaveLength(1);
    },
  );
});

describe("a mirror's own transport", () => {
  const plain = seen(PLAIN[4]);

  it.each(ALL.filter(({ mirror }) => mirror !== undefined))(
    "is not judged, what it carries is: $name",
    (one) => {
      if (!carriesVersion(one, 4)) return;
      const entry = `mirrors: [{ ${one.mirror}, from: 192.0.2.1, to: 192.0.2.9 }]`;
      const ends = { from: "192.0.2.1", to: "192.0.2.9" };
      const frames = PLAIN[4].map((frame) => ({ ...frame, data: one.wrap(Buffer.from(frame.data), ends) }));
      const summary = watch(judgeFrom(`${FILE.trimEnd()}\n  ${entry}\n`), [frames]);
      expect(summary.findings.map(factsOf)).toEqual(plain.findings.map(factsOf));
      expect(reasonsOf(summary)).toEqual(reasonsOf(plain));
      expect(summary.totals.flows).toBe(plain.totals.flows);
      const spoofed = PLAIN[4].map((frame) => ({
        ...frame,
        data: one.wrap(Buffer.from(frame.data), { ...ends, to: "192.0.2.8" }),
      }));
      const kinds = watch(judgeFrom(`${FILE.trimEnd()}\n  ${entry}\n`), [spoofed]).findings.map(
        ({ kind }) => kind,
      );
      expect(kinds, "to another end").toContain("transit.flow");
    },
  );
});
