import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canMakeNamespaces, createLab, type Lab } from "../lab.mjs";
import { ENCLAVE, type Watching, watchMirror } from "./watching.ts";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("capability tests skipped: this user cannot make network namespaces\n");

/** What root keeps: CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER. */
const FILE_CAPABILITIES = 0b1111;

/** As the systemd unit does it: nothing but the right to open packet sockets. */
const ONLY_NET_RAW = ["setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all,+net_raw"];

/** Of every thread of the watching process: effective and permitted capabilities, and no_new_privs. */
function threadsOf({ pid }: Watching) {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1");
    return {
      effective: Number.parseInt(/CapEff:\s*([0-9a-f]+)/.exec(status)?.[1] ?? "", 16),
      permitted: Number.parseInt(/CapPrm:\s*([0-9a-f]+)/.exec(status)?.[1] ?? "", 16),
      noNewPrivileges: /NoNewPrivs:\s*(\d)/.exec(status)?.[1],
    };
  });
}

describe.skipIf(!possible)("gapwatch watch and its capabilities", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab();
  });
  afterAll(() => lab.destroy());

  it.each([
    { who: "the service", before: ONLY_NET_RAW, kept: 0 },
    { who: "root", before: [], kept: FILE_CAPABILITIES },
  ])("$who: no thread has any left once the sockets are open", async ({ before, kept }) => {
    const watch = await watchMirror(lab, ["-e", ENCLAVE], before);
    const left = threadsOf(watch);
    expect(left.length).toBeGreaterThan(5); // Node's own, and the sensor's
    for (const thread of left) {
      expect(thread).toEqual({ effective: kept, permitted: kept, noNewPrivileges: "1" });
    }
    await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", "198.51.100.99"]);
    await watch.until(/new medium egress\.flow gpu-01 .* 198\.51\.100\.99/);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
  });

  it.each([1, 2])(
    "captures from an interface that is made again, promiscuous, without a capability, with %i rings",
    async (rings) => {
      const watch = await watchMirror(lab, ["-e", ENCLAVE, "--workers", `${rings}`], ONLY_NET_RAW);
      await lab.unplugMirror();
      await watch.until(/raised sensor\.interface/);
      await lab.plugMirror();
      await watch.until(/the interface was made again: capture goes on/);
      const { stdout } = await lab.exec("sensor", ["ip", "-j", "-d", "link", "show", "mirror0"]);
      expect(JSON.parse(stdout)[0].promiscuity).toBe(2); // the lab's own, and the sensor's
      for (let times = 1; times <= rings; times++) {
        // Again, as the rings that shared the interface before do not any more.
        const to = `198.51.100.${97 + times}`;
        await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", to]);
        await watch.until(new RegExp(`new medium egress\\.flow gpu-01 .* ${to.replaceAll(".", "\\.")}`));
        if (times === rings) break;
        await lab.unplugMirror();
        await watch.until(/raised sensor\.interface[\s\S]*raised sensor\.interface/);
        await lab.plugMirror();
        await watch.until(/capture goes on[\s\S]*capture goes on/);
      }
      expect(threadsOf(watch).every(({ effective }) => effective === 0)).toBe(true);
      await watch.signal("SIGTERM");
      expect(await watch.ended()).toBe(1);
    },
  );

  it("takes sockets that a parent opened, with no capability at any time", async () => {
    // A parent in a script of its own: opens descriptor 9, gives up everything, and becomes gapwatch.
    const parent = `
import os, socket, sys
packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
os.dup2(packet.fileno(), 9, inheritable=True)
os.environ["GAPWATCH_SOCKETS"] = '{"mirror0": 9}'
os.execvp("setpriv", ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *sys.argv[1:]])`;
    const watch = await watchMirror(lab, ["-e", ENCLAVE], ["python3", "-c", parent]);
    await lab.exec("gpu-01", ["ping", "-c", "1", "-W", "1", "198.51.100.97"]);
    await watch.until(/new medium egress\.flow gpu-01 .* 198\.51\.100\.97/);
    await watch.signal("SIGTERM");
    expect(await watch.ended()).toBe(1);
  });
});
