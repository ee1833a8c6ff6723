import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FilterSubject, isLike, parseFilter } from "../../src/dashboard/filter.ts";

const SUBJECT: FilterSubject = {
  host: "gpu-01 10.20.1.11",
  name: "api.openai.com 192.0.2.10 2001:db8::10",
  port: 443,
  proto: "tcp",
  severity: 3,
  kind: "egress.flow",
  outcome: "connected",
  id: "23d7aaeb401c",
  acked: false,
};

function matches(text: string): boolean | string {
  const filter = parseFilter(text);
  return "problem" in filter ? filter.problem : filter.matches(SUBJECT);
}

describe("parseFilter", () => {
  it.each([
    ["", true],
    ["openai", true],
    ["OpenAI", true],
    ["openai egress", true],
    ["openai nothing", false],
    ["!openai", false],
    ["!nothing", true],
    ["host:gpu-01", true],
    ["host:gpu-*", true],
    ["host:10.20.1.*", true],
    ["host:10.20.2.*", false],
    ["name:*.com", true],
    ["name:*.ai", false],
    ["!name:*.ai", true],
    ["name:*.ai,*.com", true],
    ["ip:192.0.2.10", true],
    ["2001:db8::10", true],
    ["2001:db8::11", false],
    ["port:443", true],
    ["port:443/tcp", true],
    ["port:443/udp", false],
    ["port:/tcp", true],
    ["port:44", false],
    ["sev:high", true],
    ["sev:medium", true],
    ["sev:critical", false],
    ["sev:=medium", false],
    ["sev:=high", true],
    ["!sev:high", false],
    ["high", true],
    ["kind:egress", true],
    ["out:conn", true],
    ["id:23d7", true],
    ["23d7", true],
    ["ack:no", true],
    ["ack:yes", false],
    ["host:", true],
    ["!", true],
    ["host:gpu-01 sev:high name:*.com port:443 !kind:dns", true],
  ])("%j is %s", (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it.each(["colour:red", "sev:loud", "port:x:y", "ack:maybe"])("says what is wrong with %j", (text) => {
    expect(matches(text)).toMatch(/^(there is no field|sev: expected|port: expected|ack: expected)/);
  });

  it("takes whatever is typed", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(["boolean", "string"]).toContain(typeof matches(text));
      }),
    );
  });
});

describe("isLike", () => {
  it("says what a regular expression says, in linear time", () => {
    const part = fc.stringMatching(/^[ab.]{0,4}$/);
    fc.assert(
      fc.property(
        fc.stringMatching(/^[ab.]{0,12}$/),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        (value, parts) => {
          const pattern = new RegExp(`^${parts.map((text) => text.replaceAll(".", "\\.")).join(".*")}$`);
          expect(isLike(value, parts.join("*"))).toBe(pattern.test(value));
        },
      ),
      { numRuns: 2000 },
    );
    expect(isLike("a".repeat(100_000), `${"a*".repeat(200)}b`)).toBe(false);
  });
});
