import { describe, expect, it } from "vitest";
import { dnsQuery, netbiosEncoded, svcb } from "../traffic/messages.ts";
import { addressOctets } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { AGENT, enclave, GATE, GPU, OUTSIDE, Scene } from "./scene.ts";

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
