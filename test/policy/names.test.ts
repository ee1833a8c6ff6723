import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { Judge } from "../../src/policy/judge.ts";
import { parseName, parseNamePattern } from "../../src/policy/name-pattern.ts";
import { type NamePattern, NameSet } from "../../src/policy/name-set.ts";
import { hasIcannSuffix, isPublicSuffix, registrableDomain } from "../../src/policy/public-suffix.ts";

function judgeOf(enclave: string): Judge {
  const loaded = loadEnclave(`gapwatch: 1\nenclave: { name: t, ${enclave} }`, "t.yaml");
  if ("problems" in loaded) throw new Error(loaded.problems[0].message);
  return new Judge(loaded.policy);
}

const ENCLAVE = judgeOf(
  `inside: [10.20.0.0/16, "fd20:5eed::/48"], names: [enclave.internal, cluster.local],
   search: [enclave.internal, "*.svc.cluster.local", cluster.local],
   mirrored: [{ name: "*.pypi.org", to: 10.20.9.0/24 }]`,
);

describe("nameClass", () => {
  it.each([
    ["enclave.internal", "inside"],
    ["a.b.enclave.internal", "inside"],
    ["A.Enclave.INTERNAL.", "inside"],
    ["notenclave.internal", "outside"],
    ["minio.dev.svc.cluster.local", "inside"],
    ["files.pypi.org", "mirrored"],
    ["pypi.org", "outside"], // *.pypi.org leaves out the apex
    ["huggingface.co", "outside"],
    ["huggingface.co.enclave.internal", "inside"],
    ["hidden.onion", "outside"],
    ["co.uk", "outside"],
    // of no place: RFC 6761, 6762, 8375, 9462, 7050
    ["", "exempt"],
    [".", "exempt"],
    ["gpu-01", "exempt"],
    ["com", "exempt"],
    ["localhost", "exempt"],
    ["a.localhost", "exempt"],
    ["printer.local", "exempt"],
    ["a.test", "exempt"],
    ["a.invalid", "exempt"],
    ["router.home.arpa", "exempt"],
    ["home.arpa", "exempt"],
    ["_dns.resolver.arpa", "exempt"],
    ["ipv4only.arpa", "exempt"],
    ["default.service.arpa", "exempt"],
    ["nothome.arpa", "outside"],
    ["local.example.org", "outside"],
    ["contest", "exempt"],
    ["a.contest", "outside"],
    // reverse zones
    ["11.1.20.10.in-addr.arpa", "exempt"],
    ["1.20.10.in-addr.arpa", "exempt"],
    ["10.in-addr.arpa", "exempt"], // the bare zone above the enclave's
    ["lots-of-data.10.in-addr.arpa", "reverse-outside"],
    ["_services._dns-sd._udp.0.1.20.10.in-addr.arpa", "exempt"],
    ["8.8.8.8.in-addr.arpa", "reverse-outside"],
    ["254.169.254.169.in-addr.arpa", "reverse-outside"], // metadata
    ["x.254.169.in-addr.arpa", "reverse-outside"], // a zone that holds metadata
    ["1.0.0.127.in-addr.arpa", "exempt"],
    ["256.1.20.10.in-addr.arpa", "exempt"],
    ["1.1.21.10.in-addr.arpa", "reverse-outside"],
    ["0/25.2.0.192.in-addr.arpa", "reverse-outside"], // RFC 2317
    ["x.in-addr.arpa", "reverse-outside"],
    ["1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.e.e.5.0.2.d.f.ip6.arpa", "exempt"],
    ["1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "reverse-outside"],
    ["0.0.0.0.d.e.e.5.0.2.d.f.ip6.arpa", "exempt"],
    ["x.2.d.f.ip6.arpa", "reverse-outside"],
    ["8.b.d.0.1.0.0.2.ip6.arpa", "reverse-outside"],
    // addresses written as names, as SNI and Host carry them
    ["10.20.1.1", "inside"],
    ["127.0.0.1", "exempt"],
    ["8.8.8.8", "outside"],
    ["[fd20:5eed::1]", "inside"],
    ["fe80::1", "exempt"],
    ["[2001:db8::1]", "outside"],
    ["169.254.169.254", "outside"],
    ["1.2.3.4.5", "outside"],
  ])("%j is %s", (name, expected) => {
    expect(ENCLAVE.nameClass(name)).toBe(expected);
  });

  it("answers for any text", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 80, unit: fc.constantFrom("a", ".", "1", "[", ":", "*", "\\", "é") }),
        (s) => {
          expect(typeof ENCLAVE.nameClass(s)).toBe("string");
          expect(typeof ENCLAVE.nameClass(`${s}.ip6.arpa`)).toBe("string");
          hasIcannSuffix(s);
          registrableDomain(s);
        },
      ),
    );
  });
});

describe("searchStems", () => {
  it.each<[string, [string, boolean][]]>([
    ["huggingface.co.enclave.internal", [["huggingface.co", true]]],
    ["HuggingFace.co.Enclave.Internal.", [["huggingface.co", true]]],
    [
      "minio.dev.svc.cluster.local",
      [
        ["minio", true], // * is dev
        ["minio.dev", false], // the suffix behind it
        ["minio.dev.svc", false],
      ],
    ],
    [
      "dev.svc.cluster.local",
      [
        ["dev", true],
        ["dev.svc", false],
      ],
    ],
    ["enclave.internal", []],
    ["huggingface.co", []],
    ["aenclave.internal", []],
  ])("%s", (name, expected) => {
    expect(ENCLAVE.searchStems(name)).toEqual(expected.map(([stem, longest]) => ({ stem, longest })));
  });
});

describe("NameSet", () => {
  const label = fc.constantFrom("a", "b", "c");
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  const pattern = fc.tuple(name, fc.boolean()).map(([n, below]): NamePattern => {
    return { text: below ? `*.${n}` : n, name: n, below };
  });
  const matches = (p: NamePattern, n: string) => (p.below ? n.endsWith(`.${p.name}`) : n === p.name);

  it("agrees with comparing every pattern", () => {
    let hits = 0;
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), name, (patterns, n) => {
        const expected = patterns.some((p) => matches(p, n));
        if (expected) hits++;
        expect(new NameSet(patterns).has(n)).toBe(expected);
        expect(new NameSet(patterns).has(`${n.toUpperCase()}.`)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
    expect(hits).toBeGreaterThan(50);
  });

  it("covers a pattern only when it matches all that the pattern matches", () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 3 }), pattern, (patterns, p) => {
        const set = new NameSet(patterns);
        if (!set.covers(p)) return;
        for (const deeper of p.below ? [`x.${p.name}`, `x.y.${p.name}`] : [p.name]) {
          expect(set.has(deeper)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
    const set = new NameSet([{ text: "*.a", name: "a", below: true }]);
    expect(set.covers({ text: "*.b.a", name: "b.a", below: true })).toBe(true);
    expect(set.covers({ text: "a", name: "a", below: false })).toBe(false);
    expect([set.has(".a"), set.has("."), set.has("")]).toEqual([false, false, false]);
    const exact = new NameSet([{ text: "b.a", name: "b.a", below: false }]);
    expect(exact.covers({ text: "*.b.a", name: "b.a", below: true })).toBe(false);
  });

  it("gives up on texts that are longer than any name", () => {
    const set = new NameSet([{ text: "*.a", name: "a", below: true }]);
    expect(set.has(`${"x.".repeat(200)}a`)).toBe(true);
    expect(set.has(`${"x.".repeat(100_000)}a`)).toBe(false);
  });
});

describe("name syntax", () => {
  it.each([
    ["Updates.Example.ORG.", "updates.example.org"],
    ["_dmarc.example.org", "_dmarc.example.org"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["bücher.example", null], // DNS carries the xn-- form
    ["-a.example", null],
    ["a..example", null],
    ["a b.example", null],
    [`${"a".repeat(64)}.example`, null],
    [`${"a.".repeat(127)}example`, null],
    ["1.2.3", null],
    ["", null],
    ["*.example.org", null],
  ])("name %j", (text, expected) => {
    expect(parseName(text)).toBe(expected);
  });

  it("takes a wildcard only as the whole first label", () => {
    expect(parseNamePattern("*.Example.org")).toEqual({
      text: "*.Example.org",
      name: "example.org",
      below: true,
    });
    for (const text of ["*", "*.", "a.*.org", "*a.example.org", "*.*.example.org"]) {
      expect([text, parseNamePattern(text)]).toEqual([text, null]);
    }
  });
});

describe("public suffixes", () => {
  it.each([
    ["huggingface.co", true, "huggingface.co"],
    ["a.b.example.co.uk", true, "example.co.uk"],
    ["user.github.io", true, "github.io"], // private suffixes make no domains
    ["co", false, null],
    ["minio.dev", true, "minio.dev"],
    ["a.internal", false, "a.internal"],
    ["http://user:80@evil.com/x.internal", false, null],
  ])("%s", (name, icann, domain) => {
    expect(hasIcannSuffix(name)).toBe(icann);
    if (!name.includes("/")) expect(registrableDomain(name)).toBe(domain);
  });

  it.each([
    ["com", true],
    ["co.uk", true],
    ["s3.amazonaws.com", true],
    ["github.io", true],
    ["internal", true],
    ["example.org", false],
    ["updates.example.org", false],
  ])("%s is a public suffix: %s", (name, expected) => {
    expect(isPublicSuffix(name)).toBe(expected);
  });
});
