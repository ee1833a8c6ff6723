import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveStatePaths } from "../../../src/records/state-paths.ts";
import { Store } from "../../../src/records/store.ts";
import { until } from "../../patience.ts";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { playScenario, prepareScenario, SCENARIOS } from "../scenarios.mjs";
import { judgement } from "./judgement.ts";
import { ENCLAVE, MAIN, watchMirror } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("watch tests skipped: this user cannot make network namespaces here\n");

describe.skipIf(!possible)("gapwatch watch", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-watch-"));
    lab = await createLab();
    await prepareScenario(lab, SCENARIOS["quickstart"]);
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  const watching = (...args: string[]) => watchMirror(lab, args);

  it.each([1, 3])(
    "finds on the wire what replay finds in a recording of the same time, with %i rings",
    async (workers) => {
      const watch = await watching("-e", ENCLAVE, "--workers", `${workers}`);
      const file = join(folder, "beside.pcap");
      await lab.record(file, () => playScenario(lab, SCENARIOS["quickstart"]));
      await watch.signal("SIGTERM");
      expect(await watch.ended()).toBe(1);
      const replay = execFileSync("node", [MAIN, "replay", file, "-e", ENCLAVE, "--exit-zero"], {
        encoding: "utf8",
      });
      expect(judgement(watch.out())).toBe(judgement(replay));
      expect(watch.out()).toContain("30 findings: 10 critical, 13 high, 7 medium");
    },
  );

  it("tells a finding while its flow is open, within a moment", async () => {
    const watch = await watching("-e", ENCLAVE);
    const client = lab.spawn("gpu-01", ["curl", "-s", "--connect-timeout", "60", "http://198.51.100.10/"]);
    await watch.until(/new medium egress\.flow gpu-01 .* 198\.51\.100\.10 80\/tcp attempted/);
    expect(client.exitCode).toBeNull(); // long before the client gives up
    await lab.signal(client, "SIGTERM");
    await watch.signal("SIGINT");
    expect(await watch.ended()).toBe(1);
  });

  it("takes another policy from the changed file, and refuses a broken one", async () => {
    const enclave = join(folder, "enclave.yaml");
    copyFileSync(ENCLAVE, enclave);
    const watch = await watching("-e", enclave);
    const sound = readFileSync(enclave, "utf8");
    writeFileSync(enclave, sound.replace("gapwatch: 1", "gapwatch: 1\nnonsense: true"));
    await watch.until(/refused: the policy of before stays in force/);
    const rule =
      "  - { id: lab-web, to: [198.51.100.0/24], ports: [80/tcp], reason: test, owner: test, expires: never }\n";
    writeFileSync(enclave, sound.replace("allow:\n", `allow:\n${rule}`));
    await watch.signal("SIGHUP");
    await watch.until(/the enclave file changed: \+lab-web/);
    await lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", "http://198.51.100.10/"]);
    await watch.signal("SIGTERM");
    await watch.ended();
    expect(watch.out()).not.toContain("egress.flow");
    expect(watch.out()).toMatch(/lab-web/);
  });

  it("says when it is blind, and keeps it for the verdict", async () => {
    const watch = await watching("-e", ENCLAVE);
    await lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", "http://10.20.1.31:8000/"]);
    await lab.exec("sensor", ["ip", "link", "set", "mirror0", "down"]);
    await watch.until(/raised sensor\.interface mirror0: the interface is down/);
    await lab.exec("sensor", ["ip", "link", "set", "mirror0", "up"]);
    await watch.until(/cleared sensor\.interface/);
    await lab.exec("gpu-01", ["curl", "-s", "--connect-timeout", "1", "http://10.20.1.31:8000/"]);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(3);
    expect(watch.out()).toContain("INCONCLUSIVE");
    expect(watch.out()).toContain("sensor.interface");
  });

  it("serves figures where it is told to", async () => {
    const watch = await watching("-e", ENCLAVE, "--metrics", "127.0.0.1:9477");
    await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", "198.51.100.99"]);
    await watch.until(/new medium egress\.flow/);
    let figures = "";
    for (const line of ['findings{severity="medium"} 1', 'interface_up{interface="mirror0"} 1']) {
      await until(
        async () => {
          figures = (await lab.exec("sensor", ["curl", "-s", "http://127.0.0.1:9477/metrics"])).stdout;
          return figures.split("\n").includes(`gapwatch_${line}`);
        },
        () => figures,
      );
    }
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
  });

  it("keeps findings and names over a restart, in a log that verifies", async () => {
    const state = join(folder, "state");
    const gapwatch = (...args: string[]) => lab.exec("sensor", ["node", MAIN, ...args, "--state", state]);
    const curl = (host: string, url: string) =>
      lab.exec(host, ["curl", "-sk", "--connect-timeout", "1", url]);
    const first = await watching("-e", ENCLAVE, "--state", state);
    await curl("gpu-01", "http://198.51.100.10/");
    await curl("transfer-01", "https://patches.updates.example.org/");
    await first.until(/new medium egress\.flow gpu-01/);
    await until(
      async () => (await namesKept(state)).includes("patches.updates.example.org"),
      () => first.err(),
    );
    await first.signal("SIGKILL");
    await first.ended();
    const listed = JSON.parse((await gapwatch("findings", "--json")).stdout);
    expect(JSON.stringify(listed)).toContain("198.51.100.10");
    // The packets by which it was found are beside it, as a capture that replays to the same finding.
    const [evidence] = readdirSync(join(state, "evidence"));
    const again = ["replay", join(state, "evidence", evidence), "-e", ENCLAVE, "--json", "--exit-zero"];
    const replayed = JSON.parse((await lab.exec("sensor", ["node", MAIN, ...again])).stdout);
    expect(replayed.findings.map(({ id }: { id: string }) => `${id}.pcapng`)).toContain(evidence);

    const second = await watching("-e", ENCLAVE, "--state", state);
    await curl("gpu-01", "http://198.51.100.10/");
    // Allowed by a name that only the run before saw answered.
    const known = "patches.updates.example.org:443:203.0.113.20";
    await lab.exec("transfer-01", [
      "curl",
      "-sk",
      "--resolve",
      known,
      "https://patches.updates.example.org/",
    ]);
    await second.signal("SIGTERM");
    await second.ended();
    expect(second.out()).not.toContain("new medium egress.flow gpu-01");
    expect(second.out()).not.toContain("transfer-01 (");
    expect(second.out()).toContain("transfer-gate");
    expect((await gapwatch("findings")).stdout).toMatch(/198\.51\.100\.10/);
    expect(await lab.exec("sensor", ["node", MAIN, "verify", join(state, "audit")])).toMatchObject({
      code: 0,
    });
  });

  it("follows a rhythm over a restart", async () => {
    const state = join(folder, "rhythm");
    // Not counted by moments: two attempts within two seconds are one, and a fast machine restarts in less.
    for (const attempts of [1, 2]) {
      const watch = await watching("-e", ENCLAVE, "--state", state);
      await lab.exec("gpu-01", ["curl", "-sk", "--connect-timeout", "1", "http://198.51.100.10/"]);
      await watch.signal("SIGTERM");
      await watch.ended();
      expect(await attemptsKept(state)).toBe(attempts);
    }
  });

  it("says what is wrong where it cannot run", async () => {
    const run = (...args: string[]) => lab.exec("sensor", ["node", MAIN, "watch", ...args, "-e", ENCLAVE]);
    expect(await run("-i", "nowhere0")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/nowhere0: there is no such interface/),
    });
    expect(await run("-i", "mirror0", "--ring-mb", "1")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/megabytes from/),
    });
    expect(await run("-i", "mirror0", "--metrics", "localhost:80")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ADDRESS:PORT/),
    });
  });
});

/** Attempts toward 198.51.100.10 that the detector of rhythms will remember after this run. */
async function attemptsKept(state: string): Promise<number> {
  const store = await Store.open(resolveStatePaths(state).store, 5000, false);
  try {
    const kept = store.memory().filter(({ key }) => key.includes("198.51.100.10"));
    return kept.reduce((sum, each) => sum + (each.detector === "beacon" ? each.facts.attempts : 0), 0);
  } finally {
    store.close();
  }
}

/** Names of addresses in the store of a run that goes on. */
async function namesKept(state: string): Promise<string[]> {
  const store = await Store.open(resolveStatePaths(state).store, 5000, false);
  try {
    return store.names().map(([, { name }]) => name);
  } finally {
    store.close();
  }
}
