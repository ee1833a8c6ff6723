import type { ReadStream, WriteStream } from "node:tty";
import type { RatedFinding } from "../findings/summary.ts";
import { type DrawnScreen, detailFills, drawScreen, showsDetail } from "./draw-screen.ts";
import type { EvidenceView } from "./evidence-view.ts";
import type { FindingRow } from "./finding-rows.ts";
import { type Glyphs, glyphsOf } from "./glyphs.ts";
import { type Command, type Key, moveSelection, takeKey } from "./keys.ts";
import { paletteOf } from "./palette.ts";
import type { ScreenModel } from "./screen-model.ts";
import { SelectedEvidence } from "./selected-evidence.ts";
import { TerminalScreen } from "./terminal-screen.ts";
import type { TerminalTraits } from "./terminal-traits.ts";
import { initialState, type UiState, type View } from "./ui-state.ts";

/** Changes are drawn this often at the most; keys at once. */
const FRAME_MS = 100;
/** The clock and what fades are drawn anew this often, change or not. */
const IDLE_FRAMES = 10;

/** What the dashboard cannot do itself. All of them may throw; the message is shown. */
export interface DashboardActions {
  /** Ends the run; the dashboard is closed by who runs it. */
  quit(): void;
  /** Returns who said so. */
  acknowledge(id: string, reason: string): Promise<string>;
  /** Each returns the path that was written. */
  draft(finding: RatedFinding): string;
  exportFindings(rows: readonly FindingRow[]): string;
  evidenceOf(row: FindingRow, all: Iterable<FindingRow>): Promise<EvidenceView>;
  replay(what: "toggle" | "faster" | "slower" | "minute" | "next"): void;
  /** Another view is shown: what it shows may have to be asked for. */
  looksAt(view: View): void;
}

export interface DashboardStreams {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** The dashboard on a terminal: draws the model, and turns keys into what the user wants. */
export class Dashboard {
  private readonly model: ScreenModel;
  private readonly actions: DashboardActions;
  private readonly traits: TerminalTraits;
  private readonly ui: UiState;
  private readonly glyphs: Glyphs;
  private readonly terminal: TerminalScreen;
  private readonly timer: NodeJS.Timeout;
  private drawn: DrawnScreen | null = null;
  private drawnChanges = -1;
  private shownView: View = "findings";
  private idleFrames = 0;
  private isDrawPlanned = false;
  private readonly evidence: SelectedEvidence;
  private readonly onStop = (): void => this.suspend();
  private readonly onExit = (): void => this.close();

  constructor(
    model: ScreenModel,
    actions: DashboardActions,
    traits: TerminalTraits,
    streams: DashboardStreams,
  ) {
    this.model = model;
    this.actions = actions;
    this.traits = traits;
    this.ui = initialState(traits.light);
    this.glyphs = glyphsOf(traits.glyphs);
    this.evidence = new SelectedEvidence(actions.evidenceOf, {
      read: () => this.plan(),
      failed: (error) => this.report(error),
    });
    this.terminal = new TerminalScreen(traits, paletteOf(traits.depth, traits.light), streams, {
      key: (key) => this.key(key),
      mouse: (action, x, y) => this.mouse(action, x, y),
      resized: () => this.draw(),
      gone: () => this.actions.quit(),
    });
    // Whatever ends the process gives the terminal back first, so that what is said about it can be read.
    process.prependListener("uncaughtException", this.onExit);
    process.on("exit", this.onExit);
    process.on("SIGTSTP", this.onStop);
    this.timer = setInterval(() => this.tick(), FRAME_MS);
    this.draw();
  }

  /** Gives the terminal back. */
  close(): void {
    clearInterval(this.timer);
    process.off("uncaughtException", this.onExit);
    process.off("exit", this.onExit);
    process.off("SIGTSTP", this.onStop);
    this.terminal.close();
  }

  /** Findings went by while the table was paused. */
  passedBy(count: number): void {
    this.ui.passedBy += count;
  }

  /** Shows the finding. */
  select(id: string): void {
    this.ui.selectedId = id;
    this.ui.view = "findings";
    this.plan();
  }

  private tick(): void {
    this.loadEvidence();
    if (this.model.changes === this.drawnChanges && ++this.idleFrames < IDLE_FRAMES) return;
    this.draw();
  }

  private plan(): void {
    if (this.isDrawPlanned) return;
    this.isDrawPlanned = true;
    setImmediate(() => this.draw());
  }

  private draw(): void {
    if (this.shownView !== this.ui.view) {
      this.shownView = this.ui.view;
      this.actions.looksAt(this.ui.view);
    }
    this.isDrawPlanned = false;
    this.idleFrames = 0;
    this.drawnChanges = this.model.changes;
    const size = this.size();
    this.drawn = drawScreen(this.model.snapshot(), this.ui, this.glyphs, this.evidence.shown, size);
    this.terminal.show(this.drawn.grid);
  }

  private size(): { width: number; height: number } {
    return { width: this.terminal.width, height: this.terminal.height };
  }

  private key(key: Key): void {
    const context = { snapshot: this.model.snapshot(), detailFills: detailFills(this.ui, this.size()) };
    const command = takeKey(this.ui, key, context);
    if (command !== null) this.do(command);
    this.plan();
  }

  private do(command: Command): void {
    try {
      this.attempt(command);
    } catch (error) {
      this.report(error);
    }
  }

  private attempt(command: Command): void {
    switch (command.type) {
      case "quit":
        this.actions.quit();
        break;
      case "suspend":
        this.suspend();
        break;
      case "repaint":
        this.terminal.setPalette(paletteOf(this.traits.depth, this.ui.isLight));
        this.terminal.repaint();
        break;
      case "pause":
        this.togglePause();
        break;
      case "replay":
        this.actions.replay(command.what);
        break;
      case "export":
        this.say(`wrote ${this.actions.exportFindings(this.model.rows.shown())}`);
        break;
      case "ack":
        void this.acknowledge(command.id, command.reason);
        break;
      default:
        this.aboutFinding(command.type, command.id);
    }
  }

  private aboutFinding(what: "copy" | "draft", id: string): void {
    const row = this.model.rows.get(id);
    if (row === null) throw new Error("the finding is gone: another one took it in");
    if (what === "draft") {
      this.say(`wrote ${this.actions.draft(row.finding)}: complete owner, reason and expires in it`);
      return;
    }
    const { finding } = row;
    const text = `${finding.id} ${finding.kind} ${finding.source ?? ""} ${finding.destination}`;
    if (this.terminal.copy(text)) this.say(`sent to the clipboard: ${text}`);
    else throw new Error("this terminal takes no text for the clipboard (OSC 52)");
  }

  private async acknowledge(id: string, reason: string): Promise<void> {
    try {
      const by = await this.actions.acknowledge(id, reason);
      this.model.acknowledged(id, { by, reason, time: new Date().toISOString() });
      this.model.say("info", `${id} acknowledged by ${by}: ${reason}`);
      this.say(`acknowledged ${id}; the verdict stays`);
    } catch (error) {
      this.report(error);
    }
    this.plan();
  }

  private say(text: string): void {
    this.ui.message = { text, isBad: false };
  }

  private report(error: unknown): void {
    this.ui.message = { text: error instanceof Error ? error.message : String(error), isBad: true };
  }

  private togglePause(): void {
    if (this.model.replay !== null) {
      this.actions.replay("toggle");
      return;
    }
    this.ui.isPaused = !this.ui.isPaused;
    if (this.ui.isPaused) this.ui.passedBy = 0;
    this.model.pause(this.ui.isPaused);
  }

  private mouse(action: "click" | "up" | "down", x: number, y: number): void {
    const { drawn, ui } = this;
    if (drawn === null || ui.prompt !== null) return;
    const full = action === "up" ? "up" : "down";
    if (action !== "click") {
      this.key({ full, char: "" });
      return;
    }
    const tab = y === drawn.tabsRow ? drawn.tabs.find((place) => x >= place.x && x < place.end) : undefined;
    if (tab !== undefined) ui.view = tab.view;
    const { table } = drawn;
    const line = table === null ? -1 : y - table.y - 1;
    if (table !== null && line >= 0 && line < ui.pageRows && x < table.x + table.width) {
      if (line === ui.line) ui.isDetailOpen = !ui.isDetailOpen;
      else moveSelection(ui, this.model.snapshot(), line - ui.line);
    }
    this.plan();
  }

  /** As the terminal's own Ctrl-Z would: the whole job stops, if somebody can continue it. */
  private suspend(): void {
    process.off("SIGTSTP", this.onStop);
    this.terminal.suspend(() => process.kill(process.pid, "SIGTSTP"));
    setTimeout(() => {
      process.off("SIGTSTP", this.onStop);
      process.on("SIGTSTP", this.onStop);
    }, 200);
  }

  /** Packets of the selected finding, where they are looked at. */
  private loadEvidence(): void {
    const isSeen = this.ui.view === "findings" && showsDetail(this.ui, this.size());
    const id = this.ui.selectedId ?? this.model.rows.shown()[0]?.id;
    const row = id === undefined ? null : this.model.rows.get(id);
    if (isSeen && row !== null) this.evidence.want(row, this.model.rows.all());
  }
}
