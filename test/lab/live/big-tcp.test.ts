import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCapture } from "../../../src/capture/open-capture.ts";
import { canMakeNamespaces, type Lab } from "../lab.mjs";
import { inWindow, MAIN, validate } from "./watching.ts";
import { createWire } from "./wire.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible) process.stderr.write("BIG TCP tests skipped: no network namespaces here\n");

const RAISE = fileURLToPath(new URL("big-tcp.py", import.meta.url));
/** What a network card may be handed in one piece (IPv6 BIG TCP; IPv4 since Linux 6.3). */
const PIECE = 240_000;
const SENT = 6_000_000;
const ENCLAVE_FILE = `
gapwatch: 1
enclave:
  name: big-lab
  inside: [10.20.0.0/24, "fd20:5eed::/48"]
`;
const RECEIVE = `
import socket
server = socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
  client, _ = server.accept()
  while client.recv(1 << 20): pass
  client.close()
`;
const SEND = `
import socket, sys
client = socket.create_connection((sys.argv[1], 8080), timeout=20)
client.sendall(bytes(${SENT}))
client.shutdown(socket.SHUT_WR)
client.recv(1)
`;

describe.skipIf(!possible)("frames of more than 64 KiB", () => {
  let lab: Lab;
  let folder: string;
  let enclave: string;
  let isBig = true;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-big-"));
    enclave = join(folder, "enclave.yaml");
    writeFileSync(enclave, ENCLAVE_FILE);
    lab = await createWire();
    await lab.run(`
for end in "sender tx0 10.20.0.1/24 fd20:5eed::1/64" "sensor rx0 203.0.113.9/24 2001:db8::9/64"; do
  set -- $end
  ip netns exec $1 sh -c "echo 0 > /proc/sys/net/ipv6/conf/$2/disable_ipv6"
  ip -n $1 addr add $3 dev $2; ip -n $1 addr add $4 dev $2 nodad
done
ip -n sender route add 203.0.113.0/24 dev tx0; ip -n sensor route add 10.20.0.0/24 dev rx0
ip -n sender route add 2001:db8::/64 dev tx0; ip -n sensor route add fd20:5eed::/64 dev rx0
`);
    for (const [host, device] of [
      ["sender", "tx0"],
      ["sensor", "rx0"],
    ]) {
      const { code, stderr } = await lab.exec(host, ["python3", RAISE, device, `${PIECE}`]);
      if (code !== 0) process.stderr.write(`BIG TCP: this kernel has none: ${stderr}`);
      isBig &&= code === 0;
    }
    const receiver = lab.spawn("sensor", ["python3", "-c", RECEIVE]);
    await once(receiver.stdout, "data");
  });
  afterAll(async () => {
    await lab.destroy();
    rmSync(folder, { recursive: true });
  });

  async function longestFrame(file: string): Promise<number> {
    const source = await openCapture(file);
    let longest = 0;
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      for (let i = 0; i < batch.count; i++) longest = Math.max(longest, batch.caplen[i]);
    }
    source.close();
    return longest;
  }

  interface Bulk {
    readonly kind: string;
    readonly destination: { readonly ips: string[] };
    readonly bytes_out: number;
    readonly outcome: string;
  }

  it.for(["203.0.113.9", "2001:db8::9"])(
    "are judged to the byte, live and from a capture: %s",
    async (to) => {
      if (!isBig) return;
      const file = join(folder, "beside.pcap");
      const args = ["-i", "rx0", "-e", enclave, "--ring-mb", "64"];
      const sends = async () =>
        expect(await lab.exec("sender", ["python3", "-c", SEND, to])).toMatchObject({ code: 0 });
      const live = await inWindow(5, (sec) => validate(lab, sec, args, () => lab.record(file, sends)));
      expect(await longestFrame(file)).toBeGreaterThan(0x10000);
      const replay = execFileSync(process.execPath, [
        MAIN,
        "replay",
        file,
        "-e",
        enclave,
        "--json",
        "--exit-zero",
      ]);
      for (const { findings } of [live, JSON.parse(replay.toString())] as { findings: unknown[] }[]) {
        const flows = (findings as Bulk[]).filter(({ kind }) => kind === "egress.flow");
        expect(flows).toMatchObject([
          { destination: { ips: [to] }, bytes_out: SENT, outcome: "transferred" },
        ]);
      }
      expect(live.code).toBe(1);
      expect(live.reasons.filter((name) => /cut|truncated|gap|drops/.test(name))).toEqual([]);
    },
  );
});
