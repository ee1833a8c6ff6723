import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCapture } from "../../../src/capture/open-capture.ts";
import type { Summary } from "../../../src/findings/summary.ts";
import { Sensor } from "../../../src/sensor.ts";
import { judgeFrom, lineOf } from "../../sensor-run.ts";
import { canMakeNamespaces } from "../lab.mjs";

const possible = canMakeNamespaces();
if (!possible && process.env["CI"] === "true") throw new Error("CI must be able to make network namespaces");
if (!possible)
  process.stderr.write("protocol tests skipped: this user cannot make network namespaces here\n");

const here = (name: string) => new URL(name, import.meta.url).pathname;
const ENCLAVE = "gapwatch: 1\nenclave: { name: protocols, inside: [10.20.0.0/16] }\n";

describe.skipIf(!possible)("what real clients say before their payload", () => {
  let folder: string;
  let summary: Summary;
  let lines: readonly string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gapwatch-protocols-"));
    const capture = join(folder, "protocols.pcap");
    writeFileSync(capture, "");
    execFileSync("unshare", ["--net", "sh", here("play.sh"), here("servers.mjs"), capture], {
      timeout: 60_000,
    });
    const sensor = new Sensor(judgeFrom(ENCLAVE), null);
    const source = await openCapture(capture);
    for (let batch = await source.next(); batch !== null; batch = await source.next()) sensor.consume(batch);
    source.close();
    summary = sensor.finish([], false);
    lines = summary.findings.map(lineOf);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["curl --socks5-hostname", "name.proxy 10.20.1.11 socks5.example.com 80/tcp transferred critical x1"],
    ["curl --socks4a", "name.proxy 10.20.1.11 socks4a.example.com 80/tcp transferred critical x1"],
    ["curl --socks5", "name.proxy 10.20.1.11 203.0.113.5 80/tcp transferred critical x1"],
    [
      "curl --http2-prior-knowledge",
      "egress.flow 10.20.1.11 h2c.example.com 8080/tcp transferred critical x1",
    ],
    ["openssl -starttls smtp", "egress.flow 10.20.1.11 smtp.example.com 25/tcp transferred critical x1"],
    ["openssl -starttls imap", "egress.flow 10.20.1.11 imap.example.com 143/tcp transferred critical x1"],
    ["openssl -starttls pop3", "egress.flow 10.20.1.11 pop3.example.com 110/tcp transferred critical x1"],
    ["openssl -starttls ftp", "egress.flow 10.20.1.11 ftp.example.com 21/tcp transferred critical x1"],
    ["openssl -starttls xmpp", "egress.flow 10.20.1.11 xmpp.example.com 5222/tcp transferred critical x1"],
    [
      "openssl -starttls postgres",
      "egress.flow 10.20.1.11 postgres.example.com 5432/tcp transferred critical x1",
    ],
    ["openssl -starttls ldap", "egress.flow 10.20.1.11 ldap.example.com 389/tcp transferred critical x1"],
    ["openssl -dtls", "egress.flow 10.20.1.11 dtls.example.com 3478/udp refused medium x1"],
    ["openssl -alpn dot", "dns.encrypted 10.20.1.11 198.51.100.7 853/tcp refused medium x1"],
  ])("is read: %s", (_, line) => {
    expect(lines).toContain(line);
  });

  it("is read: ssh", () => {
    const found = summary.findings.find(({ port }) => port === 22);
    expect(found?.details.join(" ")).toMatch(/SSH client OpenSSH_\S+ SSH server Lab_1\.0/);
  });

  it("leaves nothing unread, and is on no wrong port", () => {
    expect(summary.reasons.filter((reason) => !/^(capture|sensor)\./.test(reason))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("protocol.mismatch"))).toEqual([]);
  });
});
