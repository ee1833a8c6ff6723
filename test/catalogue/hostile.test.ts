import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogueWith } from "../../src/catalogue/built-in.ts";
import { HostHinter } from "../../src/catalogue/host-hints.ts";

const catalogue = catalogueWith(null);
const known = catalogue.names();
const label = fc.oneof(
  fc.constantFrom("sts", "eu-1", "amazonaws", "com", "*", "", "constructor", "__proto__", "\\255", "okta"),
  fc.string({ maxLength: 12 }),
);
const name = fc.oneof(
  fc.array(label, { maxLength: 40 }).map((labels) => labels.join(".")),
  fc.tuple(label, fc.constantFrom(...known)).map(([front, host]) => `${front}.${host}`),
  fc.constantFrom(...known),
);

describe("look-ups of hostile names", () => {
  it("never throw, give the same twice, and find what is there", () => {
    let hits = 0;
    fc.assert(
      fc.property(name, fc.array(fc.string({ maxLength: 20 }), { maxLength: 3 }), (host, ips) => {
        const destination = { name: host, ips, port: 443, proto: "tcp" };
        const found = catalogue.lookup(destination);
        expect(catalogue.lookup(destination)).toEqual(found);
        if (found.matches.length > 0) hits++;
        if (known.includes(host)) expect(found.matches.length).toBeGreaterThan(0);
      }),
      { numRuns: 2000, seed: 7310 },
    );
    expect(hits).toBeGreaterThan(500);
  });

  it("get hints without end or exception", () => {
    const hinter = new HostHinter(known);
    fc.assert(
      fc.property(name, (host) => {
        expect(hinter.hints(host).similar.length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 500, seed: 7310 },
    );
  });
});
