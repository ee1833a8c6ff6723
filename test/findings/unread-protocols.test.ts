import { describe, expect, it } from "vitest";
import { judgeFrom, watch } from "../sensor-run.ts";
import { timed } from "../traffic/frames.ts";
import { TcpTalk } from "../traffic/tcp-talk.ts";

const ENCLAVE = "gapwatch: 1\nenclave: { name: test, inside: [10.20.0.0/16] }\n";

function verdict(first: ArrayLike<number> | string): [string, readonly string[]] {
  const talk = new TcpTalk("10.20.1.11:40000", "10.20.9.30:1080");
  talk.open();
  talk.client(first);
  talk.server([5, 0]);
  talk.client([5, 1, 0, 3, 9, ..."evil.test".split("").map((c) => c.charCodeAt(0)), 1, 187]);
  talk.close();
  const summary = watch(judgeFrom(ENCLAVE), [timed(talk.frames, 1000)]);
  return [summary.verdict, summary.reasons.map((reason) => reason.split(":")[0])];
}

describe("protocols that name destinations and are not read yet", () => {
  it("make a run inconclusive: an inside SOCKS proxy may carry anything out", () => {
    expect(verdict([5, 1, 0])).toEqual(["inconclusive", ["socks.not_decoded"]]);
    expect(verdict([4, 1, 0, 22, 203, 0, 113, 10, 0])).toEqual(["inconclusive", ["socks.not_decoded"]]);
    expect(verdict("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toEqual(["inconclusive", ["http2.not_decoded"]]);
  });

  it("are known also when nothing follows by which they could be told from DNS", () => {
    const talk = new TcpTalk("10.20.1.11:40000", "10.20.9.30:1080");
    talk.open();
    talk.client([4, 1, 0, 22, 203, 0, 113, 10, 0]);
    talk.close();
    const { reasons } = watch(judgeFrom(ENCLAVE), [timed(talk.frames, 1000)]);
    expect(reasons.map((reason) => reason.split(":")[0])).toEqual(["socks.not_decoded"]);
  });

  it("do not include what merely is unknown", () => {
    expect(verdict("*1\r\n$4\r\nPING\r\n")).toEqual(["clean", []]);
  });
});
