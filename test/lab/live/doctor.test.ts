import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { ENCLAVE, MAIN } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("doctor tests skipped: this user cannot make network namespaces here\n");

interface Check {
  readonly status: string;
  readonly topic: string;
  readonly text: string;
  readonly remedy: string | null;
}

describe.skipIf(!possible)("gapwatch doctor", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab();
  });
  afterAll(() => lab.destroy());

  async function doctor(host: string, args: readonly string[], before: readonly string[] = []) {
    const argv = [
      ...before,
      process.execPath,
      MAIN,
      "doctor",
      "-e",
      ENCLAVE,
      "--state",
      "/run/scratch",
      "--json",
    ];
    const { code, stdout, stderr } = await lab.exec(host, [...argv, "--ring-mb", "16", ...args]);
    expect(stderr).toBe("");
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    return { code, lines: checks.map(({ status, topic, text }) => `${status} ${topic}: ${text}`), checks };
  }

  /** Conversations inside the enclave, for as long as `during` takes. */
  async function whileTalking<T>(during: () => Promise<T>): Promise<T> {
    const loop = "while :; do curl -s --max-time 1 http://10.20.1.31:6333/ > /dev/null; sleep 0.1; done";
    const client = lab.spawn("gpu-01", ["sh", "-c", loop]);
    try {
      return await during();
    } finally {
      lab.signal(client, "SIGKILL");
    }
  }

  it("finds a mirror that shows both directions of the enclave's conversations", async () => {
    const { code, lines } = await whileTalking(() => doctor("sensor", ["-i", "mirror0", "--for", "2s"]));
    expect(code, lines.join("\n")).toBe(0);
    expect(lines).toEqual(
      expect.arrayContaining([
        "ok permission: packet sockets can be opened (CAP_NET_RAW)",
        "ok mirror0: it is up and has a carrier",
        "ok mirror0: it can be captured from, promiscuous, through a ring of 16 MiB",
        // Neighbour discovery and multicast reports come through the mirror too, at times of their own.
        expect.stringMatching(/^ok mirror0: \d+ frames in 2 s, \d{2,} between other hosts$/),
        expect.stringMatching(/^ok both directions: 0 of \d+ TCP conversations/),
        expect.stringMatching(/^ok inside prefixes: 2 hosts of 10\.20\.0\.0\/16/),
      ]),
    );
  });

  it("sees that a mirror shows one direction only", async () => {
    await lab.run("tc -n switch filter del dev vector-01 ingress");
    const { code, lines } = await whileTalking(() => doctor("sensor", ["-i", "mirror0", "--for", "2s"]));
    expect(code).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(/^failed both directions: (\d+) of \1 TCP conversations/),
    );
  });

  it("sees that nothing comes, that the interface is down, and that it is not there", async () => {
    await lab.run("ip -n sensor link add quiet0 type veth peer name quiet1");
    const { code, lines, checks } = await doctor("sensor", ["-i", "quiet0", "-i", "nowhere0", "--for", "1s"]);
    expect(code).toBe(1);
    expect(lines).toEqual(
      expect.arrayContaining([
        "failed quiet0: it is down",
        "failed nowhere0: there is no such interface",
        "failed quiet0: no frame in 1 s",
      ]),
    );
    expect(checks).toContainEqual(expect.objectContaining({ remedy: "ip link set quiet0 up" }));
  });

  it("sees that a sensor stands on a watched host", async () => {
    const { code, lines } = await whileTalking(() => doctor("gpu-01", ["-i", "eth0", "--for", "2s"]));
    expect(code).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(/^failed eth0: \d+ frames in 2 s, all of them this host's own$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^warning eth0: it has addresses of its own: 10\.20\.1\.11, /),
    );
  });

  it("says what to grant where it may not capture", async () => {
    const without = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    const { code, checks } = await doctor("sensor", ["-i", "lo"], without);
    expect(code).toBe(1);
    expect(checks).toContainEqual(
      expect.objectContaining({
        status: "failed",
        topic: "permission",
        remedy: expect.stringMatching(/AmbientCapabilities=CAP_NET_RAW.*not use setcap on node/),
      }),
    );
  });
});
