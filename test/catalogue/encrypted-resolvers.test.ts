import { describe, expect, it } from "vitest";
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
