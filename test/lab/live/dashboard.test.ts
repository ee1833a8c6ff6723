import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownFolder } from "../../commands/run-gapwatch.ts";
import { hasTmux, TmuxPane } from "../../dashboard/tmux-pane.mjs";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { ENCLAVE, MAIN } from "./watching.ts";

const possible = canMakeNamespaces() && hasTmux();
if (!possible) process.stderr.write("live dashboard test skipped: it wants network namespaces and tmux\n");

describe.skipIf(!possible)("the dashboard of gapwatch watch", () => {
  let lab: Lab;
  let pane: TmuxPane | null = null;
  const { path: state } = ownFolder();
  beforeAll(async () => {
    lab = await createLab();
  });
  afterAll(async () => {
    pane?.close();
    await lab.destroy();
  });

  const reach = (address: string) =>
    lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", `http://${address}/`]);

  it("shows what happens on the wire, pauses, acknowledges, and asks before it ends", async () => {
    const watch = `"${process.execPath}" "${MAIN}" watch -i mirror0 -e "${ENCLAVE}" --ring-mb 16 --state "${state}"`;
    const command = `nsenter --net=${lab.netOf("sensor")} ${watch}; echo "exit=$?"`;
    pane = new TmuxPane({ command, columns: 110, rows: 30 });
    await pane.until(/mirror0 up[\s\S]*nothing tried to get out/);
    await reach("198.51.100.10");
    await pane.until(/REACHBACK[\s\S]*gpu-01 +198\.51\.100\.10 +80\/tcp/);
    pane.type("p");
    await pane.until(/PAUSED/);
    await reach("198.51.100.11");
    expect(await pane.until(/paused, [1-9]\d* updates went by/)).not.toMatch(/198\.51\.100\.11/);
    pane.type("p");
    await pane.until(/198\.51\.100\.11/);
    pane.type("a");
    await pane.until(/acknowledge, because/);
    pane.write("change 4711");
    pane.type("Enter");
    const id = /acknowledged ([0-9a-f]{12})/.exec(await pane.until(/acknowledged [0-9a-f]{12}/))?.[1] ?? "";
    const shown = execFileSync(process.execPath, [MAIN, "findings", "show", id, "--json", "--state", state]);
    expect(JSON.parse(shown.toString()).acknowledged).toMatchObject({ reason: "change 4711" });
    // So does what another process acknowledges.
    const listed = execFileSync(process.execPath, [MAIN, "findings", "--json", "--state", state]);
    const other = JSON.parse(listed.toString()).findings.find((each: { id: string }) => each.id !== id).id;
    const ack = ["findings", "ack", other, "--reason", "change 4712", "--by", "auditor", "--state", state];
    execFileSync(process.execPath, [MAIN, ...ack]);
    pane.type("6");
    await pane.until(new RegExp(`${other} acknowledged by auditor: change 4712`));
    pane.write("1/ack:no");
    await pane.until(/1 findings 0\/2/);
    pane.type("Escape");
    await pane.until(/1 findings 2/);
    pane.type("Enter");
    await pane.until(/what happened[\s\S]*TCP SYN/);
    pane.type("2");
    await pane.until(/gpu-01 +10\.20\.1\.11/);
    pane.type("q");
    await pane.until(/stop watching\?/);
    pane.type("n");
    await pane.until(/\? help/);
    pane.type("q", "y");
    await pane.until(/exit=1/);
    expect(pane.isAlternate).toBe(false);
  });
});
