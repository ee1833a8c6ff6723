import { describe, expect, it } from "vitest";
import { fragments } from "../traffic/fragments.ts";
import { dnsQuery } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { ACK, icmp, icmpError, ip, ipPacket, SYN, tcp, udp } from "../traffic/packets.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, RESOLVER, reasonsOf, Scene } from "./scene.ts";

const GPU6 = "fd20:5eed::11";
const OUTSIDE6 = "2001:db8:7::7";
const ROUTER = "10.20.0.1";
const ROUTER6 = "fd20:5eed::1";

const nop = [1, 1, 1, 1];
const extensions = [
  [0, [0, 0, 1, 4, 0, 0, 0, 0]],
  [60, [0, 0, 1, 4, 0, 0, 0, 0]],
] as const;

/** What is refused, by the finding that it is. */
const SENT: readonly (readonly [what: string, frame: Buffer, router: string, line: string])[] = [
  ["UDP", udp(at(GPU, 4000), at(OUTSIDE, 9000), "x"), ROUTER, `egress.flow ${GPU} ${OUTSIDE} 9000/udp`],
  [
    "TCP",
    tcp(at(GPU, 4000), at(OUTSIDE, 443), { flags: SYN }),
    ROUTER,
    `egress.flow ${GPU} ${OUTSIDE} 443/tcp`,
  ],
  ["a ping", icmp(GPU, OUTSIDE, { type: 8, rest: 0x70001 }), ROUTER, `egress.flow ${GPU} ${OUTSIDE} icmp`],
  [
    "an IP protocol",
    ip(GPU, OUTSIDE, 99, Buffer.alloc(40)),
    ROUTER,
    `egress.flow ${GPU} ${OUTSIDE} proto-99`,
  ],
  [
    "IPv4 with options",
    udp(at(GPU, 4000), at(OUTSIDE, 9000), "x", { options: nop }),
    ROUTER,
    `egress.flow ${GPU} ${OUTSIDE} 9000/udp`,
  ],
  [
    "UDP over IPv6",
    udp(at(GPU6, 4000), at(OUTSIDE6, 9000), "x"),
    ROUTER6,
    `egress.flow ${GPU6} ${OUTSIDE6} 9000/udp`,
  ],
  [
    "TCP over IPv6",
    tcp(at(GPU6, 4000), at(OUTSIDE6, 443), { flags: SYN }),
    ROUTER6,
    `egress.flow ${GPU6} ${OUTSIDE6} 443/tcp`,
  ],
  [
    "a ping over IPv6",
    icmp(GPU6, OUTSIDE6, { type: 128, rest: 7 }),
    ROUTER6,
    `egress.flow ${GPU6} ${OUTSIDE6} icmpv6`,
  ],
  [
    "IPv6 with extension headers",
    udp(at(GPU6, 4000), at(OUTSIDE6, 9000), "x", { extensions }),
    ROUTER6,
    `egress.flow ${GPU6} ${OUTSIDE6} 9000/udp`,
  ],
];

describe("an ICMP error is about the flow that it quotes", () => {
  it.each(SENT)("%s", (_, sent, router, line) => {
    for (const from of [router, router === ROUTER ? OUTSIDE : OUTSIDE6]) {
      const scene = new Scene().works().send(sent, icmpError(from, sent));
      expect(scene.lines()).toEqual([`${line} refused medium x1`]);
      expect(reasonsOf(scene.seen())).toEqual([]);
    }
  });

  it.each(SENT)("%s, when the error comes first", (_, sent, router, line) => {
    expect(new Scene().works().send(icmpError(router, sent), sent).lines()).toEqual([
      `${line} refused medium x1`,
    ]);
  });

  it.each([
    ["unreachable, every code but one", ROUTER, 3, [0, 1, 2, 3, 5, 9, 10, 13], "refused"],
    ["too large for the path", ROUTER, 3, [4], "attempted"],
    ["source quench, redirect, time exceeded, parameter problem", ROUTER, 4, [0], "attempted"],
    ["redirect", ROUTER, 5, [0, 1], "attempted"],
    ["time exceeded", ROUTER, 11, [0, 1], "attempted"],
    ["parameter problem", ROUTER, 12, [0, 1, 2], "attempted"],
    ["unreachable over IPv6", ROUTER6, 1, [0, 1, 2, 3, 4, 5, 6], "refused"],
    ["packet too big", ROUTER6, 2, [0], "attempted"],
    ["time exceeded over IPv6", ROUTER6, 3, [0, 1], "attempted"],
    ["parameter problem over IPv6", ROUTER6, 4, [0, 1, 2], "attempted"],
  ] as const)("%s", (_, router, type, codes, outcome) => {
    const isV6 = router === ROUTER6;
    const sent = isV6
      ? udp(at(GPU6, 4000), at(OUTSIDE6, 9000), "x")
      : udp(at(GPU, 4000), at(OUTSIDE, 9000), "x");
    for (const code of codes) {
      const lines = new Scene()
        .works()
        .send(sent, icmpError(router, sent, type, code))
        .lines();
      const ends = isV6 ? `${GPU6} ${OUTSIDE6}` : `${GPU} ${OUTSIDE}`;
      expect(lines).toEqual([`egress.flow ${ends} 9000/udp ${outcome} medium x1`]);
    }
  });

  it("also of fragments, the first or another", () => {
    for (const [host, outside, router] of [
      [GPU, OUTSIDE, ROUTER],
      [GPU6, OUTSIDE6, ROUTER6],
    ]) {
      const pieces = fragments(udp(at(host, 4000), at(outside, 9000), Buffer.alloc(3000)), { size: 1200 });
      for (const quoted of pieces) {
        const line = `egress.flow ${host} ${outside} 9000/udp refused medium x1`;
        expect(
          new Scene()
            .works()
            .send(...pieces, icmpError(router, quoted))
            .lines(),
        ).toEqual([line]);
      }
      // Before the datagram is whole, too.
      expect(new Scene().works().send(pieces[0], pieces[1], icmpError(router, pieces[1])).lines()).toEqual([
        `egress.flow ${host} ${outside} 9000/udp refused medium x1`,
      ]);
    }
  });

  it("also of a tunnel, by its outer addresses", () => {
    const inner = ipPacket("10.20.1.12", AGENT, 17, join(be(1, 2), be(2, 2), be(9, 2), be(0, 2), "x"));
    const gre = ip(GPU, OUTSIDE, 47, join(be(0, 2), be(0x0800, 2), inner));
    const lines = new Scene().works().send(gre, icmpError(ROUTER, gre)).lines();
    expect(lines).toEqual([`tunnel.encapsulated ${GPU} ${OUTSIDE} gre refused high x1`]);
  });

  it("also inside a tunnel", () => {
    const sent = udp(at(GPU, 4000), at(OUTSIDE, 9000), "x");
    const vxlan = (frame: Buffer) =>
      udp("10.20.0.2:50000", "10.20.0.3:4789", join([8, 0, 0, 0, 0, 0, 1, 0], frame));
    const lines = new Scene()
      .works()
      .send(vxlan(sent), vxlan(icmpError(ROUTER, sent)))
      .lines();
    expect(lines).toEqual([`egress.flow ${GPU} ${OUTSIDE} 9000/udp refused medium x1`]);
  });

  it("with a quote of no more than eight octets behind the IP header (RFC 792), or cut by the snaplen", () => {
    const sent = tcp(at(GPU, 4000), at(OUTSIDE, 443), { flags: SYN, seq: 5 });
    const quote = sent.subarray(14, 14 + 28);
    const error = icmp(ROUTER, GPU, { type: 3, code: 1, payload: quote });
    const line = `egress.flow ${GPU} ${OUTSIDE} 443/tcp refused medium x1`;
    expect(new Scene().works().send(sent, error).lines()).toEqual([line]);
    const scene = new Scene().works().send(sent, icmpError(ROUTER, sent));
    const last = scene.frames[scene.frames.length - 1];
    scene.frames[scene.frames.length - 1] = {
      ...last,
      data: last.data.subarray(0, 66),
      wireLen: last.data.length,
    };
    expect(scene.lines()).toEqual([line]);
  });

  it("and what it quotes is no traffic of its own", () => {
    const question = udp(at(GPU, 4000), at(RESOLVER, 53), dnsQuery("a.example.com"));
    const hello = tcp(at(GPU, 4001), at(OUTSIDE, 443), {
      seq: 1,
      flags: ACK,
      payload: "GET / HTTP/1.1\r\nHost: b.com\r\n\r\n",
    });
    const { totals, findings } = new Scene()
      .works()
      .send(icmpError(RESOLVER, question), icmpError(ROUTER, hello))
      .seen();
    expect(totals).toMatchObject({ flows: 1, dnsQueries: 0, httpRequests: 0 });
    expect(findings).toMatchObject([{ kind: "egress.flow", name: null, bytesOut: 0, bytesIn: 0 }]);
  });

  it.each(SENT)(
    "that was on its way out, also where only the error was seen: %s",
    (_, sent, router, line) => {
      const error = icmpError(router, sent);
      expect(new Scene().works().send(error, error).lines()).toEqual([`${line} refused medium x1`]);
      const later = new Scene().works().send(error).at(5).send(sent);
      expect(later.lines()).toEqual([`${line} refused medium x1`]);
      // What was quoted alone is no flow of the capture; the flow is one when its packet comes.
      const flows = (scene: Scene) => scene.seen().totals.flows;
      const before = flows(new Scene().works());
      expect(flows(new Scene().works().send(error, error))).toBe(before);
      expect(flows(new Scene().works().send(error).at(5).send(sent, sent))).toBe(before + 1);
    },
  );

  it("whose host is known by its own address on the link, also where the first that comes is an answer", () => {
    const sent = udp(at(GPU, 4000), at(OUTSIDE, 9000), "x");
    const answer = udp(at(OUTSIDE, 9000), at(GPU, 4000), "y");
    const macOf = (...frames: Buffer[]) =>
      new Scene()
        .works()
        .send(icmpError(ROUTER, sent))
        .at(5) // by then nothing is waited for
        .send(...frames)
        .seen().findings[0].mac;
    expect(macOf()).toBe(null);
    expect(macOf(sent)).toBe("02:00:00:00:00:01");
    expect(macOf(answer)).toBe("02:00:00:00:00:02"); // of the destination
  });

  it("unless a rule lets it out: then the exception is used", () => {
    const rule = `id: gate, to: ["${OUTSIDE}"], ports: [443/tcp], reason: r, owner: o, expires: never`;
    const error = (port: number) =>
      icmpError(ROUTER, tcp(at(GPU, 4000), at(OUTSIDE, port), { flags: SYN, seq: 5 }), 11, 0);
    const seen = new Scene()
      .works()
      .send(error(443))
      .seen(enclave([rule]));
    expect(seen).toMatchObject({ verdict: "clean", findings: [], exceptions: [{ attempts: 1 }] });
    expect(
      new Scene()
        .works()
        .send(error(80))
        .lines(enclave([rule])),
    ).toEqual([`egress.flow ${GPU} ${OUTSIDE} 80/tcp attempted medium x1`]);
  });

  it("but not where it stays inside, or is a fragment without its ports", () => {
    const inside = udp(at(GPU, 1), at(AGENT, 2), "x");
    const [, second] = fragments(udp(at(GPU, 4000), at(OUTSIDE, 9000), Buffer.alloc(3000)), { size: 1200 });
    for (const quoted of [inside, second])
      expect(new Scene().works().send(icmpError(ROUTER, quoted)).seen()).toMatchObject({ findings: [] });
  });
});

describe("an ICMP error across the boundary that quotes no known flow is icmp.stray", () => {
  const unknown = udp(at(GPU, 1), at(OUTSIDE, 2), "x");
  const unknown6 = udp(at(GPU6, 1), at(OUTSIDE6, 2), "x");

  it.each([
    ["inward", icmpError(OUTSIDE, unknown), `${OUTSIDE} ${GPU} icmp answered medium x1`],
    ["inward over IPv6", icmpError(OUTSIDE6, unknown6), `${OUTSIDE6} ${GPU6} icmpv6 answered medium x1`],
    [
      "outward",
      icmp(GPU, OUTSIDE, { type: 3, code: 3, payload: udp(at(OUTSIDE, 1), at(GPU, 2), "x").subarray(14) }),
      `${GPU} ${OUTSIDE} icmp attempted medium x1`,
    ],
    [
      "outward over IPv6, with a secret for a quote",
      icmp(GPU6, OUTSIDE6, { type: 1, payload: "not even a packet" }),
      `${GPU6} ${OUTSIDE6} icmpv6 attempted medium x1`,
    ],
    [
      "from a local address",
      icmp("169.254.9.9", OUTSIDE, { type: 11, payload: "x" }),
      `169.254.9.9 ${OUTSIDE} icmp attempted medium x1`,
    ],
    ["without a quote", icmp(OUTSIDE, GPU, { type: 3 }), `${OUTSIDE} ${GPU} icmp answered medium x1`],
  ])("%s", (_, frame, line) => {
    expect(new Scene().works().send(frame).lines()).toEqual([`icmp.stray ${line}`]);
  });

  it("even when it quotes a flow of somebody else: it goes to who sent what it quotes", () => {
    const sent = udp(at(AGENT, 4000), at(OUTSIDE, 9000), "x");
    const toOther = icmp(OUTSIDE, GPU, { type: 3, code: 3, payload: sent.subarray(14) });
    expect(new Scene().works().send(sent, toOther).lines()).toEqual([
      `egress.flow ${AGENT} ${OUTSIDE} 9000/udp attempted medium x1`,
      `icmp.stray ${OUTSIDE} ${GPU} icmp answered medium x1`,
    ]);
  });

  it("also when it quotes a flow that should not have left the enclave", () => {
    const sent = udp(at(GPU, 4000), at(AGENT, 9000), "x");
    const expired = icmpError(OUTSIDE, sent, 11, 0);
    for (const frames of [
      [sent, expired],
      [expired, sent],
    ]) {
      expect(
        new Scene()
          .works()
          .send(...frames)
          .lines(),
      ).toEqual([`icmp.stray ${OUTSIDE} ${GPU} icmp answered medium x1`]);
    }
  });

  it("and inside it is nothing", () => {
    for (const frame of [
      icmpError(AGENT, udp(at(GPU, 1), at(AGENT, 2), "x")),
      icmp(AGENT, GPU, { type: 3, payload: "x" }),
    ]) {
      expect(new Scene().works().send(frame).seen()).toMatchObject({ verdict: "clean", findings: [] });
    }
  });

  it("however many of them wait for what they quote", () => {
    const scene = new Scene().works();
    for (let n = 0; n < 3000; n++)
      scene.frames.push({ data: icmpError(OUTSIDE, unknown), sec: scene.frames[0].sec, nsec: n });
    expect(scene.lines()).toEqual([`icmp.stray ${OUTSIDE} ${GPU} icmp answered medium x3000`]);
  });
});
