import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { ENCLAVE, MAIN, ownFolder, QUICKSTART } from "../commands/run-gapwatch.ts";
import { hasTmux, TmuxPane } from "./tmux-pane.mjs";

const REPLAY = `"${process.execPath}" "${MAIN}" replay "${QUICKSTART}" -e "${ENCLAVE}" --dashboard`;

if (!hasTmux())
  process.stderr.write("the dashboard's tests on a terminal are skipped: tmux is not installed\n");

/** The dashboard on a real terminal: a tmux of its own, keys typed, the screen read back. */
describe.skipIf(!hasTmux())("on a terminal", () => {
  let pane: TmuxPane | null = null;

  function start(command: string, more: Partial<ConstructorParameters<typeof TmuxPane>[0]> = {}): TmuxPane {
    if (!existsSync(MAIN)) throw new Error("dist/main.js is missing: npm run build");
    pane = new TmuxPane({ command: `${command}; echo "exit=$?"`, columns: 100, rows: 30, ...more });
    return pane;
  }

  afterEach(() => {
    pane?.close();
    pane = null;
  });

  it("shows the quickstart capture: filter, details, help, views, sizes, and the verdict's exit code", async () => {
    const tmux = start(REPLAY);
    await tmux.until(/REACHBACK +end of capture, exit code 1[\s\S]*1 findings 30/);
    expect(tmux.isAlternate).toBe(true);
    tmux.write("/sev:critical !proxy");
    await tmux.until(/1 findings \d\/30/);
    tmux.type("Enter");
    await tmux.until(/\? help/);
    tmux.type("Escape");
    await tmux.until(/1 findings 30/);
    tmux.write("/colour:red");
    await tmux.until(/there is no field colour/);
    tmux.type("Escape");
    await tmux.until(/1 findings 30/);
    tmux.type("G", "Enter");
    await tmux.until(/what happened[\s\S]*DNS|what happened[\s\S]*TCP|what happened[\s\S]*ICMP/);
    tmux.type("Escape");
    await tmux.until(/SEVERITY/); // Escape and a key in one read would be a key with Alt
    tmux.type("?");
    await tmux.until(/── keys/);
    tmux.type("Escape");
    await tmux.until(/SEVERITY/);
    tmux.type("2");
    await tmux.until(/identity-01 +10\.20\.9\.20/);
    tmux.type("3");
    await tmux.until(/github\.com +outside/);
    tmux.type("5");
    await tmux.until(/the sensor saw what it had to see/);
    tmux.resize(80, 24);
    await tmux.until(/^.{0,80}$/m);
    tmux.type("1");
    tmux.resize(200, 50);
    await tmux.until(/│ .*DNS answer|│ .*TCP SYN/);
    tmux.type("q");
    const after = await tmux.until(/exit=1/);
    expect(after).toMatch(/Exceptions used/);
    expect(tmux.isAlternate).toBe(false);
  });

  it("plays at a speed: stops, goes on, jumps to the next finding, and ends early with what was seen", async () => {
    const tmux = start(`${REPLAY} --speed 0.5`);
    await tmux.until(/x0\.5 +/);
    tmux.type("Space");
    await tmux.until(/stopped/);
    const clock = /(\d\d:\d\d:\d\d) UTC/;
    const stopped = clock.exec(await tmux.until(clock))?.[1];
    await pause(500);
    expect(clock.exec(tmux.screen())?.[1]).toBe(stopped);
    const before = Number(/1 findings (\d+)/.exec(tmux.screen())?.[1]);
    tmux.type("n");
    await tmux.until(new RegExp(`1 findings (?!${before}\\b)\\d+`));
    tmux.write("+++");
    tmux.type("Space");
    await tmux.until(/x5 |end of capture/);
    tmux.type("q");
    await tmux.until(/exit=1/);
  });

  it("takes keys from the terminal when the capture comes by a pipe", async () => {
    const tmux = start(`cat "${QUICKSTART}" | ${REPLAY.replace(`"${QUICKSTART}"`, "-")}`);
    await tmux.until(/end of capture/);
    tmux.type("q");
    await tmux.until(/exit=1/);
  });

  /** Starts it, and returns what sends it a signal. */
  async function signalled(
    env: Record<string, string>,
  ): Promise<[TmuxPane, (signal: NodeJS.Signals) => void]> {
    const { path: folder } = ownFolder();
    const tmux = start(`sh -c 'echo $$ > "${folder}/pid"; exec ${REPLAY}'`, { env });
    await tmux.until(/end of capture/);
    return [tmux, (signal) => process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), signal)];
  }

  it("gives the terminal back when it crashes, and says why", async () => {
    const boom = "data:text/javascript,process.on(`SIGUSR2`,()=>{throw new Error(String(6*7))})";
    const [tmux, send] = await signalled({ NODE_OPTIONS: `--import "${boom}"` });
    send("SIGUSR2");
    const after = await tmux.until(/exit=2/);
    expect(after).toMatch(/gapwatch: internal error: Error: 42/);
    expect(tmux.isAlternate).toBe(false);
  });

  it("gives the terminal back on SIGTERM", async () => {
    const [tmux, send] = await signalled({});
    send("SIGTERM");
    await tmux.until(/exit=1/);
    expect(tmux.isAlternate).toBe(false);
  });

  it("sleeps on Ctrl-Z and comes back with fg", async () => {
    const tmux = start("PS1='sh> ' bash --norc -i");
    await tmux.until(/sh>/);
    tmux.write(REPLAY);
    tmux.type("Enter");
    await tmux.until(/end of capture/);
    tmux.type("C-z");
    await tmux.until(/Stopped/);
    expect(tmux.isAlternate).toBe(false);
    tmux.write("fg");
    tmux.type("Enter");
    await tmux.until(/end of capture/);
    tmux.type("Down", "Enter");
    await tmux.until(/what happened/);
    tmux.type("q");
    await tmux.until(/Exceptions used[\s\S]*sh>/);
  });

  it("drafts a rule and exports what is shown, each into a file that was not there", async () => {
    const { path: cwd } = ownFolder();
    const tmux = start(REPLAY, { cwd });
    await tmux.until(/end of capture/);
    tmux.type("y");
    await tmux.until(/wrote gapwatch-draft-[0-9a-f]{12}\.yaml/);
    tmux.type("y");
    await tmux.until(/cannot write gapwatch-draft.*exists/);
    tmux.write("/sev:critical");
    tmux.type("Enter", "e");
    await tmux.until(/wrote gapwatch-findings-\S+\.ndjson/);
    const [draft, exported] = readdirSync(cwd).sort();
    expect(readFileSync(join(cwd, draft), "utf8")).toMatch(/owner:/);
    const lines = readFileSync(join(cwd, exported), "utf8").trim().split("\n");
    expect(new Set(lines.map((line) => JSON.parse(line).severity))).toEqual(new Set(["critical"]));
    tmux.type("q");
    await tmux.until(/exit=1/);
  });

  it("knows no colour with NO_COLOR, and ASCII alone under LANG=C", async () => {
    const tmux = start(REPLAY, { env: { NO_COLOR: "1", LANG: "C" } });
    await tmux.until(/end of capture/);
    expect(tmux.screen({ ansi: true })).not.toMatch(/\x1b\[[\d;]*(3[0-8]|4[0-8]|9\d|10\d)/);
    expect(tmux.screen()).toMatch(/^[\x20-\x7e\n]*$/);
  });

  for (const term of ["screen", "linux", "xterm", "vt220"]) {
    it(`draws on TERM=${term}`, async () => {
      const tmux = start(REPLAY, { env: { TERM: term } });
      await tmux.until(/REACHBACK +end of capture[\s\S]*huggingface/);
      tmux.type("q");
      await tmux.until(/exit=1/);
    });
  }

  it("writes the report where there is nothing to draw on", async () => {
    const dumb = await start(REPLAY, { env: { TERM: "dumb" } }).until(/exit=1/);
    expect(dumb).toMatch(/Exceptions used/);
  });
});
