import { describe, expect, it } from "vitest";
import { contradictsPort } from "../../../src/findings/detectors/port-protocols.ts";
import { H2_PREFACE } from "../../traffic/http2.ts";
import {
  clientHello,
  dnsOverTcp,
  dnsQuery,
  httpRequest,
  httpTunnelOpens,
  serverHello,
} from "../../traffic/messages.ts";
import { udp } from "../../traffic/packets.ts";
import { crypto, initial } from "../../traffic/quic.ts";
import { SOCKS5_HELLO } from "../../traffic/socks.ts";
import { AGENT, enclave, GPU, OUTSIDE, Scene } from "../scene.ts";

const SSH = Buffer.from("SSH-2.0-OpenSSH_9.2\r\n");

function says(port: number, ...messages: Uint8Array[]): Scene {
  return new Scene().works().talks(GPU, OUTSIDE, port, (talk) => {
    talk.open();
    for (const message of messages) talk.client(message);
    talk.close();
  });
}

const mismatches = (scene: Scene, file?: string) =>
  scene.lines(file).filter((line) => line.startsWith("protocol.mismatch"));

describe("protocol.mismatch", () => {
  it.each([
    ["SSH on 443", says(443, SSH), `${OUTSIDE} 443/tcp`],
    ["HTTP on 53", says(53, httpRequest("a.example.com")), "a.example.com 53/tcp"],
    ["TLS on 22", says(22, clientHello("a.example.com")), "a.example.com 22/tcp"],
    ["TLS on 80", says(80, clientHello("a.example.com")), "a.example.com 80/tcp"],
    ["HTTP/2 on 443", says(443, H2_PREFACE), `${OUTSIDE} 443/tcp`],
    ["SOCKS on 443", says(443, SOCKS5_HELLO), `${OUTSIDE} 443/tcp`],
    ["DNS on 443", says(443, dnsOverTcp(dnsQuery("a.example.com"))), `${OUTSIDE} 443/tcp`],
    ["SSH on 25", says(25, SSH), `${OUTSIDE} 25/tcp`],
  ])("%s", (_, scene, expected) => {
    expect(mismatches(scene)).toEqual([`protocol.mismatch ${GPU} ${expected} transferred high x1`]);
  });

  it("by datagrams: QUIC on 53, DNS on 123", () => {
    const hello = initial({
      dcid: Buffer.alloc(8, 1),
      frames: [crypto(0, clientHello("a.example.org").subarray(5))],
    });
    const scene = new Scene().works();
    scene.send(udp(`${GPU}:40000`, `${OUTSIDE}:53`, hello));
    scene.send(udp(`${GPU}:40001`, `${OUTSIDE}:123`, dnsQuery("a.example.com")));
    expect(mismatches(scene)).toEqual([
      `protocol.mismatch ${GPU} ${OUTSIDE} 123/udp attempted high x1`,
      `protocol.mismatch ${GPU} a.example.org 53/udp attempted high x1`,
    ]);
  });

  it("is one finding however often, with its octets and what was spoken", () => {
    const scene = says(443, SSH);
    for (let i = 0; i < 3; i++)
      scene.talks(GPU, OUTSIDE, 443, (talk) => [talk.open(), talk.client(SSH), talk.close()]);
    const [finding] = scene.seen().findings.filter(({ kind }) => kind === "protocol.mismatch");
    expect(finding).toMatchObject({ attempts: 4, bytesOut: 4 * SSH.length, details: ["ssh on 443/tcp"] });
  });

  it("stands also where a rule allows the port", () => {
    const file = enclave([`id: gate, to: [${OUTSIDE}], ports: [443/tcp]`]);
    expect(says(443, SSH).lines(file)).toEqual([
      `protocol.mismatch ${GPU} ${OUTSIDE} 443/tcp transferred high x1`,
    ]);
    expect(says(443, SSH).seen(file).verdict).toBe("reachback");
  });

  it.each([
    ["TLS on 443", says(443, clientHello("a.example.com"))],
    ["HTTP on 80", says(80, httpRequest("a.example.com"))],
    ["HTTP/2 on 80", says(80, H2_PREFACE)],
    ["SSH on 22", says(22, SSH)],
    ["DNS on 53", says(53, dnsOverTcp(dnsQuery("a.example.com")))],
    ["TLS on 53 over its own port", says(853, clientHello(null))],
    ["anything on ports for anything", says(8443, SSH)],
    ["an unknown protocol", says(443, Buffer.from("*1\r\n$4\r\nPING\r\n"))],
    [
      "TLS after STARTTLS",
      says(25, Buffer.from("EHLO a\r\n"), Buffer.from("STARTTLS\r\n"), clientHello("mx.example")),
    ],
    [
      "HTTP inside a tunnel over TLS's port",
      says(80, httpRequest("a.example:443", "a.example:443", "CONNECT"), clientHello("a.example")),
    ],
  ])("is none: %s", (_, scene) => {
    expect(mismatches(scene)).toEqual([]);
  });

  it("is no matter of inside hosts", () => {
    const scene = new Scene().works().talks(GPU, AGENT, 443, (talk) => [talk.open(), talk.client(SSH)]);
    expect(scene.seen().verdict).toBe("clean");
  });

  it("goes by the first word alone", () => {
    const scene = new Scene().works().talks(GPU, OUTSIDE, 80, (talk) => {
      talk.open();
      talk.client(httpRequest("ssh.example.com:22", "ssh.example.com:22", "CONNECT"));
      talk.server(httpTunnelOpens());
      talk.client(SSH);
      talk.server(serverHello());
    });
    expect(mismatches(scene)).toEqual([]);
  });
});

it("ports that say nothing contradict nothing", () => {
  expect(contradictsPort(6, 9999, "ssh")).toBe(false);
  expect(contradictsPort(1, 443, "ssh")).toBe(false);
});
