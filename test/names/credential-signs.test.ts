import fc from "fast-check";
import { expect, it } from "vitest";
import { CredentialSigns } from "../../src/names/credential-signs.ts";
import { ANYTHING, findCredentials, RULES, ruleBit, TOKENS } from "../../src/names/credentials.ts";
import { TOKENS as TOKEN_TEXTS, UTTERANCES } from "../bench/detect/credentials.ts";
import { Random } from "../bench/detect/random.ts";

function sortsOf(...parts: string[]): number {
  const signs = new CredentialSigns();
  let sorts = 0;
  for (const part of parts) {
    const octets = Buffer.from(part, "latin1");
    const isTelling = signs.in(
      new DataView(octets.buffer, octets.byteOffset, octets.length),
      0,
      octets.length,
    );
    expect(isTelling).toBe(signs.sorts !== 0);
    sorts |= signs.sorts;
  }
  return sorts;
}

const random = new Random(20261120);
/** LDAP and SOCKS are no text. */
const SAID = Object.values(UTTERANCES)
  .map((make) => make(random).says.join(""))
  .filter((said) => /^[ -~\t\r\n]*$/.test(said));

it("signs say of all that is found what it may be", () => {
  for (const said of SAID) {
    const found = findCredentials(said);
    expect(found, said).not.toEqual([]);
    expect(findCredentials(said, Infinity, sortsOf(said)), said).toEqual(found);
  }
});

it("signs say no more than that", () => {
  expect(sortsOf("GET /a?b=c HTTP/1.1\r\nAccept: */*\r\n")).toBe(0);
  expect(sortsOf("pwd=a")).toBe(ruleBit(RULES.findIndex(({ kind }) => kind === "password in a parameter")));
  expect(sortsOf(`"${Object.values(TOKEN_TEXTS)[0](random)}"`) & TOKENS).toBe(TOKENS);
  expect(findCredentials("pwd=secret&password=other", Infinity, TOKENS)).toEqual([]);
});

it("signs are seen however the octets are cut, in any mixture and case", () => {
  const piece = fc.record({
    said: fc.constantFrom(...SAID),
    from: fc.nat(40),
    to: fc.nat(400),
    up: fc.boolean(),
  });
  let found = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(2000)), (pieces, cuts) => {
      const text = pieces
        .map(({ said, from, to, up }) => said.slice(from, from + to)[up ? "toUpperCase" : "toString"]())
        .join("");
      const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const parts = at.slice(1).map((end, i) => text.slice(at[i], end));
      const all = findCredentials(text, 16);
      found += all.length;
      expect(findCredentials(text, 16, sortsOf(...parts))).toEqual(all);
    }),
    { numRuns: 400, seed: 7 },
  );
  expect(found).toBeGreaterThan(300);
});

it("what ends behind a place is found without what lies before it", () => {
  const piece = fc.record({ said: fc.constantFrom(...SAID), from: fc.nat(40), to: fc.nat(400) });
  const joint = fc.constantFrom("", "\n", "\r\n", "&", " ", '"');
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(piece, joint), { minLength: 1, maxLength: 6 }),
      fc.nat(2000),
      (pieces, n) => {
        const text = pieces.map(([{ said, from, to }, end]) => said.slice(from, from + to) + end).join("");
        const after = n % (text.length + 1);
        const all = findCredentials(text);
        // One that begins before and ends behind may have been one with what was there before it.
        const behind = all.filter(({ at }) => at >= after);
        const seen = findCredentials(text, Infinity, ANYTHING, after);
        expect(seen.filter(({ at }) => at >= after)).toEqual(behind);
        const across = all.find(({ at, end }) => at < after && end > after);
        expect(seen.find(({ at }) => at < after)?.end).toBe(across?.end);
        found += seen.length;
      },
    ),
    { numRuns: 600, seed: 7 },
  );
  expect(found).toBeGreaterThan(300);
});
