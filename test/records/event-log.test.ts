import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { inRepository } from "../captured-frames.ts";
import { judgeFrom } from "../sensor-run.ts";
import { timed } from "../traffic/frames.ts";
import {
  clientHello,
  dnsAnswer,
  dnsQuery,
  httpRequest,
  httpResponse,
  serverHello,
} from "../traffic/messages.ts";
import { icmp, icmpError, udp } from "../traffic/packets.ts";
import { crypto, googleHello, initial, quicHello, V2 } from "../traffic/quic.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { type Event, type Recorded, recordCaptures, recordFrames } from "./record-events.ts";

const SCHEMA = inRepository("../shared/eve/schema.json");
const hasSchema = existsSync(SCHEMA);
if (!hasSchema) process.stderr.write("event-log: ../shared/eve is missing, records are not validated\n");

const validate = hasSchema
  ? new Ajv({ strict: false }).compile(JSON.parse(readFileSync(SCHEMA, "utf8")) as object)
  : () => false;

const judge = judgeFrom(readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8"));
const CAPTURES = readdirSync(inRepository("captures")).filter((name) => name.endsWith(".pcapng"));

const HOST = "10.20.1.11";
const RESOLVER = "10.20.0.53";

/** Seconds of packet time at which made traffic begins. */
const START_SEC = 1_800_000_000;

function made(frames: readonly Uint8Array[]): Promise<{ events: Event[]; text: string }> {
  return recordFrames(judge, timed(frames, START_SEC));
}

function ofType(events: readonly Event[], type: string): Event[] {
  return events.filter((event) => event.event_type === type);
}

describe.each(CAPTURES)("events of %s", (name) => {
  const path = inRepository(`captures/${name}`);
  let recorded: Recorded;

  beforeAll(async () => {
    recorded = await recordCaptures(judge, [path]);
  });

  it.skipIf(!hasSchema)("validate against Suricata's schema, our own object aside", () => {
    const { events } = recorded;
    expect(events.length).toBeGreaterThan(30);
    for (const { gapwatch: _, ...event } of events) {
      expect(validate(event) ? null : event).toBeNull();
    }
  });

  it("are the same in two runs, byte for byte", async () => {
    expect((await recordCaptures(judge, [path])).text).toBe(recorded.text);
  });

  it("name each flow once, and no other flow in other records", () => {
    const { events, summary } = recorded;
    const flows = ofType(events, "flow").map((event) => event.flow_id ?? 0);
    expect(flows).toHaveLength(summary.totals.flows);
    expect(new Set(flows).size).toBe(flows.length);
    expect(flows.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
    for (const event of events) if (event.flow_id !== undefined) expect(flows).toContain(event.flow_id);
  });

  it("end with an alert for each finding in the report's order, and the counters", () => {
    const { events, summary } = recorded;
    const alerts = ofType(events, "alert");
    expect(alerts.map((event) => event["gapwatch"])).toMatchObject(
      summary.findings.map(({ id, kind, severityName }) => ({ finding: id, kind, severity: severityName })),
    );
    expect(events.slice(-1 - alerts.length).map((event) => event.event_type)).toEqual([
      ...alerts.map(() => "alert"),
      "stats",
    ]);
    expect(events.at(-1)).toMatchObject({
      stats: { decoder: { pkts: summary.totals.packets }, detect: { alert: alerts.length } },
      gapwatch: { verdict: summary.verdict },
    });
  });
});

describe("events of dns.pcapng", () => {
  it("hold the questions that tshark 4.0.17 finds, in order", async () => {
    const { events } = await recordCaptures(judge, [inRepository("captures/dns.pcapng")]);
    const questions = ofType(events, "dns").filter((event) => event.dns?.type === "query");
    const lines = questions.map(
      ({ src_ip, dest_ip, dest_port, proto, dns }) =>
        `${src_ip} ${dest_ip} ${dest_port}/${proto} ${dns?.rrname} ${dns?.rrtype}`,
    );
    expect(lines).toEqual([
      "10.20.1.11 192.0.2.53 53/UDP huggingface.co A",
      "10.20.1.11 192.0.2.53 53/TCP config.example.net TXT",
      "fd20:5eed::1:11 2001:db8:0:1::53 53/UDP registry-1.docker.io AAAA",
      "10.20.1.21 198.51.100.53 53/UDP github.com A",
      "10.20.1.21 198.51.100.53 53/UDP github.com A",
      "10.20.1.21 10.20.1.31 53/UDP pypi.org A",
      "10.20.1.21 192.0.2.210 5300/UDP github.com A",
      "10.20.0.53 192.0.2.53 53/UDP api.openai.com A",
      "10.20.1.31 10.20.0.53 53/UDP cdn-lfs.huggingface.co A",
      "10.20.1.31 10.20.0.53 53/TCP pypi.org A",
      "10.20.1.31 10.20.0.53 53/TCP gpu-01.enclave.internal A",
      "10.20.1.31 10.20.0.53 53/TCP dl.min.io A",
      "10.20.1.31 10.20.0.53 53/TCP telemetry.weaviate.io A",
      "10.20.1.31 10.20.0.53 53/UDP stats.grafana.org A",
      "10.20.1.21 10.20.0.53 53/UDP mfrggzdfmztwq2lknnwg23tpobyxe43u.t.example.net A",
      "10.20.1.21 10.20.0.53 53/UDP 10.2.0.192.in-addr.arpa PTR",
      "10.20.1.21 10.20.0.53 53/UDP legacy-api.enclave.internal A",
      "10.20.1.21 10.20.0.53 53/UDP models.enclave.internal A",
      "10.20.1.21 10.20.0.53 53/UDP 11.1.20.10.in-addr.arpa PTR",
      "10.20.1.21 10.20.0.53 53/UDP printer.local A",
      "10.20.1.21 10.20.0.53 53/UDP router.home.arpa A",
      "10.20.1.21 10.20.0.53 53/UDP version.bind TXT",
      "10.20.1.21 10.20.0.53 53/UDP  NS",
    ]);
  });
});

describe("a record", () => {
  it("of DNS has the asker as its source, in the answer too", async () => {
    const { events } = await made([
      udp(`${HOST}:40000`, `${RESOLVER}:53`, dnsQuery("a.example.org", "A", 7)),
      udp(
        `${RESOLVER}:53`,
        `${HOST}:40000`,
        dnsAnswer("a.example.org", "A", 7, [{ type: "A", data: "192.0.2.9" }]),
      ),
    ]);
    const ends = { src_ip: HOST, src_port: 40000, dest_ip: RESOLVER, dest_port: 53, proto: "UDP" };
    const question = { version: 2, id: 7, rrname: "a.example.org", rrtype: "A" };
    const answer = { rrname: "a.example.org", rrtype: "A", ttl: 300, rdata: "192.0.2.9" };
    expect(ofType(events, "dns")).toMatchObject([
      { ...ends, timestamp: "2027-01-15T08:00:00.000000+0000", dns: { ...question, type: "query" } },
      {
        ...ends,
        timestamp: "2027-01-15T08:00:00.001000+0000",
        dns: { ...question, type: "answer", flags: "8180", rcode: "NOERROR", answers: [answer] },
      },
    ]);
  });

  it("of a response lists 64 answers and counts the others", async () => {
    const answers = Array.from({ length: 70 }, (_, i) => ({ type: "A" as const, data: `192.0.2.${i}` }));
    const message = dnsAnswer("a.example.org", "A", 7, answers);
    const { events } = await made([udp(`${RESOLVER}:53`, `${HOST}:40000`, message)]);
    const [answer] = ofType(events, "dns");
    expect(answer.dns?.answers).toHaveLength(64);
    expect(answer["gapwatch"]).toEqual({ answers_omitted: 6 });
  });

  it("of a question that cannot be read is none", async () => {
    const { events } = await made([udp(`${HOST}:40000`, `${RESOLVER}:53`, Buffer.from("nonsense"))]);
    expect(events.map((event) => event.event_type)).toEqual(["flow", "stats"]);
  });

  it("of TLS has name, offered version, protocols and JA4", async () => {
    const talk = new TcpTalk(`${HOST}:40000`, "192.0.2.10:443");
    talk.open();
    talk.client(clientHello("Hub.Example.ORG", ["h2", "a\x00\xff"]));
    talk.server(serverHello());
    const { events } = await made(talk.frames);
    expect(ofType(events, "tls")).toMatchObject([
      {
        src_ip: HOST,
        dest_port: 443,
        tls: { sni: "hub.example.org", version: "TLS 1.3", client_alpns: ["h2", "a\\000\\255"] },
      },
    ]);
    expect(events[0]["tls"]).toHaveProperty("ja4", expect.stringMatching(/^t13d0203h2_[0-9a-f]{12}_/));
  });

  it("of QUIC has name, version and JA4, and validates", async () => {
    const dcid = Buffer.from("8394c8f03e515708", "hex");
    const frames = [crypto(0, quicHello("Hub.Example.ORG"))];
    const { events } = await made([
      udp(`${HOST}:40000`, "192.0.2.10:443", initial({ dcid, frames })),
      udp(`${HOST}:40001`, "192.0.2.10:443", initial({ dcid, frames, version: V2 })),
      udp(`${HOST}:40002`, "192.0.2.10:443", googleHello("Q043", "hub.example.org")),
    ]);
    const records = ofType(events, "quic");
    const sni = "hub.example.org";
    const ja4 = expect.stringMatching(/^q13d0103h3_[0-9a-f]{12}_/);
    expect(records.map((record) => record["quic"])).toEqual([
      { sni, version: "1", ja4 },
      { sni, version: "6b3343cf", ja4 },
      { sni, version: "Q043" },
    ]);
    expect(records[0]).toMatchObject({ src_ip: HOST, dest_port: 443, proto: "UDP" });
    if (hasSchema) for (const record of records) expect(validate(record) ? null : record).toBeNull();
  });

  it("of HTTP is one for the request and one, without host and method, for the response", async () => {
    const talk = new TcpTalk(`${HOST}:40000`, "192.0.2.10:80");
    talk.open();
    talk.client(httpRequest("hub.example.org:8080", "/v1?q=1", "POST", "x"));
    talk.server(httpResponse(403));
    const { events } = await made(talk.frames);
    const url = "/v1?q=1";
    const request = { hostname: "hub.example.org", url, http_method: "POST" };
    const [asked, answered] = ofType(events, "http");
    expect(asked["http"]).toEqual({ ...request, http_port: 8080, protocol: "HTTP/1.1" });
    expect(answered).toMatchObject({ src_ip: HOST, http: { protocol: "HTTP/1.1", status: 403 } });
    expect(answered["http"]).not.toHaveProperty("hostname");
    expect(answered["gapwatch"]).toEqual({ answers: request });
  });

  it("of a flow counts both directions on the wire, from the end that began", async () => {
    const talk = new TcpTalk(`${HOST}:40000`, "192.0.2.10:80", { frame: { vlans: [5] } });
    talk.open();
    talk.client("hello");
    talk.close();
    const { events } = await made(talk.frames);
    const wireLen = talk.frames.reduce((sum, frame) => sum + frame.length, 0);
    const [flow] = ofType(events, "flow");
    const counted = flow["flow"] as Record<string, number>;
    expect(counted["bytes_toserver"] + counted["bytes_toclient"]).toBe(wireLen);
    expect(counted["pkts_toserver"] + counted["pkts_toclient"]).toBe(talk.frames.length);
    expect(flow).toMatchObject({
      src_ip: HOST,
      vlan: [5],
      flow: { state: "closed", alerted: true, start: "2027-01-15T08:00:00.000000+0000" },
      gapwatch: { initiator: "handshake", payload_toserver: 5, payload_toclient: 0 },
    });
  });

  it("of a ping has type and code in place of ports", async () => {
    const { events } = await made([icmp(HOST, "192.0.2.10", { type: 8, rest: 0x12340001 })]);
    const [flow] = ofType(events, "flow");
    expect(flow).toMatchObject({ proto: "ICMP", icmp_type: 8, icmp_code: 0, flow: { state: "new" } });
    expect(ofType(events, "alert")).toMatchObject([{ proto: "ICMP", icmp_type: 8, icmp_code: 0 }]);
    for (const { gapwatch: _, ...event } of events)
      if (hasSchema) expect(validate(event) ? null : event).toBeNull();
    expect(flow).not.toHaveProperty("src_port");
  });

  it("of ICMP: one for each flow that begins, one for each error, with what it quotes", async () => {
    const question = udp(`${HOST}:40000`, "192.0.2.10:9", "x");
    const { events } = await made([
      icmp(HOST, "192.0.2.10", { type: 8, rest: 0x12340001 }),
      icmp("192.0.2.10", HOST, { type: 0, rest: 0x12340001 }),
      question,
      icmpError("192.0.2.10", question, 3, 3),
      icmpError("192.0.2.1", udp("192.0.2.77:1", "192.0.2.78:2", "x"), 3, 1),
    ]);
    const [flow] = ofType(events, "flow").filter(({ proto }) => proto === "UDP");
    const icmps = ofType(events, "icmp");
    const quoted = { src_ip: HOST, src_port: 40000, dest_ip: "192.0.2.10", dest_port: 9, proto: "UDP" };
    expect(icmps).toMatchObject([
      { src_ip: HOST, dest_ip: "192.0.2.10", proto: "ICMP", icmp_type: 8, icmp_code: 0 },
      {
        src_ip: "192.0.2.10",
        dest_ip: HOST,
        proto: "ICMP",
        icmp_type: 3,
        icmp_code: 3,
        gapwatch: { quoted },
      },
      { src_ip: "192.0.2.1", dest_ip: "192.0.2.77", icmp_type: 3, icmp_code: 1 },
    ]);
    expect(icmps[1]["flow_id"]).toBe(flow["flow_id"]);
    expect(icmps[2]).not.toHaveProperty("flow_id");
    for (const { gapwatch: _, ...event } of events)
      if (hasSchema) expect(validate(event) ? null : event).toBeNull();
  });

  it("of SSH says what both ends are", async () => {
    const talk = new TcpTalk(`${HOST}:40000`, "192.0.2.10:22");
    talk.open();
    talk.server("SSH-2.0-OpenSSH_9.2p1 Debian\r\n");
    talk.client("SSH-1.99-libssh\r\n");
    const { events } = await made(talk.frames);
    const [ssh] = ofType(events, "ssh");
    expect(ssh).toMatchObject({
      src_ip: HOST,
      dest_port: 22,
      ssh: {
        client: { proto_version: "1.99", software_version: "libssh" },
        server: { proto_version: "2.0", software_version: "OpenSSH_9.2p1" },
      },
    });
    for (const { gapwatch: _, ...event } of events)
      if (hasSchema) expect(validate(event) ? null : event).toBeNull();
    expect(ofType(events, "alert")).toHaveLength(1);
  });

  it("has microseconds where readers of eve.json look, nanoseconds in a finding's own times", async () => {
    const frames = [{ data: udp(`${HOST}:1`, "192.0.2.10:9", "x"), sec: START_SEC, nsec: 1_234 }];
    const { events } = await recordFrames(judge, frames, "made.pcap", 9);
    const micro = "2027-01-15T08:00:00.000001+0000";
    for (const { timestamp } of events) expect(timestamp).toBe(micro);
    expect(ofType(events, "flow")).toMatchObject([{ flow: { start: micro, end: micro } }]);
    const [alert] = ofType(events, "alert");
    expect(alert).toMatchObject({ gapwatch: { first_seen: "2027-01-15T08:00:00.000001234+0000" } });
  });

  it("keeps one line whatever names hold", async () => {
    const name = '\n"\\\x1b[31m\xff\x00';
    const talk = new TcpTalk(`${HOST}:40000`, "192.0.2.10:80");
    talk.open();
    talk.client(httpRequest('h"\\\x1b\xff.Example', '/"\\\x7f\xff'));
    const { events, text } = await made([
      udp(`${HOST}:40001`, `${RESOLVER}:53`, dnsQuery(`EVIL${name}.Example`, "TXT")),
      ...talk.frames,
    ]);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.split("\n")).toHaveLength(events.length + 1);
    const dns = 'evil\\010"\\092\\027[31m\\255\\000.example';
    expect(ofType(events, "dns")).toMatchObject([{ dns: { rrname: dns } }]);
    const http = { hostname: 'h"\\092\\027\\255.example', url: '/"\\092\\127\\255' };
    expect(ofType(events, "http")).toMatchObject([{ http }]);
  });
});

describe("inputs", () => {
  it("are named in the records: a flow by the input that it began in", async () => {
    const [one, other] = ["boundary", "dns"].map((name) => inRepository(`captures/${name}.pcapng`));
    const alone = await recordCaptures(judge, [one]);
    const ofOne = new Set(ofType(alone.events, "flow").map((event) => event.flow_id));
    const { events } = await recordCaptures(judge, [one, other]);
    const flows = ofType(events, "flow");
    expect(flows.length).toBeGreaterThan(ofOne.size);
    for (const flow of flows) expect(flow.pcap_filename).toBe(ofOne.has(flow.flow_id) ? one : other);
    for (const event of ofType(events, "dns")) expect(event.pcap_filename).toBe(other);
    for (const event of ofType(events, "alert")) expect(event.pcap_filename).toBeUndefined();
  });

  it("may have any name", async () => {
    const frames = timed([udp(`${HOST}:1`, "192.0.2.10:9", "x")]);
    const { events } = await recordFrames(judge, frames, 'a "b"\n\u{1f980}.pcap');
    expect(events[0].pcap_filename).toBe('a "b"\n\u{1f980}.pcap');
  });
});
