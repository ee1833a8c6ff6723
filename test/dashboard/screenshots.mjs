// Draws the README's pictures: the dashboard in a tmux pane, replaying the quickstart capture.
// Usage: npm run screenshots
import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { svgOf } from "./ansi-svg.mjs";
import { TmuxPane } from "./tmux-pane.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const REPLAY = "dist/main.js replay captures/quickstart.pcapng -e allowlists/quickstart.yaml --dashboard";

/** @type {{ file: string, title: string, columns: number, rows: number, row: RegExp, shows: RegExp }[]} */
const PICTURES = [
  {
    file: "dashboard.svg",
    title:
      "The dashboard of gapwatch: the verdict, attempts over time, the findings, and one finding in detail",
    columns: 130,
    rows: 42,
    row: /^▌ +critical .*huggingface\.co/m,
    shows: /DNS question A huggingface.co[\s\S]*TCP SYN/,
  },
];

const MAX_ROWS = 40;

for (const { file, title, columns, rows, row, shows } of PICTURES) {
  const pane = new TmuxPane({ command: `"${process.execPath}" ${REPLAY}`, columns, rows, cwd: ROOT });
  try {
    await pane.until(/end of capture/);
    for (let i = 0; i < MAX_ROWS && !row.test(pane.screen()); i++) {
      pane.type("Down");
      await pause(100);
    }
    pane.type("Enter");
    await pane.until(shows);
    const path = fileURLToPath(new URL(`screens/${file}`, import.meta.url));
    writeFileSync(path, svgOf(pane.screen({ ansi: true, trailing: true }), columns, title));
    process.stdout.write(`${path}\n`);
  } finally {
    pane.close();
  }
}
