import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ledger } from "../../src/findings/ledger.ts";
import { judgeFrom, watch } from "../sensor-run.ts";
import type { TimedFrame } from "../traffic/frames.ts";
import { clientHello, dnsQuery } from "../traffic/messages.ts";
import { tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, RESOLVER, Scene, START } from "./scene.ts";

function manyNames(scene: Scene, count: number, domain: string, host: string = GPU): Scene {
  for (let i = 0; i < count; i++) scene.asks(host, `n${i}.${domain}`, { answer: null });
  return scene;
}

describe("a flood of names under many domains", () => {
  const many = (scene: Scene, from: number, to: number, host: string = GPU) => {
    for (let i = from; i < to; i++) scene.asks(host, `n${i}.com`, { answer: null });
    return scene;
  };

  it("of one source to one service is told apart up to 1000; the rest is one finding with a count", () => {
    const scene = many(new Scene(), 0, 1500).asks(AGENT, "n1.com", { answer: null });
    scene.tls(GPU, OUTSIDE, "n2000.com").asks(GPU, "n7.com", { answer: null });
    const lines = scene.lines();
    expect(lines).toHaveLength(1003);
    expect(lines).toContain(`dns.name ${GPU} * 53/udp named medium x500`);
    expect(lines).toContain(`dns.name ${GPU} n7.com 53/udp named medium x2`);
    expect(lines).toContain(`dns.name ${AGENT} n1.com 53/udp named medium x1`);
    expect(lines).toContain(`egress.flow ${GPU} n2000.com 443/tcp transferred critical x1`);
  });

  it("is as severe as the worst of it", () => {
    const scene = many(new Scene(), 0, 1000).asks(GPU, "7.100.51.198.in-addr.arpa", {
      type: "PTR",
      answer: null,
    });
    expect(scene.lines()).toContain(`dns.name ${GPU} * 53/udp named low x1`);
    expect(many(scene, 1000, 1001).lines()).toContain(`dns.name ${GPU} * 53/udp named medium x2`);
  });

  it("leaves what collapsed under its domain there", () => {
    const scene = manyNames(many(manyNames(new Scene(), 300, "example.com"), 0, 1100), 10, "example.com");
    expect(scene.asks(GPU, "new.example.com", { answer: null }).lines()).toContain(
      `dns.name ${GPU} *.example.com 53/udp named medium x311`,
    );
  });
});

describe("a flood of names under one domain", () => {
  it("stays apart up to 200", () => {
    expect(manyNames(new Scene(), 200, "example.com").seen().findings).toHaveLength(200);
  });

  it("collapses above 200 into one finding with a count", () => {
    expect(manyNames(new Scene(), 201, "example.com").lines()).toEqual([
      `dns.name ${GPU} *.example.com 53/udp named medium x201`,
    ]);
  });

  it("does not bury the rest: other domains, sources and services stay", () => {
    const scene = manyNames(new Scene(), 1000, "example.com");
    scene.asks(GPU, "huggingface.co", { answer: null }).asks(AGENT, "n1.example.com", { answer: null });
    scene.tls(GPU, OUTSIDE, "n1.example.com");
    expect(scene.lines()).toEqual([
      `dns.name ${GPU} *.example.com 53/udp named medium x1000`,
      `dns.name ${GPU} huggingface.co 53/udp named medium x1`,
      `dns.name ${AGENT} n1.example.com 53/udp named medium x1`,
      `egress.flow ${GPU} n1.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("is told by the registrable domain, whatever private suffix it has", () => {
    expect(manyNames(new Scene(), 201, "someone.github.io").lines()).toEqual([
      `dns.name ${GPU} *.github.io 53/udp named medium x201`,
    ]);
    expect(manyNames(new Scene(), 201, "a.example.co.uk").lines()).toEqual([
      `dns.name ${GPU} *.example.co.uk 53/udp named medium x201`,
    ]);
  });

  it("keeps the worst outcome, the ids of its members and the first and last time", () => {
    const scene = new Scene().asks(GPU, "first.example.com", { answer: [OUTSIDE] });
    const id = scene.seen().findings[0].id;
    const [whole] = manyNames(scene.at(10), 300, "example.com")
      .at(99)
      .asks(GPU, "last.example.com")
      .seen().findings;
    expect(whole).toMatchObject({
      destination: "*.example.com",
      outcomeName: "answered",
      attempts: 302,
      firstSeen: { sec: START },
      lastSeen: { sec: START + 99 },
    });
    expect(whole.aliases).toContain(id);
    expect(whole.aliases.length).toBeLessThanOrEqual(64);
  });

  it("has the same id as any such flood of this source", () => {
    const [a] = manyNames(new Scene(), 201, "example.com").seen().findings;
    const [b] = manyNames(new Scene(), 500, "example.com").seen().findings;
    expect(b.id).toBe(a.id);
  });
});

describe("a scan of addresses", () => {
  function scan(count: number, port = 443): Scene {
    const scene = new Scene();
    for (let i = 0; i < count; i++)
      scene.talks(GPU, `198.51.${100 + (i >> 8)}.${i & 255}`, port, (talk) => talk.syn());
    return scene;
  }

  it("stays apart up to 200, and collapses above, by service", () => {
    expect(scan(200).seen().findings).toHaveLength(200);
    const scene = scan(201).talks(GPU, OUTSIDE, 22, (talk) => talk.syn());
    expect(scene.lines()).toEqual([
      `egress.flow ${GPU} * 443/tcp attempted medium x201`,
      `egress.flow ${GPU} ${OUTSIDE} 22/tcp attempted medium x1`,
    ]);
  });

  it("lists some of the addresses, capped", () => {
    const [whole] = scan(300).seen().findings;
    expect(whole.ips).toHaveLength(64);
  });

  it("goes on counting flows that were open when it collapsed", () => {
    const scene = new Scene();
    const talk = new TcpTalk(at(GPU, 39999), at("203.0.113.77", 443));
    scene.send(...talk.open());
    for (let i = 0; i < 250; i++) scene.talks(GPU, `198.51.100.${i}`, 443, (other) => other.syn());
    scene.send(...talk.client("secret"));
    expect(scene.lines()).toEqual([`egress.flow ${GPU} * 443/tcp transferred critical x251`]);
  });
});

describe("a scan of ports", () => {
  const scan = (scene: Scene, ports: number, server = OUTSIDE) => {
    for (let port = 1; port <= ports; port++) scene.send(tcp(at(GPU, 40000), at(server, port), { flags: 2 }));
    return scene;
  };

  it("stays apart up to 200, and collapses above, by destination and protocol", () => {
    expect(scan(new Scene(), 200).seen().findings).toHaveLength(200);
    const scene = scan(new Scene(), 800).send(udp(at(GPU, 40000), at(OUTSIDE, 99), "x"));
    expect(scene.tls(AGENT, OUTSIDE, null, 700).tls(GPU, "203.0.113.9", null, 700).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 99/udp attempted medium x1`,
      `egress.flow ${GPU} ${OUTSIDE} tcp attempted medium x800`,
      `egress.flow ${GPU} 203.0.113.9 700/tcp transferred critical x1`,
      `egress.flow ${AGENT} ${OUTSIDE} 700/tcp transferred critical x1`,
    ]);
  });

  it("has what took data, and keeps a name that a flow gives apart, with its port", () => {
    const scene = scan(new Scene(), 300).tls(GPU, OUTSIDE, null, 150).tls(GPU, OUTSIDE, null, 999);
    expect(scene.tls(GPU, OUTSIDE, "a.example.com", 151).lines()).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} tcp transferred critical x302`,
      `egress.flow ${GPU} a.example.com 151/tcp transferred critical x1`,
    ]);
  });

  it("of many addresses leaves room for what others do, and lists what came furthest", () => {
    const scene = new Scene();
    for (let n = 0; n < 60; n++) scan(scene, 220, `198.51.100.${n}`);
    for (let n = 0; n < 100; n++) scan(scene, 1, `203.0.113.${n}`);
    const summary = scene.tls(GPU, "192.0.2.66", null, 50_000).tls(AGENT, "192.0.2.67", null).seen();
    const lines = linesOf(summary);
    expect(lines).toContain(`egress.flow ${AGENT} 192.0.2.67 443/tcp transferred critical x1`);
    expect(lines.length).toBeLessThan(49 + 200);
    const rest = summary.findings.find(({ destination }) => destination === "*");
    expect(rest).toMatchObject({ source: GPU, port: null, outcomeName: "transferred" });
    expect(rest?.ips).toContain("192.0.2.66");
    expect(summary.coverage["table.findings_full"]).toBe(0);
    expect(summary.findings.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(60 * 220 + 102);
  });
});

describe("the ledger's cap", () => {
  it("counts what it cannot keep", () => {
    const ledger = new Ledger((name) => name);
    const subject = {
      kind: "egress.flow",
      source: GPU,
      port: 1,
      proto: "tcp",
      name: null,
      evidence: "none",
      rule: null,
    } as const;
    const moment = { sec: 1, nsec: 0 };
    const share = {
      attempts: 1,
      bytesOut: 1,
      bytesIn: 0,
      oneWayBytes: 0,
      outcome: 1,
      first: moment,
      last: moment,
      ip: null,
    };
    for (let i = 0; i < 100_500; i++) {
      const name = `${i}.example`;
      // Of several sources: what one has is bounded before.
      const source = `10.20.1.${i >> 9}`;
      ledger.share(ledger.open({ ...subject, source, destination: name, name }, moment), share);
    }
    expect(ledger.overflow).toBe(500);
    const listed = ledger.all();
    expect(listed).toHaveLength(100_001);
    expect(listed.at(-1)).toMatchObject({
      kind: "egress.flow",
      source: null,
      destination: "*",
      attempts: 500,
    });
  });
});

/** Frames of several hosts' doings: each list is one conversation, whose own order stands. */
function doings(): Uint8Array[][] {
  const lists: Uint8Array[][] = [];
  const tls = (host: string, port: number, server: string, sni: string | null) => {
    const talk = new TcpTalk(at(host, port), at(server, 443));
    talk.open();
    talk.client(clientHello(sni));
    talk.server("answer");
    lists.push(talk.frames);
  };
  tls(GPU, 40001, OUTSIDE, "a.example.com");
  tls(GPU, 40002, OUTSIDE, "b.example.com");
  tls(GPU, 40003, OUTSIDE, null);
  tls(AGENT, 40001, "203.0.113.9", "a.example.com");
  tls(AGENT, 40002, GPU, "mirror.example.com");
  for (let i = 0; i < 4; i++) {
    lists.push([udp(at(GPU, 41000 + i), at(RESOLVER, 53), dnsQuery(`q${i % 2}.example.com`, "A", i))]);
    lists.push([tcp(at(AGENT, 42000 + i), at(OUTSIDE, 22), { seq: i, flags: 2 })]);
    lists.push([udp(at(AGENT, 43000 + i), at("192.0.2.53", 53), dnsQuery("x.example.com", "A", i))]);
  }
  return lists;
}

/** Merges the lists, taking the next frame of the list that `picks` says. */
function merged(lists: readonly (readonly Uint8Array[])[], picks: readonly number[]): TimedFrame[] {
  const rest = lists.map((list) => [...list]);
  const frames: TimedFrame[] = [];
  for (let turn = 0; rest.some((list) => list.length > 0); turn++) {
    const open = rest.filter((list) => list.length > 0);
    const data = open[(picks[turn % picks.length] ?? 0) % open.length].shift();
    if (data !== undefined) frames.push({ data, sec: START, nsec: turn });
  }
  return frames;
}

describe("the order in which things arrive", () => {
  const judge = judgeFrom(enclave());

  it("changes neither findings nor counts", () => {
    const lists = doings();
    const whole = watch(judge, [merged(lists, [0])]);
    const picks = fc.array(fc.nat(100), { minLength: 10, maxLength: 80 });
    fc.assert(
      fc.property(picks, (order) => {
        const shuffled = watch(judge, [merged(lists, order)]);
        expect(linesOf(shuffled)).toEqual(linesOf(whole));
        const ids = (summary: typeof whole) =>
          summary.findings.map(({ id, bytesOut }) => `${id} ${bytesOut}`).sort();
        expect(ids(shuffled)).toEqual(ids(whole));
        expect(shuffled.verdict).toBe(whole.verdict);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it("gives the same summary twice, whatever the hash seed", () => {
    const frames = merged(doings(), [3, 1, 4, 1, 5]);
    expect(watch(judge, [frames])).toEqual(watch(judge, [frames]));
  });
});

describe("info findings", () => {
  it("are listed and make no run reachback", () => {
    const summary = new Scene().works().tls(AGENT, GPU, "pypi.org").seen();
    expect(linesOf(summary)).toEqual([`name.inside ${AGENT} pypi.org 443/tcp transferred info x1`]);
    expect(summary.verdict).toBe("clean");
  });
});
