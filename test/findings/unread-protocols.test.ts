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
  talk.close();
  const summary = watch(judgeFrom(ENCLAVE), [timed(talk.frames, 1000)]);
  return [summary.verdict, summary.reasons.map((reason) => reason.split(":")[0])];
}

describe("protocols that name destinations and are not read yet", () => {
  it("make a run inconclusive", () => {
    expect(verdict("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toEqual(["inconclusive", ["http2.not_decoded"]]);
  });

  it("do not include what merely is unknown", () => {
    expect(verdict("*1\r\n$4\r\nPING\r\n")).toEqual(["clean", []]);
  });
});
