import { describe, expect, it } from "vitest";
import { drawScreen } from "../../src/dashboard/draw-screen.ts";
import { glyphsOf } from "../../src/dashboard/glyphs.ts";
import { paletteOf } from "../../src/dashboard/palette.ts";
import { initialState, type UiState } from "../../src/dashboard/ui-state.ts";
import { finding } from "../report/sample-run.ts";
import { sampleEvidence, sampleModel } from "./sample-screen.ts";

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 50],
] as const;

function ui(rest: Partial<UiState> = {}): UiState {
  return { ...initialState(false), ...rest };
}

/** Goldens are renewed with `npm run screens:renew`. */
describe("the screen", () => {
  for (const [width, height] of SIZES) {
    for (const [name, state] of [
      ["findings", {}],
      ["detail", { isDetailOpen: true, selectedId: "000000000000" }],
      ["hosts", { view: "hosts" }],
      ["names", { view: "names" }],
      ["flows", { view: "flows" }],
      ["coverage", { view: "coverage" }],
      ["log", { view: "log" }],
      ["help", { isHelpOpen: true }],
    ] as const) {
      it(`shows ${name} at ${width} x ${height}`, async () => {
        const snapshot = sampleModel().snapshot();
        const evidence = await sampleEvidence("000000000000");
        const { grid } = drawScreen(snapshot, ui(state), glyphsOf("unicode"), evidence, { width, height });
        await expect(grid.toText()).toMatchFileSnapshot(`screens/${name}-${width}x${height}.txt`);
        const ansi = grid.toAnsi(paletteOf(256, false));
        await expect(ansi).toMatchFileSnapshot(`screens/${name}-${width}x${height}.ansi`);
      });
    }
  }

  it("keeps within ASCII where the terminal knows no more", () => {
    const { grid } = drawScreen(sampleModel().snapshot(), ui(), glyphsOf("ascii"), null, {
      width: 100,
      height: 40,
    });
    expect(grid.toText()).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it("says everything without colour", () => {
    const { grid } = drawScreen(sampleModel().snapshot(), ui(), glyphsOf("unicode"), null, {
      width: 120,
      height: 40,
    });
    const stripped = grid.toAnsi(paletteOf(256, false)).replace(/\x1b\[[\d;]*m/g, "");
    expect(stripped.replace(/ +$/gm, "")).toBe(grid.toText());
    expect(grid.toAnsi(paletteOf(0, false))).not.toMatch(/[34]8;5/);
  });

  it("fits every size from tiny to 300 x 80", () => {
    for (let width = 1; width <= 300; width += 13) {
      for (let height = 1; height <= 80; height += 7) {
        const state = ui({ isDetailOpen: height % 2 === 0, isHelpOpen: width % 5 === 0 });
        const { grid } = drawScreen(sampleModel().snapshot(), state, glyphsOf("unicode"), null, {
          width,
          height,
        });
        expect(grid.chars.length).toBe(width * height);
        expect(grid.chars.every((char) => char.length === 1)).toBe(true);
      }
    }
  });
});

describe("the bottom line", () => {
  it("says what does not work before all else", () => {
    const model = sampleModel();
    model.alarms = ["store: no space left on device", "syslog: nobody answers"];
    const { grid } = drawScreen(model.snapshot(), ui(), glyphsOf("unicode"), null, {
      width: 100,
      height: 24,
    });
    expect(grid.toText()).toMatch(/^ +ALARM +store: no space left on device \(and 1 more\) +\? help/m);
  });

  it("has room for all keys in the help at 80 x 24, those of a replay included", () => {
    const model = sampleModel("replay");
    model.replay = { speed: 1, isPaused: false, isEnded: false, share: 0.5 };
    const state = ui({ isHelpOpen: true });
    const { grid } = drawScreen(model.snapshot(), state, glyphsOf("unicode"), null, {
      width: 80,
      height: 24,
    });
    expect(grid.toText()).toMatch(/1-6, Tab[\s\S]*jump to the next finding[\s\S]*ack:no/);
  });
});

describe("hostile text", () => {
  const EVIL = "\x1b[2J\x1b]52;c;eA==\x07{red-fg}\u202e\u200b\u4e2d\u{1f600}\u009b31m\r\n\tCLEAN \u0421";
  const LONG = `${"x".repeat(63)}.`.repeat(4).slice(0, 255);

  it("is escaped wherever it comes from, and columns stay where they are", async () => {
    for (const evil of [EVIL, LONG, EVIL.repeat(20)]) {
      const hostile = finding("high", "refused", {
        destination: evil,
        name: evil,
        source: evil,
        sourceName: evil,
        via: [evil],
        asked: [evil],
        ips: [evil],
        mac: evil,
      });
      const model = sampleModel("live", [
        hostile,
        finding("high", "refused", { destination: "calm.example" }),
      ]);
      model.say("bad", evil);
      model.acknowledged("000000000000", { by: evil, reason: evil, time: "" });
      const packet = {
        at: { sec: 0, nsec: 0 },
        finding: evil,
        from: evil,
        to: evil,
        summary: evil,
        headers: [{ name: evil, fields: evil }],
      };
      const evidence = {
        id: "000000000000",
        packets: [{ ...packet, octets: new Uint8Array(64), wireLen: 64 }],
        files: [evil],
        missing: null,
      };
      for (const state of [
        {},
        { isDetailOpen: true },
        { view: "log" },
        { message: { text: evil, isBad: true } },
      ] as const) {
        for (const [width, height] of [...SIZES, [60, 20]] as const) {
          const glyphs = glyphsOf("ascii");
          const { grid } = drawScreen(model.snapshot(), ui(state), glyphs, evidence, { width, height });
          expect(grid.toText()).toMatch(/^[\x20-\x7e\n]*$/);
          const rows = grid.toText().split("\n");
          const calm = rows.find((row) => row.includes("calm.example"));
          const heading = rows.find((row) => row.includes("DESTINATION"));
          if (calm !== undefined) expect(calm.indexOf("calm.example")).toBe(heading?.indexOf("DESTINATION"));
        }
      }
    }
  });
});
