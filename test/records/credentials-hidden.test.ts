import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { EventLog } from "../../src/records/event-log.ts";
import { Evidence } from "../../src/records/evidence.ts";
import { FindingChanges } from "../../src/records/finding-changes.ts";
import { findingRecord } from "../../src/records/finding-record.ts";
import { findingMessage } from "../../src/records/syslog-message.ts";
import { jsonReport } from "../../src/report/json.ts";
import { findingLine } from "../../src/report/live-lines.ts";
import { textReport } from "../../src/report/text.ts";
import { Sensor } from "../../src/sensor.ts";
import { TOKENS, UTTERANCES } from "../bench/detect/credentials.ts";
import { Random } from "../bench/detect/random.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, Scene } from "../findings/scene.ts";
import { judgeFrom } from "../sensor-run.ts";
import { batchesOf } from "../traffic/frames.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";
import { ownFolder } from "./own-folder.ts";

const SEED = 20261120;
/** As much of a credential as may be seen, and one more. */
const TELLING = 5;
const root = ownFolder();

/** All that a run over the frames puts out anywhere, evidence as octets in Latin-1. */
function outputsOf(scene: Scene) {
  const judge = judgeFrom(enclave());
  let events = "";
  const log = new EventLog({ write: (line) => (events += line), close: () => undefined });
  const folder = root.fresh();
  const evidence = new Evidence(folder, { alarm: () => undefined, deleted: () => undefined });
  const sensor = new Sensor(judge, log);
  sensor.watch(evidence);
  const told: RatedFinding[] = [];
  for (const batch of batchesOf(scene.frames, 1, 3)) {
    sensor.consume(batch);
    told.push(...sensor.changes().findings);
  }
  const summary = sensor.finish([], false);
  told.push(...sensor.changes().findings);
  log.finish(summary);
  evidence.flush();
  const run = { policy: judge.policy, policySha256: "0".repeat(64), inputs: [], tsDigits: 9, summary };
  const changes = new FindingChanges([]).take(told, []);
  const origin = { hostname: "sensor", pid: 1 };
  return {
    events,
    json: jsonReport(run),
    text: textReport(run, { columns: 200, color: false }),
    lines: told.map((finding) => findingLine(finding, true)).join("\n"),
    store: told.map((finding) => JSON.stringify(findingRecord(finding))).join("\n"),
    syslog: changes.map((change) => findingMessage(change, null, origin, new Date(0))).join("\n"),
    evidence: readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "latin1"))
      .join("\n"),
  };
}

/** Outputs that hold any `length` characters of the secret in a row. */
function leaks(outputs: Record<string, string>, secret: string, length: number): string[] {
  const found: string[] = [];
  for (const [name, output] of Object.entries(outputs)) {
    const text = output.toLowerCase();
    for (let i = 0; i + length <= secret.length; i++) {
      const part = secret.slice(i, i + length).toLowerCase();
      if (text.includes(part)) {
        found.push(`${name}: ${part}`);
        break;
      }
    }
  }
  return found;
}

/** The part that nobody can guess. */
function core(secret: string): string {
  return secret.replace(
    /^(?:sk-[a-z]+-(?:api03-)?|github_pat_|pypi-AgEIcHlwaS5vcmc|[a-z]+_(?:pat_|live_|pt_)?|eyJ[^.]*\.|xoxb-|hvs\.|nvapi-|glpat-)/,
    "",
  );
}

describe("a credential", () => {
  for (const [name, make] of Object.entries(UTTERANCES)) {
    for (const mss of [1448, 40, 9]) {
      it(`comes to light nowhere: ${name}, in segments of ${mss} octets`, () => {
        const { says, secret, port } = make(new Random(SEED));
        const scene = new Scene();
        for (const [host, server] of [
          [GPU, OUTSIDE],
          [GPU, AGENT],
        ]) {
          const talk = new TcpTalk(at(host, scene.port()), at(server, port), { mss });
          talk.open();
          for (const part of says) talk.client(Buffer.from(part, "latin1"));
          talk.close();
          scene.send(...talk.frames);
        }
        const outputs = outputsOf(scene);
        // A segment of 9 octets may show what ends in it; no more than the last four are said elsewhere.
        const { evidence, ...others } = outputs;
        expect(evidence).not.toBe("");
        expect(leaks({ evidence }, core(secret), 2 * TELLING)).toEqual([]);
        expect(leaks(others, core(secret), 2 * TELLING)).toEqual([]);
        if (mss === 1448) expect(leaks(outputs, core(secret), TELLING + 2)).toEqual([]);
      });
    }
  }

  it("comes to light nowhere in names, questions, answers and URLs", () => {
    const random = new Random(SEED);
    for (const kind of [
      "AWS access key id",
      "GitHub token",
      "Hugging Face token",
      "Groq API key",
      "NVIDIA API key",
    ]) {
      const secret = TOKENS[kind](random);
      const labels = secret.match(/.{1,50}/g)?.join(".");
      const scene = new Scene()
        .asks(GPU, `${labels}.x.example.com`, { answer: [{ type: "TXT", data: `v=${secret}` }], type: "TXT" })
        .asks(GPU, `a.${labels}.example.com`, { answer: [{ type: "CNAME", data: `${labels}.example.net` }] })
        .asks(GPU, `${labels}.example.com`, { resolver: OUTSIDE })
        .tls(GPU, OUTSIDE, `${secret}.example.com`)
        .talks(GPU, OUTSIDE, 80, (talk) => {
          talk.open();
          talk.client(`GET /x?sig=${secret}&a=1 HTTP/1.1\r\nHost: ${secret}.example.com\r\n\r\n`);
          talk.close();
        })
        .talks(GPU, "10.20.5.80", 3128, (talk) => {
          talk.open();
          talk.client(`CONNECT u:${secret}@a.example.com:443 HTTP/1.1\r\nHost: a.example.com\r\n\r\n`);
          talk.close();
        });
      expect(leaks(outputsOf(scene), core(secret), 2 * TELLING)).toEqual([]);
    }
  });

  it("is masked in evidence, with the packet's length kept and its comment saying so", () => {
    const { says, port } = UTTERANCES["HTTP Basic"](new Random(SEED));
    const scene = new Scene().talks(GPU, OUTSIDE, port, (talk) => {
      talk.open();
      talk.client(says[0]);
    });
    const { evidence } = outputsOf(scene);
    expect(evidence).toContain("octets that may hold credentials are masked");
    expect(evidence).toContain("GET / HTTP/1.1\r\nHost: api.example.net\r\n");
    expect(evidence).toMatch(/Authorization:\*{10,}/);
  });
});
