import { describe, expect, it } from "vitest";
import { NOTES } from "../../src/decode/note.ts";
import { Packet } from "../../src/decode/packet.ts";
import { STATUSES } from "../../src/decode/status.ts";
import { type DecodeCase, decoded, octetsOf } from "./decoded.ts";
import { IP_CASES } from "./ip-cases.ts";
import { LINK_CASES } from "./link-cases.ts";
import { LINK_TYPE_CASES } from "./link-type-cases.ts";
import { TUNNEL_CASES } from "./tunnel-cases.ts";

const CASES = [...LINK_CASES, ...IP_CASES, ...TUNNEL_CASES, ...LINK_TYPE_CASES];

function factsOfCase(given: DecodeCase, fill: number, pkt?: Packet) {
  const { link, wireLen } = given;
  return decoded(octetsOf(given), link, { fill, wireLen, ...(pkt && { pkt }) });
}

describe("decodeFrame", () => {
  for (const given of CASES) {
    it(given.why, () => {
      const facts = factsOfCase(given, 0xff);
      expect(facts).toMatchObject({ status: given.status, ...given.facts });
      if (given.notes !== undefined) expect(facts.notes).toEqual(given.notes);
    });
  }

  it("reaches every status and every note", () => {
    const seen = CASES.map((given) => factsOfCase(given, 0));
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set(STATUSES.map(({ name }) => name)));
    expect(new Set(seen.flatMap(({ notes }) => notes))).toEqual(new Set(NOTES.map(({ name }) => name)));
  });

  it("says the same whatever the packet before it left behind", () => {
    const pkt = new Packet();
    const alone = CASES.map((given) => factsOfCase(given, 0));
    const texts = alone.map((facts) => JSON.stringify(facts));
    for (const [b, before] of CASES.entries()) {
      // Each after each other one would take minutes; these steps bring every two kinds of case together.
      for (let i = b % 7; i < CASES.length; i += 7) {
        factsOfCase(before, 0, pkt);
        const facts = factsOfCase(CASES[i], 0, pkt);
        if (JSON.stringify(facts) !== texts[i]) {
          expect(facts, `${CASES[i].why} after ${before.why}`).toEqual(alone[i]);
        }
      }
    }
  });
});

describe("statuses", () => {
  it("have names of their own", () => {
    const names = [...STATUSES, ...NOTES].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("are blind unless the frame was decoded, cannot route, or is a fragment, which is judged with others", () => {
    const others = STATUSES.filter(({ effect }) => effect !== "blind").map(({ name }) => name);
    expect(others).toEqual(["ok", "unroutable", "ipv4.fragment", "ipv6.fragment"]);
  });
});
