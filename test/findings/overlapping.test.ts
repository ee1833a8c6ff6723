import { describe, expect, it } from "vitest";
import { judgeFrom, watch } from "../sensor-run.ts";
import { timed } from "../traffic/frames.ts";
import { udp } from "../traffic/packets.ts";

const ENCLAVE = (overlapping: boolean) => `
gapwatch: 1
enclave: { name: test, inside: [10.20.0.0/16], overlapping: ${overlapping} }
`;
const OUT = ["10.20.1.11:40000", "203.0.113.9:9999"] as const;

/** A datagram on VLAN 10, then its answer untagged (as many mirrors show it), then the same ports on VLAN 20. */
function attempts(overlapping: boolean): [attempts: number, outcome: string] {
  const frames = [
    udp(...OUT, "a", { vlans: [10] }),
    udp(OUT[1], OUT[0], "b"),
    udp(...OUT, "c", { vlans: [20] }),
  ];
  const { findings, totals } = watch(judgeFrom(ENCLAVE(overlapping)), [timed(frames, 1000)]);
  expect(totals.flows).toBe(overlapping ? 3 : 1);
  return [findings[0].attempts, findings[0].outcomeName];
}

describe("enclave.overlapping", () => {
  it("is off by itself: a mirror that tags one direction only does not split a flow", () => {
    expect(attempts(false)).toEqual([1, "answered"]);
  });

  it("makes the VLAN part of a flow's identity", () => {
    expect(attempts(true)[0]).toBe(3);
  });
});
