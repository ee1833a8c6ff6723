import { describe, expect, it } from "vitest";
import { H2_PREFACE, h2Headers, h2Settings } from "../traffic/http2.ts";
import {
  clientHello,
  dnsAnswer,
  dnsOverTcp,
  dnsQuery,
  httpRequest,
  httpResponse,
  httpTunnelOpens,
  serverHello,
  tlsData,
} from "../traffic/messages.ts";
import { udp } from "../traffic/packets.ts";
import { crypto, initial } from "../traffic/quic.ts";
import { enclave, GPU, linesOf, OUTSIDE, RESOLVER, reasonsOf, Scene } from "./scene.ts";

const OTHER = "10.20.9.9";

function tls(server: string, port: number, sni: string | null, alpn: readonly string[] = []): Scene {
  return new Scene().works().talks(GPU, server, port, (talk) => {
    talk.open();
    talk.client(clientHello(sni, alpn));
    talk.server(serverHello());
    talk.client(tlsData(100));
    talk.close();
  });
}

function http(server: string, request: Uint8Array): Scene {
  return new Scene().works().talks(GPU, server, 80, (talk) => {
    talk.open();
    talk.client(request);
    talk.server(httpResponse(200, "x"));
    talk.close();
  });
}

/** The handshake message of a ClientHello, without its record. */
const doq = (alpn: string) =>
  initial({
    dcid: Buffer.alloc(8, 1),
    frames: [crypto(0, clientHello("a.example.org", [alpn]).subarray(5))],
  });

describe("encrypted DNS toward the outside", () => {
  const line = (destination: string, service: string) => [
    `dns.encrypted ${GPU} ${destination} ${service} transferred critical x1`,
  ];

  it.each([
    ["DoT on its port", tls(OUTSIDE, 853, null), line(OUTSIDE, "853/tcp")],
    [
      "DoT on its port, with a name",
      tls(OUTSIDE, 853, "dns.example.com"),
      line("dns.example.com", "853/tcp"),
    ],
    ["DoT on another port", tls(OUTSIDE, 8443, "a.example.com", ["dot"]), line("a.example.com", "8443/tcp")],
    [
      "DoH to a resolver's name",
      tls(OUTSIDE, 443, "chrome.cloudflare-dns.com"),
      line("chrome.cloudflare-dns.com", "443/tcp"),
    ],
    ["DoH to a resolver's address", tls("9.9.9.9", 443, null), line("9.9.9.9", "443/tcp")],
    [
      "readable DoH",
      http(OUTSIDE, httpRequest("a.example.com", "/dns-query?dns=AAAB")),
      line("a.example.com", "80/tcp"),
    ],
    [
      "readable DoH by its content",
      http(
        OUTSIDE,
        Buffer.from(
          "POST /q HTTP/1.1\r\nHost: a.example.com\r\nContent-Type: application/dns-message\r\nContent-Length: 1\r\n\r\nx",
        ),
      ),
      line("a.example.com", "80/tcp"),
    ],
  ])("%s", (_, scene, expected) => {
    expect(scene.lines()).toEqual(expected);
  });

  it("in HTTP/2 is found as well", () => {
    const fields = {
      ":method": "POST",
      ":scheme": "http",
      ":authority": "a.example.com",
      ":path": "/dns-query",
    };
    const scene = http(OUTSIDE, Buffer.concat([H2_PREFACE, h2Settings(), h2Headers(1, fields)]));
    expect(scene.lines()).toEqual(line("a.example.com", "80/tcp"));
  });

  it("is found when nobody answers", () => {
    const scene = new Scene().works().talks(GPU, OUTSIDE, 853, (talk) => talk.syn());
    expect(scene.lines()).toEqual([`dns.encrypted ${GPU} ${OUTSIDE} 853/tcp attempted medium x1`]);
  });

  it.each([
    ["doq", 8853],
    ["h3", 853],
  ])("over QUIC (%s, port %i)", (alpn, port) => {
    const scene = new Scene().works().send(udp(`${GPU}:40000`, `${OUTSIDE}:${port}`, doq(alpn)));
    expect(scene.lines()).toEqual([`dns.encrypted ${GPU} a.example.org ${port}/udp attempted medium x1`]);
  });

  it("to an address that was answered for a resolver's name", () => {
    const scene = new Scene()
      .works()
      .asks(GPU, "dns.google", { answer: [OUTSIDE] })
      .tls(GPU, OUTSIDE, null);
    expect(scene.lines()).toEqual([
      `dns.encrypted ${GPU} dns.google 443/tcp transferred critical x1`,
      `dns.name ${GPU} dns.google 53/udp answered high x1`,
    ]);
  });

  it("is not what another name on a resolver's address shows", () => {
    expect(tls("1.1.1.1", 443, "www.example.com").lines()).toEqual([
      `egress.flow ${GPU} www.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("turns out to be plain where plain DNS is read", () => {
    const scene = new Scene().works().talks(GPU, OUTSIDE, 853, (talk) => {
      talk.open();
      talk.client(dnsOverTcp(dnsQuery("a.example.com")));
    });
    expect(scene.lines()).toEqual([`dns.resolver ${GPU} ${OUTSIDE} 853/tcp transferred critical x1`]);
  });

  it("is allowed by a rule for its address", () => {
    const file = enclave([`id: dot, to: [${OUTSIDE}], ports: [853/tcp]`]);
    expect(tls(OUTSIDE, 853, "dns.example.com", ["dot"]).seen(file).verdict).toBe("clean");
  });

  it("through a proxy is a request to the proxy, and nothing else", () => {
    const scene = new Scene().works().talks(GPU, OTHER, 3128, (talk) => {
      talk.open();
      talk.client(httpRequest("dns.google:443", "dns.google:443", "CONNECT"));
      talk.server(httpTunnelOpens());
      talk.client(clientHello("dns.google", ["dot"]));
    });
    expect(scene.lines()).toEqual([`name.proxy ${GPU} dns.google 443/tcp transferred critical x1`]);
  });
});

describe("encrypted DNS inside", () => {
  it.each([
    ["on its port", tls(OTHER, 853, null), 853],
    ["on another port", tls(OTHER, 8443, null, ["dot"]), 8443],
    ["readable", http(OTHER, httpRequest("ns.enclave.internal", "/dns-query")), 80],
  ])("to a resolver that is not approved: %s", (_, scene, port) => {
    expect(scene.lines()).toEqual([`dns.encrypted ${GPU} ${OTHER} ${port}/tcp transferred critical x1`]);
  });

  it("to an approved resolver hides what was asked, and is not clean", () => {
    const summary = tls(RESOLVER, 853, null).seen();
    expect([summary.verdict, summary.findings, reasonsOf(summary)]).toEqual([
      "inconclusive",
      [],
      ["dns.questions_encrypted"],
    ]);
  });

  it.each([
    [
      "an outside name",
      "a.example.com",
      "reachback",
      [`dns.name ${GPU} a.example.com 80/udp named medium x1`],
    ],
    ["an inside name", "a.enclave.internal", "clean", []],
  ])("to an approved resolver that can be read is judged: %s", (_what, name, verdict, lines) => {
    const query = dnsQuery(name, "A", 0).toString("base64url");
    const scene = http(RESOLVER, httpRequest("ns.enclave.internal", `/dns-query?dns=${query}`));
    const summary = scene.seen();
    expect([summary.verdict, reasonsOf(summary), summary.totals.dnsQueries]).toEqual([verdict, [], 1]);
    expect(linesOf(summary)).toEqual(lines.map((line) => line.replace("/udp", "/tcp")));
  });

  it("that cannot be read after all hides what was asked", () => {
    for (const query of [dnsQuery("a.example.com").subarray(0, 20), dnsAnswer("a.example.com")]) {
      const target = `/dns-query?dns=${query.toString("base64url")}`;
      expect(reasonsOf(http(RESOLVER, httpRequest("ns.enclave.internal", target)).seen())).toEqual([
        "dns.questions_encrypted",
      ]);
    }
  });

  it("that can be read says what was asked of a resolver outside", () => {
    const target = `/dns-query?a=b&dns=${dnsQuery("secret.example.com").toString("base64url")}`;
    const [finding] = http(OUTSIDE, httpRequest("a.example.com", target)).seen().findings;
    expect([finding.kind, finding.asked]).toEqual(["dns.encrypted", ["secret.example.com"]]);
  });

  it("is not what a port alone shows", () => {
    const scene = new Scene().works().talks(GPU, OTHER, 853, (talk) => [talk.open(), talk.client("hello")]);
    expect(scene.seen().verdict).toBe("clean");
  });
});
