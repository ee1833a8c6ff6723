import { describe, expect, it } from "vitest";
import { catalogueWith } from "../../src/catalogue/built-in.ts";
import { Catalogue, type Destination } from "../../src/catalogue/catalogue.ts";
import { compileCatalogue } from "../../src/catalogue/catalogue-data.ts";
import type { CatalogueEntry } from "../../src/catalogue/entry.ts";
import { entry } from "./entry.ts";

const SHARED = [{ operator: "Cloud", what: "anything", names: ["*.cloud.example", "bucket.cloud.example"] }];

function catalogueOf(...entries: CatalogueEntry[]): Catalogue {
  return new Catalogue(() => [compileCatalogue(entries, SHARED)]);
}

function components(catalogue: Catalogue, destination: Partial<Destination>): string[] {
  const { matches } = catalogue.lookup({ name: null, ips: [], port: null, proto: null, ...destination });
  return matches.map(({ entry: { component }, by }) => `${component} by ${by}`);
}

describe("Catalogue", () => {
  const catalogue = catalogueOf(
    entry("exact", { names: ["a.acme.example"] }),
    entry("below", { names: ["*.acme.example"] }),
    entry("deep", { names: ["*.deep.acme.example"] }),
    entry("region", { names: ["sts.*.cloud.example", "*-ai.acme.example"] }),
    entry("bucket", { names: ["known.cloud.example"] }),
    entry("taken", { names: ["bucket.cloud.example"] }),
    entry("single", { addresses: ["192.0.2.7", "2001:db8::7"] }),
    entry("wide", { addresses: ["192.0.2.0/24"] }),
    entry("narrow", { addresses: ["192.0.2.128/25"] }),
    entry("clock", { ports: ["123/udp", "8000-8010/tcp"] }),
    entry("meta", { kind: "cloud-metadata", addresses: ["169.254.169.254"] }),
  );

  const NAMES: [name: string, expected: string[]][] = [
    ["a.acme.example", ["exact by name"]],
    ["A.ACME.example.", ["exact by name"]],
    ["x.y.acme.example", ["below by suffix"]],
    ["acme.example", []], // below, not the apex
    ["x.deep.acme.example", ["deep by suffix"]], // the longest suffix
    ["eu-ai.acme.example", ["region by pattern"]],
    ["-ai.acme.example", ["below by suffix"]], // the star stands for a character or more
    ["sts.eu-1.cloud.example", ["region by pattern"]],
    ["sts.eu.1.cloud.example", []], // one label, no more
    ["other.cloud.example", []], // shared hosting identifies nobody
    ["known.cloud.example", ["bucket by name"]], // a closer pattern does
    ["bucket.cloud.example", []], // no entry may claim what is shared
    ["nacme.example", []],
    ["constructor", []],
    ["__proto__", []],
    ["", []],
    [".", []],
    ["*.acme.example", ["below by suffix"]], // a flood that was collapsed
    [`${"x.".repeat(500)}deep.acme.example`, ["deep by suffix"]],
    [`${"x.".repeat(600)}acme.example`, []], // no name is as long
  ];
  it.each(NAMES)("knows %j as %j", (name, expected) => {
    expect(components(catalogue, { name })).toEqual(expected);
  });

  const ADDRESSES: [ip: string, expected: string[]][] = [
    ["192.0.2.7", ["single by address"]],
    ["192.0.2.8", ["wide by address"]],
    ["192.0.2.200", ["narrow by address"]],
    ["192.0.3.1", []],
    ["2001:db8::7", ["single by address"]],
    ["64:ff9b::c000:207", ["single by address"]], // NAT64 of 192.0.2.7
    ["no address", []],
  ];
  it.each(ADDRESSES)("knows the address %j as %j", (ip, expected) => {
    expect(components(catalogue, { ips: [ip] })).toEqual(expected);
  });

  it("knows a port by itself only where nothing else is known", () => {
    const clock = { port: 123, proto: "udp" };
    expect(components(catalogue, { ips: ["198.51.100.1"], ...clock })).toEqual(["clock by port"]);
    expect(components(catalogue, { name: "other.cloud.example", ...clock })).toEqual(["clock by port"]);
    expect(components(catalogue, { name: "a.acme.example", ...clock })).toEqual(["exact by name"]);
    expect(components(catalogue, { ips: ["198.51.100.1"], port: 123, proto: "tcp" })).toEqual([]);
    expect(components(catalogue, { ips: ["198.51.100.1"], port: 8005, proto: "tcp" })).toEqual([
      "clock by port",
    ]);
  });

  it("believes a metadata address before the name that somebody gave it", () => {
    const claimed = { name: "a.acme.example", ips: ["198.51.100.1", "169.254.169.254"] };
    expect(components(catalogue, claimed)).toEqual(["meta by address"]);
  });

  it("says whose hosting a shared name is", () => {
    const { shared } = catalogue.lookup({ name: "x.cloud.example", ips: [], port: null, proto: null });
    expect(shared?.operator).toBe("Cloud");
  });

  it("puts who owns a host before who borrows it, and drops who uses another port", () => {
    const shared = catalogueOf(
      entry("borrower", { names: ["a.acme.example"], vendor: "Borrower", through: ["Acme"] }),
      entry("owner", { names: ["a.acme.example"] }),
      entry("other port", { names: ["a.acme.example"], ports: ["4319/tcp"] }),
    );
    const name = "a.acme.example";
    expect(components(shared, { name, port: 443, proto: "tcp" })).toEqual([
      "owner by name",
      "borrower by name",
    ]);
    expect(components(shared, { name, port: 4319, proto: "tcp" })).toHaveLength(3);
    expect(components(shared, { name })).toHaveLength(3);
  });

  it("looks into a user's own entries first", () => {
    const own = compileCatalogue([entry("ours", { names: ["huggingface.co"], kind: "model-hub" })], []);
    const found = components(catalogueWith(own), { name: "huggingface.co" });
    expect(found[0]).toBe("ours by name");
    expect(found.length).toBeGreaterThan(1);
  });
});
