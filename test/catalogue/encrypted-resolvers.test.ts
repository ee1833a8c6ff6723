import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isEncryptedResolver, isEncryptedResolverAddress } from "../../src/catalogue/encrypted-resolvers.ts";

describe("public resolvers that answer under encryption", () => {
  it.each([
    "dns.google",
    "chrome.cloudflare-dns.com",
    "abc123.dns.nextdns.io",
    "dns11.quad9.net",
    "one.one.one.one",
  ])("%s is one", (name) => expect(isEncryptedResolver(name)).toBe(true));

  it.each([
    "google",
    "google.com",
    "notdns.google.com",
    "xdns.google",
    "nextdns.io",
    "one.one",
    "",
    ".",
    "dns.google.",
  ])("%j is none", (name) => expect(isEncryptedResolver(name)).toBe(false));

  it("knows addresses as they are written everywhere else", () => {
    expect(["9.9.9.9", "2606:4700:4700::1111", "2620:fe::fe"].every(isEncryptedResolverAddress)).toBe(true);
    expect(["9.9.9.8", "2620:fe::", ""].some(isEncryptedResolverAddress)).toBe(false);
  });
});

/** Plain resolvers, and hosts of resolvers' owners that are none. */
const NOT_ENCRYPTED = new Set([
  ...[
    "114.114.114.114",
    "156.154.70.1",
    "169.254.169.253",
    "4.2.2.1",
    "4.2.2.2",
    "64.6.64.6",
    "fd00:ec2::253",
  ],
  ...["dns.sb", "nextdns.io", "opendns.com", "use-application-dns.net"],
]);

it("holds every resolver that the catalogue knows to answer under encryption", () => {
  const file = new URL("../../src/catalogue/data/other.yaml", import.meta.url);
  const { entries } = parse(readFileSync(file, "utf8")) as {
    entries: { kind: string; names?: string[]; addresses?: string[] }[];
  };
  const resolvers = entries.filter(({ kind }) => kind === "doh-resolver");
  expect(resolvers.length).toBeGreaterThan(10);
  const missing = resolvers.flatMap(({ names = [], addresses = [] }) => [
    ...names.map((name) => name.replace(/^\*\./, "")).filter((name) => !isEncryptedResolver(name)),
    ...addresses.filter((address) => !address.includes("/") && !isEncryptedResolverAddress(address)),
  ]);
  expect(missing.filter((item) => !NOT_ENCRYPTED.has(item))).toEqual([]);
});
