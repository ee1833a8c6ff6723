import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PATIENCE_MS } from "../patience.ts";
import { canMakeNamespaces, createLab, type Lab } from "./lab.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("lab tests skipped: this user cannot make network namespaces here\n");

describe.skipIf(!possible)("lab", () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-lab-"));
    lab = await createLab();
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  async function status(host: string, command: string): Promise<string> {
    const { code, stdout } = await lab.exec(host, ["sh", "-c", command]);
    return `${code} ${stdout.trim()}`;
  }

  it("treats destinations as its topology says", async () => {
    const get = "curl -sk -o /dev/null -w '%{http_code}' --connect-timeout 1";
    expect(await status("gpu-01", `${get} https://huggingface.co/`)).toBe("0 200");
    expect(await status("gpu-01", `${get} -6 https://huggingface.co/`)).toBe("0 200");
    expect(await status("gpu-01", `${get} https://license.n8n.io/`)).toBe("7 000");
    expect(await status("gpu-01", `${get} https://login.microsoftonline.com/`)).toBe("7 000");
    expect(await status("gpu-01", `${get} https://api.openai.com/`)).toBe("28 000");
  });

  it("changes the treatment of a destination", async () => {
    const ping = "ping -n -c 1 -W 1 198.51.100.77 | grep -c 'bytes from'";
    expect(await status("gpu-01", ping)).toBe("1 0");
    await lab.treat("198.51.100.77/32", "answer");
    expect(await status("gpu-01", ping)).toBe("0 1");
  });

  it("shows each packet that crosses the switch once on the mirror", async () => {
    const file = join(folder, "pings.pcap");
    await lab.record(file, async () => {
      for (const target of ["10.20.1.21", "192.0.2.99", "fd20:5eed::1:21", "2001:db8:0:1::99"]) {
        expect((await lab.exec("gpu-01", ["ping", "-c", "3", "-i", "0.2", target])).code).toBe(0);
      }
    });
    // tcpdump prints ICMP echoes only: neighbours may or may not be asked for.
    const text = execFileSync("tcpdump", ["-n", "-r", file], { encoding: "utf8", stdio: "pipe" });
    const echoes = text.split("\n").filter((line) => line.includes("ICMP") && line.includes("echo"));
    expect(echoes).toHaveLength(4 * 3 * 2);
    expect(new Set(echoes.map((line) => line.replace(/^\S+ /, ""))).size).toBe(4 * 3 * 2);
  });

  it("takes the mirror away and gives it back", async () => {
    await lab.unplugMirror();
    expect(await status("sensor", "ip -o link | grep -c mirror0")).toBe("1 0");
    await lab.plugMirror();
    const file = join(folder, "again.pcap");
    await lab.record(file, async () => {
      await lab.exec("gpu-01", ["ping", "-c", "1", "192.0.2.98"]);
    });
    const text = execFileSync("tcpdump", ["-n", "-r", file], { encoding: "utf8", stdio: "pipe" });
    expect(text.match(/ICMP echo/g)).toHaveLength(2);
  });

  it("lets nothing of this machine in", async () => {
    expect(await status("gpu-01", "hostname")).toBe("0 lab");
    expect(await status("gpu-01", "env | grep -ic -e token -e proxy")).toBe("1 0");
    // The machine's own networks are not to be seen, whatever they are.
    expect(await status("gpu-01", "ls -m /proc/sys/net/ipv4/conf")).toBe("0 all, default, eth0, lo");
  });

  it("stops a command by signal", async () => {
    const sleeper = lab.spawn("gpu-01", ["sh", "-c", "echo up; exec sleep 1000"]);
    await once(sleeper.stdout, "data");
    lab.signal(sleeper, "SIGTERM");
    expect(await once(sleeper, "close")).toEqual([null, "SIGTERM"]);
  });

  it("kills a command whose time is up", async () => {
    expect(await lab.exec("gpu-01", ["sleep", "1000"], { timeoutMs: 200 })).toMatchObject({ timedOut: true });
  });
});

describe.skipIf(!possible)("the end of a lab", () => {
  it("leaves no namespace behind when its maker is killed", async () => {
    const maker = spawn(process.execPath, ["--input-type=module", "-e", MAKER], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [namespaces] = await once(maker.stdout, "data");
    const [gpu, outside] = String(namespaces).trim().split(" ");
    const before = inhabitants([gpu, outside]);
    expect(new Set(before.values())).toEqual(new Set([gpu, outside]));
    maker.kill("SIGKILL");
    // Of those that were there: another lab may be given the number of a namespace that is gone.
    const left = () => [...inhabitants([gpu, outside]).keys()].filter((process) => before.has(process));
    await expect.poll(left, { timeout: PATIENCE_MS }).toEqual([]);
  });
});

const MAKER = `
  import { createLab } from "./lab.mjs";
  const lab = await createLab();
  const gpu = await lab.exec("gpu-01", ["readlink", "/proc/self/ns/net"]);
  const outside = await lab.exec("outside", ["readlink", "/proc/self/ns/net"]);
  console.log(gpu.stdout.trim(), outside.stdout.trim());
`;

/** The processes of this machine that are in these network namespaces, and in which. */
function inhabitants(namespaces: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/net`);
      if (namespaces.includes(namespace)) found.set(pid, namespace);
    } catch {
      // It has ended meanwhile, or is somebody else's.
    }
  }
  return found;
}
