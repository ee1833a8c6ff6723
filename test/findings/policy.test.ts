import { describe, expect, it } from "vitest";
import { judgeFrom, watch } from "../sensor-run.ts";
import { httpRequest, httpResponse, httpTunnelOpens } from "../traffic/messages.ts";
import { icmp, udp } from "../traffic/packets.ts";
import type { TcpTalk } from "../traffic/tcp-talk.ts";
import { AGENT, at, enclave, GATE, GPU, linesOf, OUTSIDE, reasonsOf, Scene, START } from "./scene.ts";

const DAY = 86_400;
const sends = (lenBytes: number) => (talk: TcpTalk) => [
  talk.open(),
  talk.client(new Uint8Array(lenBytes)),
  talk.close(),
];

describe("an address rule", () => {
  const rule = `id: gate, to: [${OUTSIDE}], ports: [443/tcp], from: [10.20.4.0/24]`;

  it("allows what matches in all, and shows it", () => {
    const summary = new Scene()
      .works()
      .talks(GATE, OUTSIDE, 443, sends(100))
      .seen(enclave([rule]));
    expect(summary).toMatchObject({
      verdict: "clean",
      findings: [],
      exceptions: [{ attempts: 1, bytesOut: 100, bytesIn: 0, firstSeen: { sec: START } }],
    });
  });

  it("counts attempts and octets over all its flows", () => {
    const scene = new Scene()
      .talks(GATE, OUTSIDE, 443, sends(100))
      .at(60)
      .talks("10.20.4.11", OUTSIDE, 443, sends(50));
    expect(scene.seen(enclave([rule])).exceptions).toMatchObject([
      { attempts: 2, bytesOut: 150, firstSeen: { sec: START }, lastSeen: { sec: START + 60 } },
    ]);
  });

  it.each([
    ["port", GATE, OUTSIDE, 80],
    ["source", GPU, OUTSIDE, 443],
    ["destination", GATE, "198.51.100.8", 443],
  ])("does not allow another %s", (_, from, to, port) => {
    expect(new Scene().talks(from, to, port, sends(1)).lines(enclave([rule]))).toEqual([
      `egress.flow ${from} ${to} ${port}/tcp transferred critical x1`,
    ]);
  });

  it("does not allow another protocol", () => {
    expect(new Scene().send(udp(at(GATE, 4000), at(OUTSIDE, 443), "x")).lines(enclave([rule]))).toHaveLength(
      1,
    );
  });

  it("does not allow the other direction", () => {
    const open = enclave([`id: any, to: [${OUTSIDE}]`]);
    expect(new Scene().talks(OUTSIDE, GPU, 443, sends(1)).lines(open)).toEqual([
      `ingress.flow ${OUTSIDE} ${GPU} 443/tcp connected high x1`,
    ]);
  });

  it("of direction in allows who initiates from outside, and nobody inside", () => {
    const inward = enclave([`id: in, to: [${OUTSIDE}], from: [${GPU}], ports: [8000/tcp], direction: in`]);
    expect(new Scene().talks(OUTSIDE, GPU, 8000, sends(1)).lines(inward)).toEqual([]);
    expect(new Scene().talks(OUTSIDE, GPU, 8001, sends(1)).lines(inward)).toHaveLength(1);
    expect(new Scene().talks(OUTSIDE, AGENT, 8000, sends(1)).lines(inward)).toHaveLength(1);
    expect(new Scene().talks(GPU, OUTSIDE, 8000, sends(1)).lines(inward)).toEqual([
      `egress.flow ${GPU} ${OUTSIDE} 8000/tcp transferred critical x1`,
    ]);
  });

  it("for icmp allows pings", () => {
    const file = enclave([`id: ping, to: [${OUTSIDE}], ports: [icmp]`]);
    expect(new Scene().send(icmp(GPU, OUTSIDE, { type: 8, rest: 0x50001 })).lines(file)).toEqual([]);
  });

  it("does not ask for names: what is said in the flow changes nothing", () => {
    const scene = new Scene().tls(GATE, OUTSIDE, "whatever.example.com");
    expect(scene.lines(enclave([rule]))).toEqual([]);
  });

  it("does not allow a transit flow", () => {
    const open = enclave(["id: any, to: [198.51.100.0/24, 192.0.2.0/24]"]);
    expect(new Scene().talks("192.0.2.9", OUTSIDE, 443, sends(1)).lines(open)[0]).toMatch(/^transit\.flow/);
  });
});

describe("expiry", () => {
  const file = (date: string) => enclave([`id: gate, to: [${OUTSIDE}], expires: ${date}`]);
  const go = (later = 0) => new Scene().at(later).talks(GATE, OUTSIDE, 443, sends(1));

  it("is by packet time, inclusive, at the end of the day in UTC", () => {
    const midnight = 14 * 3600; // the scene begins at 10:00 on the 20th
    expect(go(midnight - 1).lines(file("2026-11-20"))).toEqual([]);
    expect(go(midnight).lines(file("2026-11-20"))).toEqual([
      `policy.expired ${GATE} ${OUTSIDE} 443/tcp transferred critical x1`,
    ]);
  });

  it("names the rule", () => {
    expect(go().seen(file("2026-11-19")).findings).toMatchObject([{ kind: "policy.expired", rule: "gate" }]);
  });

  it("of one rule does not matter where another allows", () => {
    const two = enclave([`id: old, to: [${OUTSIDE}], expires: 2026-01-01`, `id: new, to: [${OUTSIDE}]`]);
    expect(go().seen(two)).toMatchObject({ findings: [], exceptions: [{ attempts: 1 }] });
  });

  it("of a name rule is policy.expired for the question and the flow", () => {
    const old = enclave(['id: old, to: ["*.example.org"], expires: 2026-01-01']);
    const scene = new Scene()
      .asks(GATE, "a.example.org", { answer: [OUTSIDE] })
      .tls(GATE, OUTSIDE, "a.example.org");
    expect(scene.lines(old)).toEqual([
      `policy.expired ${GATE} a.example.org 443/tcp transferred critical x1`,
      `policy.expired ${GATE} a.example.org 53/udp answered high x1`,
    ]);
  });

  it("of a name rule explains no flow that names another destination", () => {
    const old = enclave(['id: old, to: ["*.example.org"], expires: 2026-01-01']);
    const scene = new Scene()
      .asks(GATE, "a.example.org", { answer: [OUTSIDE] })
      .tls(GATE, OUTSIDE, "evil.example.com");
    expect(scene.lines(old)).toContain(
      `egress.flow ${GATE} evil.example.com 443/tcp transferred critical x1`,
    );
  });
});

describe("hours", () => {
  const file = enclave([`id: office, to: [${OUTSIDE}], hours: Mon-Fri 09:00-11:00 UTC`]);

  it("are judged when the flow starts; the permission lasts while the connection does", () => {
    const scene = new Scene().at(3500).talks(GATE, OUTSIDE, 443, (talk) => {
      talk.open();
    });
    const last = scene.frames.length;
    const more = new Scene().at(9000).talks(GATE, OUTSIDE, 443, (talk) => [talk.open(), talk.client("late")]);
    const late = more.frames[3];
    expect(scene.lines(file)).toEqual([]);
    scene.frames.push(late);
    expect(scene.frames).toHaveLength(last + 1);
    expect(scene.lines(file)).toEqual([]);
    expect(more.lines(file)).toEqual([`egress.flow ${GATE} ${OUTSIDE} 443/tcp transferred critical x1`]);
  });

  it("expiry does not end a connection either", () => {
    const soon = enclave([`id: gate, to: [${OUTSIDE}], expires: 2026-11-20`]);
    const scene = new Scene().at(13 * 3600).talks(GATE, OUTSIDE, 443, (talk) => talk.open());
    const tail = new Scene()
      .at(15 * 3600)
      .talks(GATE, OUTSIDE, 443, (talk) => [talk.open(), talk.client("late")]);
    scene.frames.push(tail.frames[3]);
    expect(scene.lines(soon)).toEqual([]);
  });
});

describe("a capture without times", () => {
  const used = new Scene().works().talks(GATE, OUTSIDE, 443, sends(1));
  const frames = used.frames.map(({ data }, i) => ({ data, sec: 0, nsec: i }));
  const seen = (rule: string) => watch(judgeFrom(enclave([`id: gate, to: [${OUTSIDE}], ${rule}`])), [frames]);

  it.each(["expires: 2026-11-20", "hours: Thu 00:00-24:00 UTC"])(
    "cannot tell whether a rule held: %s",
    (rule) => {
      const summary = seen(rule);
      expect([summary.verdict, ...reasonsOf(summary)]).toEqual(["inconclusive", "rule.time_unknown"]);
    },
  );

  it("says all there is to a rule that always holds", () => {
    expect(seen("expires: never")).toMatchObject({ verdict: "clean", findings: [] });
  });
});

describe("a byte budget", () => {
  const file = (limits: string) => enclave([`id: gate, to: [${OUTSIDE}, "*.example.org"], ${limits}`]);
  const budget = `volume.budget null gate null transferred high x1`;

  it("is of all flows of the rule on one UTC day", () => {
    const scene = new Scene().talks(GATE, OUTSIDE, 443, sends(600)).talks(GPU, OUTSIDE, 443, sends(400));
    expect(scene.lines(file("max_bytes_out: 1000B/day"))).toEqual([]);
    scene.talks(AGENT, OUTSIDE, 443, sends(1));
    const summary = scene.seen(file("max_bytes_out: 1000B/day"));
    expect(linesOf(summary)).toEqual([budget]);
    expect(summary.findings[0]).toMatchObject({ rule: "gate", source: null, bytesOut: 1001 });
    expect(summary.exceptions).toMatchObject([{ attempts: 3, bytesOut: 1001 }]);
  });

  it("is that of the name that was answered, whatever other allowed name the client claims", () => {
    const two = enclave([
      'id: one, to: ["a.example.org"], max_bytes_out: 1kB/day',
      'id: two, to: ["b.example.net"]',
    ]);
    const claiming = (name: string) =>
      new Scene().asks(GATE, "a.example.org", { answer: [OUTSIDE] }).talks(GATE, OUTSIDE, 80, (talk) => {
        talk.open();
        talk.client(httpRequest(name, "/", "POST", "x".repeat(2000)));
        talk.close();
      });
    for (const name of ["a.example.org", "b.example.net"])
      expect(claiming(name).lines(two)).toEqual([budget.replace("gate", "one")]);
    const answered = claiming("b.example.net")
      .at(0)
      .asks(GATE, "b.example.net", { answer: [OUTSIDE] });
    answered.frames.sort((a, b) => a.sec - b.sec || a.nsec - b.nsec);
    expect(answered.lines(two)).toEqual([]);
  });

  it("begins anew at midnight UTC", () => {
    const scene = new Scene().at(14 * 3600 - 10).talks(GATE, OUTSIDE, 443, sends(900));
    scene.at(14 * 3600 + 10).talks(GATE, OUTSIDE, 443, sends(900));
    expect(scene.lines(file("max_bytes_out: 1000B/day"))).toEqual([]);
  });

  it("counts a day once, however often it is passed", () => {
    const scene = new Scene().talks(GATE, OUTSIDE, 443, sends(5000)).talks(GATE, OUTSIDE, 443, sends(5000));
    scene.at(DAY).talks(GATE, OUTSIDE, 443, sends(5000));
    expect(scene.lines(file("max_bytes_out: 1kB/day"))).toEqual([budget.replace("x1", "x2")]);
  });

  it("counts inside to outside, whoever initiated", () => {
    const inward = enclave([
      `id: gate, to: [${OUTSIDE}], direction: in, max_bytes_out: 10B/day, max_bytes_in: 1kB/day`,
    ]);
    const scene = new Scene().talks(OUTSIDE, GPU, 8000, (talk) => [
      talk.open(),
      talk.client(new Uint8Array(500)),
    ]);
    expect(scene.lines(inward)).toEqual([]);
    scene.talks(OUTSIDE, GPU, 8000, (talk) => [talk.open(), talk.server(new Uint8Array(11))]);
    expect(scene.lines(inward)).toEqual([budget]);
  });

  it("is also of what comes in", () => {
    const scene = new Scene().talks(GATE, OUTSIDE, 443, (talk) => [
      talk.open(),
      talk.server(new Uint8Array(1001)),
    ]);
    expect(scene.lines(file("max_bytes_in: 1kB/day"))).toEqual([budget]);
  });

  it("counts a flow that was allowed only when it ended", () => {
    const scene = new Scene().asks(GATE, "a.example.org", { answer: ["192.0.2.1"] });
    scene.talks(GATE, "192.0.2.1", 443, (talk) => [talk.open(), talk.client(new Uint8Array(1001))]);
    expect(scene.lines(file("max_bytes_out: 1kB/day"))).toEqual([budget]);
  });

  it("counts no copies", () => {
    const scene = new Scene().talks(GATE, OUTSIDE, 443, sends(900));
    const twice = new Scene();
    for (const { data } of scene.frames) twice.send(data, data);
    expect(twice.lines(file("max_bytes_out: 1kB/day"))).toEqual([]);
  });

  describe("through an inside proxy", () => {
    const PROXY = "10.20.9.30";
    const through = (scene: Scene, lenBytes: number) =>
      scene.talks(GATE, PROXY, 3128, (talk) => {
        talk.open();
        talk.client(httpRequest("a.example.org:443", "a.example.org:443", "CONNECT"));
        talk.server(httpTunnelOpens());
        talk.client(new Uint8Array(lenBytes));
        talk.close();
      });
    const outer = (scene: Scene, lenBytes: number) =>
      scene
        .asks(PROXY, "a.example.org", { answer: ["192.0.2.1"] })
        .talks(PROXY, "192.0.2.1", 443, sends(lenBytes));

    it("is passed as well, its outer leg need not be seen", () => {
      expect(through(new Scene(), 1000).lines(file("max_bytes_out: 1kB/day"))).toEqual([]);
      const summary = through(through(new Scene(), 600), 401).seen(file("max_bytes_out: 1kB/day"));
      expect(linesOf(summary)).toEqual([budget]);
      expect(summary.findings).toMatchObject([{ bytesOut: 1001 }]);
    });

    it("is passed by requests without a tunnel, whoever else was asked for between them", () => {
      const put = (host: string, lenBytes: number) =>
        httpRequest(host, `http://${host}/`, "PUT", "x".repeat(lenBytes));
      const asks = (...requests: Buffer[]) =>
        new Scene().works().talks(GATE, PROXY, 3128, (talk) => {
          talk.open();
          for (const request of requests) [talk.client(request), talk.server(httpResponse(200, "ok"))];
          talk.close();
        });
      const limit = file("max_bytes_out: 1kB/day");
      const once = asks(put("a.example.org", 500)).seen(limit);
      expect(once).toMatchObject({ verdict: "clean", exceptions: [{ attempts: 1 }] });
      expect(once.exceptions[0].bytesOut).toBeGreaterThan(500);
      expect(asks(put("a.example.org", 500), put("b.example.org", 500)).lines(limit)).toEqual([budget]);
      const mixed = asks(put("a.example.org", 1), put("evil.example.com", 1), put("a.example.org", 1000));
      expect(mixed.lines(limit)).toContain(budget);
    });

    it("counts once what is seen on both legs", () => {
      const both = outer(through(new Scene(), 600), 600);
      expect(both.lines(file("max_bytes_out: 1kB/day"))).toEqual([]);
      for (const scene of [
        outer(through(new Scene(), 1001), 1001),
        through(outer(new Scene(), 1001), 1001),
      ]) {
        const summary = scene.seen(file("max_bytes_out: 1kB/day"));
        expect(linesOf(summary)).toEqual([budget]);
        expect(summary.findings).toMatchObject([{ bytesOut: 1001 }]);
      }
    });
  });

  it("is not eaten by a flow that turned into a finding before", () => {
    const scene = new Scene().asks(GATE, "a.example.org", { answer: ["192.0.2.1"] });
    scene.talks(GATE, "192.0.2.1", 80, (talk) => {
      talk.open();
      talk.client(httpRequest("a.example.org", `/${"x".repeat(1000)}`));
      talk.client(httpRequest("evil.example.com"));
      talk.close();
    });
    scene.at(400).talks(GATE, OUTSIDE, 443, sends(1400)); // takes over the row of the flow before
    expect(scene.lines(file("max_bytes_out: 3kB/day"))).not.toContain(budget);
    expect(scene.lines(file("max_bytes_out: 2kB/day"))).toContain(budget);
  });
});

describe("what an inventory host may reach", () => {
  const file = enclave([], [`hosts: [{ name: gpu-01, address: ${GPU}, may_reach: [10.20.9.0/24] }]`]);

  it("is what the file lists, itself, and the approved resolvers", () => {
    const scene = new Scene().talks(GPU, "10.20.9.1", 443, sends(1)).asks(GPU, "gpu-01.enclave.internal");
    scene.talks(GPU, GPU, 80, sends(1));
    expect(scene.lines(file)).toEqual([]);
  });

  it("beyond that is inside.unapproved, medium whatever became of it", () => {
    expect(new Scene().talks(GPU, AGENT, 22, sends(1)).lines(file)).toEqual([
      `inside.unapproved ${GPU} ${AGENT} 22/tcp transferred medium x1`,
    ]);
    const flood = Array.from({ length: 70 }, () => udp(at(GPU, 4000), at(AGENT, 9), new Uint8Array(1024)));
    expect(new Scene().send(...flood).lines(file)).toEqual([
      `inside.unapproved ${GPU} ${AGENT} 9/udp attempted medium x1`,
    ]);
  });

  it("is asked of the IPv4 addresses that transition addresses carry", () => {
    const [own, other] = ["64:ff9b::a14:10b", "64:ff9b::a14:115"]; // GPU and AGENT
    expect(new Scene().talks(own, "fd20:5eed::5", 22, sends(1)).lines(file)).toEqual([
      `inside.unapproved ${own} fd20:5eed::5 22/tcp transferred medium x1`,
    ]);
    expect(new Scene().talks(own, other, 22, sends(1)).seen(file).findings).toMatchObject([
      { kind: "inside.unapproved", sourceName: "gpu-01" },
    ]);
    expect(new Scene().talks(own, "64:ff9b::a14:901", 443, sends(1)).lines(file)).toEqual([]); // 10.20.9.1
  });

  it("says nothing of who reaches it, nor of hosts without a limit", () => {
    expect(new Scene().talks(AGENT, GPU, 22, sends(1)).talks(AGENT, GATE, 22, sends(1)).lines(file)).toEqual(
      [],
    );
  });
});

it("a judgement that was bad does not get better by what is seen later", () => {
  const file = enclave(['id: gate, to: ["*.example.org"]']);
  const scene = new Scene().talks(GATE, OUTSIDE, 443, (talk) => talk.open());
  scene.asks(GATE, "a.example.org", { answer: [OUTSIDE] });
  expect(scene.lines(file)).toEqual([`egress.flow ${GATE} ${OUTSIDE} 443/tcp connected high x1`]);
});
