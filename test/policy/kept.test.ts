import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../src/policy/address-text.ts";
import { loadEnclave } from "../../src/policy/enclave-file.ts";
import { Judge } from "../../src/policy/judge.ts";

// What is asked again and again is kept; that must not show.

function newJudge(): Judge {
  const loaded = loadEnclave(
    `gapwatch: 1\nenclave: { name: t, inside: [10.0.0.0/8], names: [enclave.internal],
     search: [enclave.internal, "*.svc.cluster.local"] }`,
    "t.yaml",
  );
  if ("problems" in loaded) throw new Error(loaded.problems[0].message);
  return new Judge(loaded.policy);
}

describe("kept texts of addresses", () => {
  it("are those of their own address, whatever was formatted before", () => {
    // Few values a word: many addresses share a place.
    const word = fc.constantFrom(0, 1, -1, 0xffff, 1 << 10, 1 << 20, 0x0a000001, 0x0a000401);
    const words = fc.tuple(word, word, word, word);
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (addresses) => {
        for (const address of addresses) expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });
});

describe("kept classes and stems of names", () => {
  const NAMES = [
    "a.enclave.internal",
    "huggingface.co.enclave.internal",
    "x.svc.cluster.local",
    "pypi.org",
    "gpu-01",
    "7.0.0.10.in-addr.arpa",
    `${"long.".repeat(40)}example.org`,
  ];

  it("are the same before and after more names than are kept", () => {
    const judge = newJudge();
    const ask = () => NAMES.map((name) => [judge.nameClass(name), judge.searchStems(name)]);
    const fresh = NAMES.map((name) => [newJudge().nameClass(name), newJudge().searchStems(name)]);
    expect(ask()).toEqual(fresh);
    for (let i = 0; i < 10_000; i++) judge.nameClass(`n${i}.example.org`);
    for (let i = 0; i < 10_000; i++) judge.searchStems(`n${i}.enclave.internal`);
    expect(ask()).toEqual(fresh);
    expect(ask()).toEqual(fresh);
  });
});
