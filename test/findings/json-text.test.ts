import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonText } from "../../src/findings/json-text.ts";

it("says the same as JSON does, in ASCII without controls", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, text) => {
      const written = jsonText([value, text]);
      expect(written).toMatch(/^[ -~]*$/);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify([value, text])));
    }),
  );
});

it.each([
  ["a C1 control", "\u009b31m", '"\\u009b31m"'],
  ["a bidirectional mark", "a\u202eb", '"a\\u202eb"'],
  ["a character of two units", "\u{1f600}", '"\\ud83d\\ude00"'],
  ["DEL", "\u007f", '"\\u007f"'],
])("escapes %s", (_, text, written) => {
  expect(jsonText(text)).toBe(written);
});
