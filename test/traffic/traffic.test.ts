import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { batchesOf, pcapOf, timed } from "./frames.ts";
import {
  clientHello,
  dnsAnswer,
  dnsQuery,
  httpRequest,
  httpResponse,
  serverHello,
  tlsData,
} from "./messages.ts";
import { icmp, icmpError, tcp, udp } from "./packets.ts";
import { TcpTalk } from "./tcp-talk.ts";

function tsharkIsThere(): boolean {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What tshark makes of the frames: one line each. */
function dissect(frames: readonly Uint8Array[], ...fields: string[]): string[] {
  const checks = ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"];
  const folder = mkdtempSync(join(tmpdir(), "gapwatch-traffic-"));
  try {
    const path = join(folder, "x.pcap");
    writeFileSync(path, pcapOf(timed(frames)));
    const args = ["-r", path, "-T", "fields", ...checks.flatMap((check) => ["-o", `${check}:TRUE`])];
    const asked = fields.flatMap((field) => ["-e", field]);
    const out = execFileSync("tshark", [...args, ...asked], { stdio: ["ignore", "pipe", "ignore"] });
    return out.toString().replace(/\n$/, "").split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the packets that tests are made of", () => {
  it("put frames into batches", () => {
    const frames = timed([udp("10.0.0.1:1", "10.0.0.2:2", "a"), udp("10.0.0.1:1", "10.0.0.2:2", "bc")], 7);
    const batches = batchesOf(frames, 1, 1);
    expect(batches.map((batch) => [batch.count, batch.caplen[0], batch.tsSec[0], batch.tsNsec[0]])).toEqual([
      [1, 43, 7, 0],
      [1, 44, 7, 1_000_000],
    ]);
  });

  it.skipIf(!tsharkIsThere())("are what tshark says they are", () => {
    const talk = new TcpTalk("10.20.1.11:40000", "198.51.100.7:443", { mss: 100 });
    talk.open();
    talk.client(clientHello("a.example", ["h2"]));
    talk.server(serverHello());
    talk.server(tlsData(10));
    talk.close();
    const web = new TcpTalk("[fd20::1]:40001", "[2001:db8::7]:80", { frame: { vlans: [5] } });
    web.open();
    web.client(httpRequest("b.example", "/x"));
    web.server(httpResponse(200, "hello"));
    const question = udp("10.20.1.11:5000", "10.20.0.53:53", dnsQuery("c.example", "AAAA", 9));
    const frames = [
      ...talk.frames,
      ...web.frames,
      question,
      udp(
        "10.20.0.53:53",
        "10.20.1.11:5000",
        dnsAnswer("c.example", "AAAA", 9, [{ type: "AAAA", data: "2001:db8::7" }]),
      ),
      icmp("fd20::1", "2001:db8::7", { type: 128, rest: 1 }),
      icmpError("10.20.0.53", question),
      tcp("10.20.1.11:1", "10.20.1.12:2", { options: [1, 1, 1, 1], payload: "x" }, { options: [1, 1, 1, 1] }),
    ];
    const seen = dissect(
      frames,
      "_ws.malformed",
      "ip.checksum.status",
      "tcp.checksum.status",
      "udp.checksum.status",
      "tcp.analysis.flags",
    );
    for (const line of seen) expect(line).toMatch(/^\t1?(,\d)?\t1?\t1?(,\d)?\t$/);
    const names = dissect(
      frames,
      "tls.handshake.extensions_server_name",
      "http.host",
      "dns.qry.name",
      "dns.aaaa",
    );
    expect(names.filter((line) => line.trim() !== "")).toEqual([
      "a.example\t\t\t",
      "\tb.example\t\t",
      "\t\tc.example\t",
      "\t\tc.example\t2001:db8::7",
      "\t\tc.example\t",
    ]);
  });
});
