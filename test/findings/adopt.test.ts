import { describe, expect, it } from "vitest";
import { Sensor } from "../../src/sensor.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf, timed } from "../traffic/frames.ts";
import { clientHello, dnsAnswer, dnsQuery, httpRequest, httpTunnelOpens } from "../traffic/messages.ts";
import { tcp, udp } from "../traffic/packets.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const HEAD = `
gapwatch: 1
enclave: { name: test, inside: [10.20.0.0/16], resolvers: [10.20.0.53], names: [enclave.internal] }
`;
const RULE = (id: string, to: string) =>
  `  - { id: ${id}, to: ["${to}"], ports: [443/tcp], reason: r, owner: o, expires: never }\n`;
const BY_ADDRESS = `${HEAD}allow:\n${RULE("gate", "203.0.113.10")}`;
const BY_NAME = `${HEAD}allow:\n${RULE("updates", "*.updates.example.org")}`;
const NOTHING = HEAD;

const CLIENT = "10.20.4.10:40000";
const SERVER = "203.0.113.10:443";
const NAME = "a.updates.example.org";

/** A connection that was opened with a ClientHello, and one more exchange to send later. */
function connection(name = NAME): { opening: Uint8Array[]; later: Uint8Array[] } {
  const talk = new TcpTalk(CLIENT, SERVER);
  talk.open();
  talk.client(clientHello(name));
  const opening = [...talk.frames];
  talk.server("later");
  return { opening, later: talk.frames.slice(opening.length) };
}

function resolved(): Uint8Array[] {
  const query = dnsQuery(NAME);
  const answer = dnsAnswer(NAME, "A", 1, [{ type: "A", data: "203.0.113.10" }]);
  return [udp("10.20.4.10:5000", "10.20.0.53:53", query), udp("10.20.0.53:53", "10.20.4.10:5000", answer)];
}

/** What comes of the connection when the policy changes in its middle. */
function judged(before: string, after: string, name = NAME) {
  const sensor = new Sensor(judgeFrom(before), null);
  const { opening, later } = connection(name);
  for (const batch of batchesOf(timed([...resolved(), ...opening], 1000))) sensor.consume(batch);
  sensor.adopt(judgeFrom(after).policy);
  for (const batch of batchesOf(timed(later, 1001))) sensor.consume(batch);
  const { findings, exceptions } = sensor.finish([], false);
  const flows = findings.filter((finding) => finding.kind !== "dns.name");
  return { kinds: flows.map((finding) => finding.kind), used: exceptions.map((use) => use.rule.id) };
}

/** What comes of a tunnel through an inside proxy when the policy changes while it is open. */
function proxied(before: string, after: string) {
  const sensor = new Sensor(judgeFrom(before), null);
  const talk = new TcpTalk(CLIENT, "10.20.9.30:3128");
  talk.open();
  talk.client(httpRequest(`${NAME}:443`, `${NAME}:443`, "CONNECT"));
  talk.server(httpTunnelOpens());
  for (const batch of batchesOf(timed(talk.frames, 1000))) sensor.consume(batch);
  sensor.adopt(judgeFrom(after).policy);
  const opened = talk.frames.length;
  talk.client("12345");
  for (const batch of batchesOf(timed(talk.frames.slice(opened), 1001))) sensor.consume(batch);
  const { findings, exceptions } = sensor.finish([], false);
  const lines = findings.map(({ kind, attempts, bytesOut }) => `${kind} x${attempts} ${bytesOut}`);
  return { lines, used: exceptions.map(({ rule, attempts, bytesOut }) => [rule.id, attempts, bytesOut]) };
}

describe("Sensor.adopt with a tunnel that is open through a proxy", () => {
  const OTHER = `${RULE("other", "192.0.2.77")}${RULE("another", "192.0.2.78")}`;
  const SECOND = `${HEAD}allow:\n${OTHER}${RULE("updates", "*.updates.example.org")}`;

  it("judges it anew: what is not allowed any more is a finding", () => {
    expect(proxied(SECOND, NOTHING)).toEqual({ lines: ["name.proxy x1 5"], used: [] });
    expect(proxied(SECOND, BY_ADDRESS)).toEqual({ lines: ["name.proxy x1 5"], used: [] });
  });

  it("counts it for the rule that allows it now, wherever that stands", () => {
    expect(proxied(SECOND, BY_NAME)).toEqual({ lines: [], used: [["updates", 1, 5]] });
    expect(proxied(BY_NAME, SECOND)).toEqual({ lines: [], used: [["updates", 1, 5]] });
  });

  it("leaves alone what lies inside now", () => {
    const named = NOTHING.replace("[enclave.internal]", "[enclave.internal, example.org]");
    expect(proxied(SECOND, named)).toEqual({ lines: [], used: [] });
  });
});

it("after Sensor.adopt a service counts as used where that service was, wherever it stands in the file", () => {
  const service = (role: string, port: number) =>
    `{ role: ${role}, address: 10.20.9.20, port: ${port}/tcp, must_be_used: true }`;
  const file = (...services: string[]) =>
    HEAD.replace("names:", `services: [${services.join(", ")}], names:`);
  const [identity, logging] = [service("identity", 443), service("logging", 514)];
  const sensor = new Sensor(judgeFrom(file(identity)), null);
  const talk = new TcpTalk(CLIENT, "10.20.9.20:443");
  talk.open();
  talk.client("hello");
  talk.close();
  for (const batch of batchesOf(timed([...talk.frames, ...new TcpTalk(CLIENT, "10.20.9.21:80").syn()], 1000)))
    sensor.consume(batch);
  for (const batch of batchesOf(timed([tcp(CLIENT, "10.20.9.21:80", {})], 2000))) sensor.consume(batch); // it ends
  sensor.adopt(judgeFrom(file(logging, identity)).policy);
  const unused = sensor.finish([], false).reasons.filter((reason) => reason.startsWith("service.unused"));
  expect(unused).toEqual(["service.unused: the logging service must be used and was not"]);
});

describe("Sensor.adopt", () => {
  it("judges open flows anew: what is not allowed any more is a finding", () => {
    expect(judged(BY_ADDRESS, NOTHING)).toEqual({ kinds: ["egress.flow"], used: [] });
    expect(judged(BY_NAME, NOTHING)).toEqual({ kinds: ["egress.flow"], used: ["updates"] });
  });

  it("keeps allowing what another rule allows, by the name that the flow told", () => {
    expect(judged(BY_ADDRESS, BY_NAME).kinds).toEqual([]);
    expect(judged(BY_NAME, BY_ADDRESS)).toEqual({ kinds: [], used: ["gate", "updates"] });
    expect(judged(BY_NAME, BY_NAME)).toEqual({ kinds: [], used: ["updates"] });
  });

  it("forgets no name that the flow told while its address was enough", () => {
    expect(judged(BY_ADDRESS, BY_NAME, "evil.example.com").kinds).toEqual(["egress.flow"]);
    expect(judged(BY_ADDRESS, BY_ADDRESS, "evil.example.com").kinds).toEqual([]);
  });

  it("does not undo what was found", () => {
    expect(judged(NOTHING, BY_ADDRESS).kinds).toEqual(["egress.flow"]);
  });

  it("judges by other inside prefixes", () => {
    const wider = NOTHING.replace("[10.20.0.0/16]", "[10.20.0.0/16, 203.0.113.0/24]");
    expect(judged(BY_ADDRESS, wider).kinds).toEqual([]);
  });
});
