// A program in a tmux of its own, for tests and pictures: a private socket, no configuration, a clean environment.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { removeFolder } from "../remove-folder.mjs";

const PATIENCE_MS = 40_000;

/** Whether tmux is installed. */
export function hasTmux() {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export class TmuxPane {
  #folder = mkdtempSync(join(tmpdir(), "gapwatch-tmux-"));

  /**
   * Runs a shell command on a terminal of its own; the pane stays for a minute when it has ended.
   * @param {{ command: string, columns: number, rows: number, env?: Record<string, string>, term?: string, cwd?: string }} what
   */
  constructor({ command, columns, rows, env = {}, term = "tmux-256color", cwd = process.cwd() }) {
    const all = { PATH: process.env.PATH ?? "", HOME: this.#folder, LANG: "C.UTF-8", TZ: "UTC", ...env };
    const words = Object.entries(all).map(([key, value]) => `${key}='${value.replaceAll("'", "'\\''")}'`);
    const size = ["-x", `${columns}`, "-y", `${rows}`];
    const options = ["set", "-g", "default-terminal", term, ";"];
    const started = `env -i TERM=$TERM TMUX=$TMUX ${words.join(" ")} sh -c '${`${command}; exec sleep 60`.replaceAll("'", "'\\''")}'`;
    this.#tmux(
      "-f",
      "/dev/null",
      "start-server",
      ";",
      ...options,
      "new-session",
      "-d",
      ...size,
      "-c",
      cwd,
      started,
    );
  }

  /** Types keys, by tmux's names: `q`, `Enter`, `C-c`. @param {...string} keys */
  type(...keys) {
    for (const key of keys) this.#tmux("send-keys", key);
  }

  /** Types text as it is. @param {string} text */
  write(text) {
    this.#tmux("send-keys", "-l", text);
  }

  /** @param {number} columns @param {number} rows */
  resize(columns, rows) {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** What is on the screen, with SGR sequences if asked for. */
  screen({ ansi = false, trailing = false } = {}) {
    return this.#tmux("capture-pane", "-p", ...(ansi ? ["-e"] : []), ...(trailing ? ["-N"] : []));
  }

  /** Waits until the screen matches. @param {RegExp} what @returns {Promise<string>} the screen */
  async until(what) {
    for (let waitedMs = 0; ; waitedMs += 30) {
      const screen = this.screen();
      if (what.test(screen)) return screen;
      if (waitedMs > PATIENCE_MS) throw new Error(`${what} never came:\n${screen}`);
      await pause(30);
    }
  }

  /** Process id of the shell in the pane. */
  get pid() {
    return Number(this.#tmux("display-message", "-p", "#{pane_pid}"));
  }

  /** Whether the program shows the alternate screen. */
  get isAlternate() {
    return this.#tmux("display-message", "-p", "#{alternate_on}").trim() === "1";
  }

  close() {
    try {
      this.#tmux("kill-server");
    } catch {
      // It has ended by itself.
    }
    removeFolder(this.#folder);
  }

  /** @param {...string} args */
  #tmux(...args) {
    return execFileSync("tmux", ["-S", join(this.#folder, "socket"), ...args], { encoding: "utf8" });
  }
}
