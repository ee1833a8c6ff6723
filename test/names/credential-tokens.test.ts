import { describe, expect, it } from "vitest";
import { findTokens, findTokensAnywhere } from "../../src/names/credential-tokens.ts";

const part = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
/** Made here, of nobody. */
const JWT = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "nobody" })}.${"s".repeat(43)}`;
const OPENAI = `sk-proj-${"a".repeat(30)}T3BlbkFJ${"b".repeat(30)}`;

describe("a token whose characters can begin it again", () => {
  it.each([
    ["a JSON web token", JWT],
    ["an OpenAI key", OPENAI],
  ])("%s is found once, from where its run begins", (_, token) => {
    for (const before of ["", " ", "=", '"', "Bearer ", "eyJ sk- ", "-eyJ-eyJ -sk-sk- "]) {
      const found = findTokens(`${before}${token}\r\n`);
      expect(found.map(({ at, end }) => [at, end])).toEqual([[before.length, before.length + token.length]]);
    }
  });

  it.each([
    ["a JSON web token", JWT],
    ["an OpenAI key", OPENAI],
  ])("%s is masked whatever octets stand before it", (_, token) => {
    for (const before of ["", "\u0001", "a", "Az09_-xx", "\u0085z"]) {
      const [{ at, end }] = findTokensAnywhere(`${before}${token} `);
      expect(at).toBeLessThanOrEqual(before.length);
      expect(end).toBe(before.length + token.length);
    }
  });
});
