import { describe, expect, it } from "vitest";
import { type Command, type KeyContext, takeKey } from "../../src/dashboard/keys.ts";
import { initialState, type UiState } from "../../src/dashboard/ui-state.ts";
import { sampleModel } from "./sample-screen.ts";

const NAMED = /^(up|down|left|right|enter|escape|tab|S-tab|backspace|home|end|pageup|pagedown|C-.)$/;

/** Types keys on the sample's screen: names as blessed has them, or characters. */
function typing(mode: "live" | "replay" = "live", detailFills = false) {
  const model = sampleModel(mode);
  if (mode === "replay") model.replay = { speed: 1, isPaused: false, isEnded: false, share: null };
  const ui: UiState = { ...initialState(false), pageRows: 5 };
  const type = (...keys: string[]): (Command | null)[] =>
    keys.map((key) => {
      const context: KeyContext = { snapshot: model.snapshot(), detailFills };
      return takeKey(ui, NAMED.test(key) ? { full: key, char: "" } : { full: key, char: key }, context);
    });
  const ids = () => model.rows.shown().map(({ id }) => id);
  return { model, ui, type, ids };
}

describe("takeKey", () => {
  it("moves by arrows, letters, pages and to the ends, and stays within the rows", () => {
    const { ui, type, ids } = typing();
    const [first, second] = ids();
    type("down");
    expect(ui.selectedId).toBe(second);
    type("k");
    expect(ui.selectedId).toBe(first);
    type("up", "k");
    expect(ui.selectedId).toBe(first);
    type("G", "j");
    expect(ui.selectedId).toBe(ids().at(-1));
    type("pageup");
    expect(ui.selectedId).toBe(ids().at(-5));
    type("g");
    expect(ui.selectedId).toBeNull(); // the first row, whichever it will be
  });

  it("switches views by number and Tab", () => {
    const { ui, type } = typing();
    type("3");
    expect(ui.view).toBe("names");
    type("tab");
    expect(ui.view).toBe("flows");
    type("S-tab", "S-tab");
    expect(ui.view).toBe("hosts");
    type("escape");
    expect(ui.view).toBe("findings");
  });

  it("filters as one types, keeps a history, and takes it back with Escape", () => {
    const { ui, type, ids } = typing();
    const all = ids().length;
    type("/", ..."sev:critical");
    expect(ids()).toHaveLength(2);
    type("escape");
    expect(ids()).toHaveLength(all);
    type("/", ..."kind:dns", "enter");
    expect(ui.filter.text).toBe("kind:dns");
    expect(ids()).toHaveLength(2);
    type("/", "C-u", ..."host:agent-01", "enter");
    type("/", "up", "up");
    expect(ui.prompt?.text).toBe("kind:dns");
    type("enter");
    expect(ui.filterHistory).toEqual(["host:agent-01", "kind:dns"]);
    type("escape");
    expect(ids()).toHaveLength(all);
  });

  it("does not take a filter that is none, and says why", () => {
    const { ui, type } = typing();
    type("/", ..."sev:loud", "enter");
    expect(ui.prompt?.problem).toMatch(/^sev: expected/);
    type("backspace", "C-w", ..."sev:low", "enter");
    expect(ui.filter.text).toBe("sev:low");
  });

  it("acknowledges with a reason, and not without", () => {
    const { ui, type, ids } = typing();
    type("down", "a", "enter");
    expect(ui.prompt?.problem).toBe("a reason is needed");
    expect(type(..."ok", "enter").at(-1)).toEqual({ type: "ack", id: ids()[1], reason: "ok" });
  });

  it("copies and drafts for the selected finding, the first where none is", () => {
    const { type, ids } = typing();
    expect(type("c")).toEqual([{ type: "copy", id: ids()[0] }]);
    type("down");
    expect(type("y")).toEqual([{ type: "draft", id: ids()[1] }]);
    expect(type("e", "p", "C-l", "C-z")).toEqual(
      ["export", "pause", "repaint", "suspend"].map((what) => ({ type: what })),
    );
  });

  it("asks before a live run ends; Ctrl-C does not, and a replay has nothing to lose", () => {
    const { ui, type } = typing();
    expect(type("q", "n")).toEqual([null, null]);
    expect(ui.question).toBeNull();
    expect(type("q", "y")).toEqual([null, { type: "quit" }]);
    expect(type("C-c")).toEqual([{ type: "quit" }]);
    expect(typing("replay").type("q")).toEqual([{ type: "quit" }]);
  });

  it("controls a replay, and nothing of the kind while it watches", () => {
    const wanted = ["toggle", "faster", "slower", "minute", "next"].map((what) => ({ type: "replay", what }));
    expect(typing("replay").type(" ", "+", "-", "m", "n")).toEqual(wanted);
    expect(typing("live").type(" ", "+", "-", "m", "n")).toEqual([null, null, null, null, null]);
  });

  it("goes through findings and scrolls while the details fill the screen", () => {
    const { ui, type, ids } = typing("live", true);
    type("enter", "down", "down");
    expect(ui).toMatchObject({ isDetailOpen: true, detailScroll: 2, selectedId: null });
    type("right");
    expect(ui).toMatchObject({ isDetailOpen: true, detailScroll: 0, selectedId: ids()[1] });
    type("escape");
    expect(ui.isDetailOpen).toBe(false);
  });

  it("sorts by the next column, and the other way round", () => {
    const { model, ui, type } = typing();
    type("s", "s", "S");
    expect(ui).toMatchObject({ sort: "source", isReversed: true });
    expect(model.rows.shown()[0].finding.sourceName).toBe("gpu-01"); // numbers come before letters
  });
});
