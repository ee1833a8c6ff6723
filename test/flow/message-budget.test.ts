import { describe, expect, it } from "vitest";
import { COST_KNOWN, COST_NEW, MessageBudget } from "../../src/flow/message-budget.ts";
import { reasonsOf, Scene } from "../findings/scene.ts";
import { H2_PREFACE, h2Frame, h2Headers, h2Settings } from "../traffic/http2.ts";
import { dnsName, dnsOverTcp, dnsQuery, httpRequest } from "../traffic/messages.ts";
import { be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const HOST = "10.20.1.11";

/** What one segment with all of these is worth; the saved part is used up before. */
function heard(server: string, messages: readonly Uint8Array[], first?: Uint8Array) {
  const talk = new TcpTalk(`${HOST}:40000`, server, { mss: 60_000 });
  talk.open();
  if (first !== undefined) talk.data("client", first);
  talk.data("client", join(...messages));
  const seen = new Scene()
    .works()
    .send(...talk.frames)
    .seen();
  return { names: seen.findings.length, reasons: reasonsOf(seen), totals: seen.totals };
}

function many<Item>(count: number, make: (n: number) => Item): Item[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

describe("MessageBudget", () => {
  it("always reads a message for itself, however much was read before", () => {
    const budget = new MessageBudget();
    while (budget.take(COST_KNOWN));
    for (let n = 0; n < 1000; n++) {
      budget.earn(0);
      expect([budget.isSpent, budget.take(COST_NEW), budget.take(COST_KNOWN), budget.isSpent]).toEqual([
        false,
        true,
        false,
        true,
      ]);
    }
  });

  it("saves up for a thousand, and earns by the octets that carry messages", () => {
    const taken = (budget: MessageBudget) => {
      let count = 0;
      while (budget.take(COST_KNOWN)) count++;
      return count;
    };
    const budget = new MessageBudget();
    budget.earn(1 << 20);
    expect(taken(budget)).toBe(1024);
    budget.earn(1400);
    expect(taken(budget)).toBe(12);
  });
});

describe("a segment full of messages", () => {
  it.each([
    [
      "HTTP",
      "10.20.9.30:3128",
      (n: number) => join(`GET http://h${n}.example.com/ HTTP/1.1\r\n\r\n`),
      undefined,
    ],
    [
      "HTTP/2",
      "198.51.100.7:80",
      (n: number) => h2Headers(2 * n + 1, { ":method": "GET", ":authority": `h${n}.com`, ":path": "/" }),
      join(H2_PREFACE, h2Settings()),
    ],
    ["DNS", "10.20.0.53:53", (n: number) => dnsOverTcp(dnsQuery(`n${n}.com`, "A", n)), undefined],
  ])(
    "of %s is read up to what is saved, the rest makes the run inconclusive",
    (_what, server, make, first) => {
      const some = heard(server, many(150, make), first);
      expect(some.reasons).not.toContain("stream.flood");
      const all = heard(server, many(900, make), first);
      expect(all.reasons).toContain("stream.flood");
      expect(all.names).toBeGreaterThan(0);
    },
  );

  it("with the same few hosts is no flood", () => {
    const host = (n: number) => httpRequest(`${n % 30}.enclave.internal`);
    const same = heard("10.20.9.30:3128", many(600, host));
    expect([same.names, same.totals.httpRequests, same.reasons]).toEqual([0, 600, []]);
  });

  it("of small calls and their answers, in segments as long as they get, is none either", () => {
    const talk = new TcpTalk(`${HOST}:40000`, "10.20.9.40:50051", { mss: 60_000 });
    talk.open();
    talk.data("client", join(H2_PREFACE, h2Settings()));
    talk.data("server", h2Settings());
    let stream = 1;
    for (let burst = 0; burst < 20; burst++) {
      const streams = many(400, () => (stream += 2));
      const asked = { ":method": "POST", ":authority": "a.enclave.internal", ":path": "/a.B/Call" };
      const call = (id: number) =>
        join(h2Headers(id, { ...asked, te: `${id}` }, { ends: false }), h2Frame(0, 1, id, Buffer.alloc(60)));
      const answer = (id: number) =>
        join(h2Headers(id, { ":status": "200" }, { ends: false }), h2Frame(0, 1, id, Buffer.alloc(60)));
      talk.data("client", join(...streams.map(call)));
      talk.data("server", join(...streams.map(answer)));
    }
    const seen = new Scene()
      .works()
      .send(...talk.frames)
      .seen();
    expect([seen.totals.httpRequests, reasonsOf(seen)]).toEqual([8000, []]);
  });

  it("of services of the link is what hosts ask all day", () => {
    const services = many(12, (n) => join(dnsName(`_s${n}._tcp.local`), be(12, 2), be(1, 2)));
    const message = join(be(0, 4), be(services.length, 2), be(0, 6), ...services);
    const frames = many(500, () => udp(`${HOST}:5353`, "224.0.0.251:5353", message));
    expect(
      reasonsOf(
        new Scene()
          .works()
          .send(...frames)
          .seen(),
      ),
    ).toEqual([]);
  });

  it("of questions in one datagram: the first is always read", () => {
    const questions = (id: number) =>
      join(
        be(id, 2),
        be(0x0100, 2),
        be(60, 2),
        be(0, 6),
        ...many(60, (n) => join(dnsName(`q${id}-${n}.com`), be(1, 2), be(1, 2))),
      );
    const frames = many(16, (id) => udp(`${HOST}:${5000 + id}`, "10.20.0.53:53", questions(id)));
    const seen = new Scene()
      .works()
      .send(...frames)
      .seen();
    expect(reasonsOf(seen)).toContain("stream.flood");
    const names = seen.findings.map(({ name }) => name);
    for (let id = 0; id < 16; id++) expect(names).toContain(`q${id}-0.com`);
  });
});
