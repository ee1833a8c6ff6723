import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesText, counted, durationText, shareText } from "../../src/report/text-figures.ts";
import { wrapWords } from "../../src/report/text-layout.ts";
import { fitName } from "../../src/report/text-names.ts";
import { plain } from "../../src/report/text-plain.ts";

describe("figures", () => {
  it("writes octets in decimal units", () => {
    const cases = [0, 999, 1000, 1571, 999_949, 999_950, 1e6, 140e9, 2 ** 53];
    expect(cases.map(bytesText)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "1.6 kB",
      "999.9 kB",
      "1.0 MB",
      "1.0 MB",
      "140.0 GB",
      "9.0 PB",
    ]);
  });

  it("writes durations in two units", () => {
    const cases = [-5, 0, 0.4, 1, 59.6, 61, 3600, 7265, 86_400, 90_061, 1e9];
    expect(cases.map(durationText)).toEqual([
      "under 1 s",
      "under 1 s",
      "under 1 s",
      "1 s",
      "1 min",
      "1 min 1 s",
      "1 h",
      "2 h 1 min",
      "1 d",
      "1 d 1 h",
      "11,574 d 1 h",
    ]);
  });

  it("never rounds a share to none", () => {
    expect([shareText(0, 10), shareText(0, 0), shareText(1, 1e6), shareText(1, 3)]).toEqual([
      "0 %",
      "0 %",
      "under 0.1 %",
      "33.3 %",
    ]);
    expect([counted(1, "day"), counted(1_234_567, "day")]).toEqual(["1 day", "1,234,567 days"]);
  });
});

describe("wrapWords", () => {
  it("keeps every character but blanks, and the width", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", ".", "9", "B"), maxLength: 200 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (words, width) => {
        const lines = wrapWords(words, width);
        expect(lines.join("").replaceAll(" ", "")).toBe(words.replaceAll(" ", ""));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("keeps a figure and its unit together", () => {
    expect(wrapWords("read 341.4 MB in all", 12)).toEqual(["read", "341.4 MB in", "all"]);
  });
});

describe("fitName", () => {
  it("never hides what was registered, and cuts only what is too long", () => {
    const label = fc.string({ unit: fc.constantFrom("a", "b", "1", "-"), minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 6 }), fc.integer({ min: 30, max: 120 }), (labels, width) => {
        const name = [...labels, "evil.co.uk"].join(".");
        const shown = fitName(name, width);
        expect(shown.endsWith("evil.co.uk")).toBe(true);
        if (name.length <= width) expect(shown).toBe(name);
        else expect(shown.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("plain", () => {
  it("leaves printable ASCII alone and nothing else", () => {
    expect(plain("a\\000b ~!")).toBe("a\\000b ~!");
    expect(plain("\x00\x1b\x7f\x9b\n\u202e\u00e4\u{1f600}\ud800")).toBe(
      "\\u{0}\\u{1b}\\u{7f}\\u{9b}\\u{a}\\u{202e}\\u{e4}\\u{1f600}\\u{d800}",
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => /^[\x20-\x7e]*$/.test(plain(text))));
  });
});
