import { describe, expect, it } from "vitest";
import { parseBudget, parseDuration, parseSize } from "../../src/policy/amount.ts";
import { parseExpiry } from "../../src/policy/expiry.ts";
import { coversPort, matchesPort, type PortRange, parsePort } from "../../src/policy/ports.ts";

describe("sizes, budgets and durations", () => {
  it.each([
    ["140GB", 140e9],
    ["50 MB", 50e6],
    ["1.5kB", 1500],
    ["2KB", 2000],
    ["0B", 0],
    ["9TB", 9e12],
    ["50mb", null],
    ["50MiB", null],
    ["50", null],
    ["-1MB", null],
    ["1e3MB", null],
    ["9999999TB", null], // beyond 2^53
  ])("size %s", (text, expected) => {
    expect(parseSize(text)).toBe(expected);
  });

  it.each([
    ["50MB/day", 50e6],
    ["50MB", null],
    ["50MB/hour", null],
    ["/day", null],
  ])("budget %s", (text, expected) => {
    expect(parseBudget(text)).toBe(expected);
  });

  it.each([
    ["30s", 30],
    ["5m", 300],
    ["24h", 86400],
    ["7d", 604800],
    ["5", null],
    ["5 m", null],
    ["1.5h", null],
    ["1w", null],
  ])("duration %s", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe("expiry", () => {
  it.each([
    ["2027-01-31", Date.UTC(2027, 1, 1) / 1000], // its last day is included
    ["2028-02-29", Date.UTC(2028, 2, 1) / 1000],
    ["never", Number.POSITIVE_INFINITY],
    ["2027-02-29", null],
    ["2027-13-01", null],
    ["2027-1-31", null],
    ["0050-01-01", null],
    ["Never", null],
    ["31.01.2027", null],
  ])("%s", (text, expected) => {
    expect(parseExpiry(text)).toBe(expected);
  });
});

describe("ports", () => {
  function range(text: string): PortRange {
    const parsed = parsePort(text);
    if (typeof parsed === "string") throw new Error(parsed);
    return parsed;
  }

  it.each([
    ["443/tcp", 6, 443, true],
    ["443/tcp", 17, 443, false],
    ["443/tcp", 6, 444, false],
    ["8000-8010/tcp", 6, 7999, false],
    ["8000-8010/tcp", 6, 8000, true],
    ["8000-8010/tcp", 6, 8010, true],
    ["8000-8010/tcp", 6, 8011, false],
    ["53/udp", 17, 53, true],
    ["38412/sctp", 132, 38412, true],
    ["icmp", 1, 0, true],
    ["icmp", 58, 128, true],
    ["icmp", 6, 0, false],
    ["proto/47", 47, 0, true],
    ["proto/47", 50, 0, false],
    ["proto/1", 58, 0, false],
  ])("%s against protocol %i port %i: %s", (text, proto, port, expected) => {
    expect(matchesPort(range(text), proto, port)).toBe(expected);
  });

  it.each([
    "443",
    "https",
    "443/TCP",
    "443/gre",
    "65536/tcp",
    "8010-8000/tcp",
    "1-/tcp",
    "proto/256",
    "proto/6",
    "",
  ])("refuses %j", (text) => {
    expect(typeof parsePort(text)).toBe("string");
  });

  it.each([
    ["8000-8010/tcp", "8005/tcp", true],
    ["8000-8010/tcp", "8005-8011/tcp", false],
    ["8000-8010/tcp", "8005/udp", false],
    ["icmp", "proto/58", true],
    ["proto/58", "icmp", false],
    ["proto/1", "icmp", false],
    ["icmp", "icmp", true],
  ])("%s covers %s: %s", (outer, inner, expected) => {
    expect(coversPort(range(outer), range(inner))).toBe(expected);
  });
});
