import { describe, expect, it } from "vitest";
import { DnsQuestion, readDnsQuestion } from "../../src/names/dns.ts";
import { DnsAnswers, readDnsAnswers } from "../../src/names/dns-answers.ts";
import { readClientSubnet } from "../../src/names/dns-edns.ts";
import { readSvcb, Svcb } from "../../src/names/dns-svcb.ts";
import { netbiosName } from "../../src/names/netbios.ts";
import { dnsAnswer, dnsName, dnsQuery, netbiosEncoded, svcb } from "../traffic/messages.ts";
import { addressOctets, be, join } from "../traffic/octets.ts";

/** What `read` says between paddings of 0x00 and of 0xff: the same. */
function framed<T>(octets: Uint8Array, read: (view: DataView, at: number, end: number) => T): T {
  const [zeros, ones] = [0x00, 0xff].map((padding) => {
    const memory = Buffer.alloc(octets.length + 64, padding);
    memory.set(octets, 16);
    return read(new DataView(memory.buffer, memory.byteOffset, memory.length), 16, 16 + octets.length);
  });
  expect(ones).toEqual(zeros);
  return zeros;
}

function svcbOf(octets: Uint8Array) {
  return framed(octets, (view, at, end) => {
    const out = new Svcb();
    const status = readSvcb(out, view, at, at, end);
    return { status, target: out.target, text: out.text, hints: out.hints.map((words) => [...words].join()) };
  });
}

const read = (hex: string) => svcbOf(Buffer.from(hex, "hex"));
const V4 = `0,0,65535,${0xc0000205 | 0}`;

describe("readSvcb", () => {
  it("reads AliasMode (RFC 9460 §2.4.2)", () => {
    expect(read(svcb(0, "pool.svc.example"))).toEqual({
      status: "ok",
      target: "pool.svc.example",
      text: "0 pool.svc.example.",
      hints: [],
    });
  });

  it("reads ServiceMode with all that names a destination (§7)", () => {
    const ech = Buffer.alloc(40, 1);
    const rdata = svcb(1, ".", [
      [1, "\x02h2\x02h3"],
      [3, be(8443, 2)],
      [4, addressOctets("192.0.2.5")],
      [5, ech],
      [6, addressOctets("2001:db8::5")],
      [7, "/dns-query{?dns}"],
      [65280, "x"],
    ]);
    expect(read(rdata)).toEqual({
      status: "ok",
      target: null,
      text: "1 . alpn=h2,h3 port=8443 ech dohpath=/dns-query{?dns}",
      hints: [V4, `${0x20010db8},0,0,5`],
    });
  });

  it("delivers what stands before a break", () => {
    const rdata = svcb(1, "a.example", [[4, addressOctets("192.0.2.5")]]);
    const broken = read(`${rdata}00060010ffff`);
    expect(broken).toMatchObject({ status: "dns.rdata_bad", target: "a.example", hints: [V4] });
    for (let cut = 0; cut < rdata.length; cut += 2) {
      expect(() => read(rdata.slice(0, cut))).not.toThrow();
    }
    expect(read("0001")).toMatchObject({ status: "dns.rdata_bad", target: null });
  });

  it("reads no more hints than a service can have", () => {
    expect(svcbOf(join(be(1, 2), [0], be(4, 2), be(4000, 2), Buffer.alloc(4000))).hints).toHaveLength(64);
  });
});

it("an answer's chain leads through services too", () => {
  const records = [
    { type: "HTTPS", data: svcb(0, "b.example") },
    { name: "b.example", type: "HTTPS", data: svcb(1, "c.example", [[4, addressOctets("192.0.2.5")]]) },
  ] as const;
  const message = dnsAnswer("a.example", "HTTPS", 1, records);
  framed(message, (view, at, end) => {
    const [question, answers] = [new DnsQuestion(), new DnsAnswers()];
    readDnsQuestion(question, view, at, end);
    expect(readDnsAnswers(answers, question, view, at, end)).toBe("ok");
    expect(answers.chain).toEqual(["a.example", "b.example", "c.example"]);
    expect(answers.records.map(({ hints }) => hints.length)).toEqual([0, 1]);
  });
});

describe("readClientSubnet", () => {
  const subnet = (option: Uint8Array, before: Uint8Array = Buffer.alloc(0)) => {
    const options = join(before, option);
    const message = join(
      dnsQuery("a.example"),
      [0],
      be(41, 2),
      be(1232, 2),
      be(0, 4),
      be(options.length, 2),
      options,
    );
    message[11] = 1;
    return framed(message, (view, at, end) => {
      const question = new DnsQuestion();
      readDnsQuestion(question, view, at, end);
      const found = readClientSubnet(question, view, at, end);
      return found === null ? null : `${[...found.words].join()}/${found.prefixLen}`;
    });
  };
  const option = (code: number, value: Uint8Array) => join(be(code, 2), be(value.length, 2), value);

  it.each([
    ["IPv4", join(be(1, 2), [24, 0], [192, 0, 2]), `0,0,65535,${0xc0000200 | 0}/24`],
    ["IPv6", join(be(2, 2), [32, 0], [0x20, 1, 0x0d, 0xb8]), `${0x20010db8},0,0,0/32`],
    ["nobody's", join(be(1, 2), [0, 0]), "0,0,65535,0/0"],
    ["too long a prefix", join(be(1, 2), [33, 0], [1, 2, 3, 4]), null],
    ["another family", join(be(9, 2), [8, 0], [1]), null],
    ["cut", join(be(1, 2), [24]), null],
  ])("%s", (_, value, expected) => {
    expect(subnet(option(8, value))).toBe(expected);
    expect(subnet(option(8, value), option(10, Buffer.alloc(8, 1)))).toBe(expected);
  });

  it("is none without an option", () => {
    expect(subnet(option(10, Buffer.alloc(8, 1)))).toBeNull();
    expect(subnet(Buffer.from([0, 8, 0, 99]))).toBeNull();
  });
});

describe("netbiosName", () => {
  it.each([
    ["FHEPFCELEHFCEPFFFACACACACACACABL", "workgroup"],
    [netbiosEncoded("huggingface.co"), "huggingface.co"],
    [`${netbiosEncoded("files")}.scope.example`, "files.scope.example"],
    ["CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "*"],
  ])("%s: %s", (encoded, expected) => {
    expect(netbiosName(encoded.toLowerCase())).toBe(expected);
  });

  it.each(["", "workgroup", "fhepfcelehfceppppacacacacacacabz", "fhepfcelehfcepfffacacacacacacabla"])(
    "%s is none",
    (name) => expect(netbiosName(name)).toBeNull(),
  );

  it("is what a DNS name has in its first label", () => {
    expect(dnsName(netbiosEncoded("a"))[0]).toBe(32);
  });
});
