import { describe, expect, it } from "vitest";
import { dnsAnswer, dnsName, dnsQuery, netbiosEncoded, svcb } from "../traffic/messages.ts";
import { addressOctets, be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { AGENT, enclave, GATE, GPU, OUTSIDE, RESOLVER, Scene } from "./scene.ts";

const hint = (address: string) =>
  svcb(1, ".", [
    [1, "\x02h3"],
    [address.includes(":") ? 6 : 4, addressOctets(address)],
  ]);
const ask = (name: string, data: string) =>
  new Scene().works().asks(GPU, name, { type: "HTTPS", answer: [{ type: "HTTPS", data }] });

describe("an inside name", () => {
  const found = (scene: Scene) => scene.lines();
  const line = [`dns.name ${GPU} web.enclave.internal 53/udp answered high x1`];

  it("whose service is an outside one is judged as one with such an alias", () => {
    expect(found(ask("web.enclave.internal", svcb(0, "evil.example.com")))).toEqual(line);
    expect(found(ask("web.enclave.internal", svcb(1, "evil.example.com")))).toEqual(line);
  });

  it.each([OUTSIDE, "2001:db8::9"])(
    "whose hints lead outside is judged as one with such an address: %s",
    (address) => {
      expect(found(ask("web.enclave.internal", hint(address)))).toEqual(line);
    },
  );

  it("with a service inside is nothing", () => {
    expect(found(ask("web.enclave.internal", hint("10.20.1.1")))).toEqual([]);
    expect(found(ask("web.enclave.internal", svcb(1, "vllm.enclave.internal")))).toEqual([]);
  });
});

describe("an address that was given as a hint", () => {
  it("carries the name that was asked", () => {
    const scene = ask("api.example.com", hint(OUTSIDE)).tls(GPU, OUTSIDE, null);
    expect(scene.lines()).toEqual([
      `dns.name ${GPU} api.example.com 53/udp answered high x1`,
      `egress.flow ${GPU} api.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("is allowed where the name is", () => {
    const file = enclave([`id: gate, to: [api.example.com], ports: [443/tcp], from: [10.20.4.0/24]`]);
    const scene = new Scene().works();
    scene.asks(GATE, "api.example.com", { type: "HTTPS", answer: [{ type: "HTTPS", data: hint(OUTSIDE) }] });
    expect(scene.tls(GATE, OUTSIDE, null).seen(file)).toMatchObject({ verdict: "clean", findings: [] });
  });
});

describe("names asked of a link's neighbours", () => {
  const asked = (to: string, question: Uint8Array) =>
    new Scene().works().send(udp(`${AGENT}:137`, to, question));
  const info = (name: string, port: number) => [`dns.name ${AGENT} ${name} ${port}/udp named info x1`];

  it.each([
    ["NetBIOS, by broadcast", "10.20.255.255:137", netbiosEncoded("huggingface.co"), 137],
    ["mDNS", "224.0.0.251:5353", "huggingface.co", 5353],
    ["LLMNR", "224.0.0.252:5355", "huggingface.co", 5355],
  ])("are told of when they could be outside: %s", (_, to, name, port) => {
    const question = dnsQuery(name);
    if (port === 137) question.writeUInt16BE(32, question.length - 4); // NB
    expect(asked(to, question).lines()).toEqual(info("huggingface.co", port));
  });

  it("are nothing when they are of the link alone", () => {
    const question = dnsQuery(netbiosEncoded("fileserver"));
    question.writeUInt16BE(32, question.length - 4);
    expect(asked("10.20.255.255:137", question).seen()).toMatchObject({ verdict: "clean", findings: [] });
    expect(asked("224.0.0.252:5355", dnsQuery("wpad")).seen().findings).toEqual([]);
  });
});

describe("records behind the answers", () => {
  const srv = (target: string, address: string) => {
    const question = dnsAnswer("_kms._tcp.enclave.internal", "SRV", 7);
    question.writeUInt16BE(1, 6);
    question.writeUInt16BE(1, 10);
    const rdata = join(be(0, 4), be(1688, 2), dnsName(target));
    const fixed = (type: number, lenBytes: number) =>
      join(be(type, 2), be(1, 2), be(300, 4), be(lenBytes, 2));
    const answer = join(be(0xc00c, 2), fixed(33, rdata.length), rdata);
    return join(question, answer, dnsName(target), fixed(1, 4), addressOctets(address));
  };
  const answered = (message: Uint8Array) => {
    const [host, resolver] = [`${GPU}:40000`, `${RESOLVER}:53`];
    const ask = udp(host, resolver, dnsQuery("_kms._tcp.enclave.internal", "SRV", 7));
    return new Scene()
      .works()
      .send(ask, udp(resolver, host, message))
      .lines();
  };

  it("give the address of an inside service, which may be outside", () => {
    const line = `dns.name ${GPU} _kms._tcp.enclave.internal 53/udp answered high x1`;
    expect(answered(srv("kms.enclave.internal", OUTSIDE))).toEqual([line]);
    expect(answered(srv("kms.enclave.internal", "10.20.9.9"))).toEqual([]);
  });
});

describe("service discovery by HTTP over UDP", () => {
  it("is read, and names no destination by itself", () => {
    const search = 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n\r\n';
    const summary = new Scene()
      .works()
      .send(udp(`${GPU}:40000`, "239.255.255.250:1900", search))
      .seen();
    expect(summary).toMatchObject({ verdict: "clean", totals: { httpRequests: 1 } });
  });
});
