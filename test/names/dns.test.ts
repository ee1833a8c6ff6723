import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DnsQuestion, readDnsQuestion } from "../../src/names/dns.ts";
import { DnsAnswers, readDnsAnswers } from "../../src/names/dns-answers.ts";
import { looksLikeCutDns, looksLikeDns, looksLikeDnsTcp } from "../../src/names/dns-recognise.ts";
import { rcodeName, rrtypeName } from "../../src/names/dns-types.ts";
import { dnsPacket } from "./dns-packet-oracle.ts";
import { expectNoReadOutside, hex, type Placed, placed, seeded } from "./octets.ts";

const QUERY = hex(`
  1234 0100         ; id, RD
  0001 0000 0000 0001
  07 6578616d706c65 03 636f6d 00 ; example.com
  001c 0001         ; AAAA IN
  00 0029 04d0 00000000 0000 ; OPT, 1232 octets`);

const ANSWER = hex(`
  1234 8180
  0001 0003 0000 0000
  03 777777 07 6578616d706c65 03 636f6d 00  0001 0001 ; 12: www.example.com A IN
  c00c 0005 0001 0000003c 0006 03 63646e c010      ; CNAME cdn.example.com, its text at 45
  c02d 0001 0001 00000e10 0004 c0000201            ; A 192.0.2.1
  c02d 001c 0001 00000e10 0010 20010db8 00000000 00000000 00000001`);

function question(from: Placed): { status: string; out: DnsQuestion } {
  const out = new DnsQuestion();
  return { status: readDnsQuestion(out, from.view, from.at, from.end), out };
}

function answers(from: Placed) {
  const { out: asked, status: askedStatus } = question(from);
  const out = new DnsAnswers();
  const status = readDnsAnswers(out, asked, from.view, from.at, from.end);
  return { askedStatus, status, records: out.records, chain: out.chain };
}

describe("readDnsQuestion", () => {
  it("reads header and question", () => {
    const { status, out } = question(placed(QUERY));
    expect(status).toBe("ok");
    expect(out).toMatchObject({
      id: 0x1234,
      response: false,
      opcode: 0,
      flags: 0x0100,
      truncated: false,
      rcode: 0,
      qdCount: 1,
      anCount: 0,
      nsCount: 0,
      arCount: 1,
      questions: 1,
      qname: "example.com",
      qtype: 28,
      qclass: 1,
      others: [],
    });
  });

  it("reads response flags", () => {
    const { out } = question(placed(hex("0000 ab83 0000 0000 0000 0000")));
    expect(out).toMatchObject({ response: true, opcode: 5, truncated: true, rcode: 3 });
  });

  it.each([
    ["empty", "", "dns.header_truncated", 0, ""],
    ["eleven octets", "1234 0100 0001 0000 0000 00", "dns.header_truncated", 0, ""],
    ["no question", "1234 8180 0000 0000 0000 0000", "dns.no_question", 0, ""],
    ["65535 of each in 12 octets", "1234 0100 ffff ffff ffff ffff", "dns.question_truncated", 0, ""],
    ["name without type", "0000 0100 0001 0000 0000 0000 0161 00 0001 00", "dns.question_truncated", 1, "a"],
    ["name cut", "0000 0100 0001 0000 0000 0000 0161 0562", "dns.name_truncated", 1, "a"],
    ["pointer to itself", "0000 0100 0001 0000 0000 0000 c00c 00010001", "dns.name_bad_pointer", 1, ""],
    ["pointer forward", "0000 0100 0001 0000 0000 0000 c010 00010001", "dns.name_bad_pointer", 1, ""],
    ["good, then trailing junk", "0000 0100 0001 0009 0000 0000 0161 00 00010001 ffffff", "ok", 1, "a"],
  ])("%s", (_what, bytes, status, questions, qname) => {
    const got = question(placed(hex(bytes), 0xff));
    expect([got.status, got.out.questions, got.out.qname]).toEqual([status, questions, qname]);
  });

  it("reads several questions, and only so many", () => {
    const two = hex("0000 0100 0002 0000 0000 0000 0161 00 00010001 0162 c00c 001c0003");
    const got = question(placed(two));
    expect(got.status).toBe("ok");
    expect(got.out.qname).toBe("a");
    expect(got.out.others).toEqual([{ qname: "b.a", qtype: 28, qclass: 3 }]);

    const many = Uint8Array.from([
      ...hex("0000 0100 ffff 0000 0000 0000 0161 00 00010001"),
      ...Array.from({ length: 5000 }, () => [0xc0, 12, 0, 1, 0, 1]).flat(),
    ]);
    const flood = question(placed(many));
    expect(flood.status).toBe("dns.too_many_questions");
    expect(flood.out.questions).toBe(64);
  });

  it("forgets the message before", () => {
    const out = new DnsQuestion();
    const first = placed(hex("ffff ffff 0002 0001 0001 0001 0161 00 00010001 0162 00 001c0003"));
    readDnsQuestion(out, first.view, first.at, first.end);
    const second = placed(new Uint8Array(0));
    readDnsQuestion(out, second.view, second.at, second.end);
    expect(out).toEqual(new DnsQuestion());
  });
});

describe("readDnsAnswers", () => {
  it("reads addresses as words and follows the chain", () => {
    const got = answers(placed(ANSWER));
    expect(got.status).toBe("ok");
    expect(got.chain).toEqual(["www.example.com", "cdn.example.com"]);
    expect(got.records).toEqual([
      {
        name: "www.example.com",
        type: 5,
        class: 1,
        ttl: 60,
        address: null,
        target: "cdn.example.com",
        hints: [],
        text: "",
      },
      {
        name: "cdn.example.com",
        type: 1,
        class: 1,
        ttl: 3600,
        address: Int32Array.of(0, 0, 0xffff, 0xc0000201 | 0),
        target: null,
        hints: [],
        text: "",
      },
      {
        name: "cdn.example.com",
        type: 28,
        class: 1,
        ttl: 3600,
        address: Int32Array.of(0x20010db8, 0, 0, 1),
        target: null,
        hints: [],
        text: "",
      },
    ]);
  });

  it("delivers what stands before a break", () => {
    const cut = answers(placed(ANSWER.slice(0, ANSWER.length - 1), 0xff));
    expect(cut.status).toBe("dns.rdata_truncated");
    expect(cut.records).toHaveLength(2);
    expect(cut.chain).toEqual(["www.example.com", "cdn.example.com"]);
  });

  it.each([
    ["A of three octets", "c00c 0001 0001 00000000 0003 c00002", "dns.rdata_bad", 1],
    ["AAAA of four octets", "c00c 001c 0001 00000000 0004 c0000201", "dns.rdata_bad", 1],
    ["CNAME that reads beyond its RDATA", "c00c 0005 0001 00000000 0002 0361", "dns.name_truncated", 1],
    ["CNAME with octets left over", "c00c 0005 0001 00000000 0004 016100 00", "dns.rdata_bad", 1],
    ["record cut in its fixed part", "c00c 0001 0001 0000", "dns.record_truncated", 0],
    ["owner that points to itself", "c013 0001 0001 00000000 0000", "dns.name_bad_pointer", 0],
    ["RDLENGTH beyond the end", "c00c 0001 0001 00000000 ffff c0000201", "dns.rdata_truncated", 0],
    ["no record at all", "", "dns.record_truncated", 0],
  ])("%s", (_what, record, status, records) => {
    const head = hex("0000 8180 0001 0001 0000 0000 0161 00 0001 0001");
    const got = answers(placed(Uint8Array.from([...head, ...hex(record)]), 0xff));
    if (record.endsWith("016100 00")) expect(got.records[0]?.target).toBe("a");
    expect([got.status, got.records.length]).toEqual([status, records]);
  });

  it("goes on after a record whose content is bad", () => {
    const bytes = hex(`0000 8180 0001 0002 0000 0000 0161 00 0001 0001
      c00c 0001 0001 00000000 0003 c00002
      c00c 0001 0001 00000000 0004 c0000207`);
    const got = answers(placed(bytes));
    expect(got.status).toBe("dns.rdata_bad");
    expect(got.records[1]?.address?.[3]).toBe(0xc0000207 | 0);
  });

  it("reads answers without a question, as in mDNS", () => {
    const got = answers(
      placed(hex("0000 8400 0000 0001 0000 0000 0161 00 0001 8001 00000078 0004 c0000207")),
    );
    expect([got.askedStatus, got.status, got.chain]).toEqual(["dns.no_question", "ok", []]);
    expect(got.records[0]).toMatchObject({ name: "a", address: Int32Array.of(0, 0, 0xffff, 0xc0000207 | 0) });
  });

  it("takes no address from another class", () => {
    const bytes = hex(
      "0000 8180 0001 0001 0000 0000 0161 00 0001 0003 c00c 0001 0003 00000000 0004 c0000207",
    );
    expect(answers(placed(bytes)).records[0]?.address).toBeNull();
  });

  it("ends on CNAME loops, and follows forks and DNAME", () => {
    const chainOf = (records: { name: string; type: string; data: string }[]) =>
      answers(
        placed(
          dnsPacket.encode({
            type: "response",
            questions: [{ name: "a.example", type: "A" }],
            answers: records,
          }),
        ),
      ).chain;
    expect(
      chainOf([
        { name: "b.example", type: "CNAME", data: "a.example" },
        { name: "a.example", type: "CNAME", data: "b.example" },
      ]),
    ).toEqual(["a.example", "b.example"]);
    expect(
      chainOf([
        { name: "a.example", type: "CNAME", data: "b.example" },
        { name: "a.example", type: "CNAME", data: "c.example" },
        { name: "x.example", type: "CNAME", data: "unrelated.example" },
      ]),
    ).toEqual(["a.example", "b.example", "c.example"]);
    expect(chainOf([{ name: "example", type: "DNAME", data: "outside.test" }])).toEqual([
      "a.example",
      "a.outside.test",
    ]);
  });

  it("is bounded by 1024 records and a chain of 64 names", () => {
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1];
    const head = hex("0000 8180 0001 ffff 0000 0000 0161 00 0001 0001");
    const flood = Uint8Array.from([...head, ...Array(4000).fill(record).flat()]);
    const got = answers(placed(flood));
    expect(got.status).toBe("dns.too_many_records");
    expect(got.records).toHaveLength(1024);

    const growing = dnsPacket.encode({
      type: "response",
      questions: [{ name: "a.example", type: "A" }],
      answers: [{ name: "example", type: "DNAME", data: "example.example" }],
    });
    expect(answers(placed(growing)).chain.length).toBeLessThanOrEqual(64);
  });

  it("shows text of types that events carry", () => {
    const bytes = dnsPacket.encode({
      type: "response",
      questions: [{ name: "a.example", type: "ANY" }],
      answers: [
        { name: "a.example", type: "MX", data: { preference: 10, exchange: "mail.example" } },
        { name: "a.example", type: "TXT", data: ["v=1 ", Buffer.from([0x1b])] },
        { name: "a.example", type: "SRV", data: { priority: 1, weight: 2, port: 3, target: "srv.example" } },
        { name: "a.example", type: "NS", data: "ns.example" },
        { name: "a.example", type: "PTR", data: "ptr.example" },
        { name: "a.example", type: "CAA", data: { flags: 0, tag: "issue", value: "ca.example" } },
      ],
    });
    const got = answers(placed(bytes));
    expect(got.status).toBe("ok");
    expect(got.records.map((record) => record.text)).toEqual([
      "mail.example",
      "v=1 \\027",
      "srv.example",
      "ns.example",
      "ptr.example",
      "",
    ]);
  });

  it("agrees with dns-packet on well-formed messages", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
    const ttl = fc.nat(0x7fffffff);
    const record = fc.oneof(
      fc.record({ name, type: fc.constant("A"), ttl, data: fc.ipV4() }),
      fc.record({ name, type: fc.constant("AAAA"), ttl, data: fc.constantFrom("2001:db8::7", "fe80::1") }),
      fc.record({ name, type: fc.constant("CNAME"), ttl, data: name }),
    );
    fc.assert(
      fc.property(fc.nat(65535), name, fc.array(record, { maxLength: 12 }), (id, qname, records) => {
        const bytes = dnsPacket.encode({
          id,
          type: "response",
          questions: [{ name: qname, type: "A" }],
          answers: records,
        });
        const oracle = dnsPacket.decode(bytes);
        const from = placed(bytes);
        const asked = question(from);
        expect([asked.status, asked.out.id, asked.out.qname]).toEqual(["ok", id, qname]);
        const got = answers(from);
        expect(got.status).toBe("ok");
        const mine = got.records.map((r) => [r.name, rrtypeName(r.type), r.ttl, r.target ?? v4(r.address)]);
        const theirs = oracle.answers?.map((r) => [r.name, r.type, r.ttl, r.type === "AAAA" ? "" : r.data]);
        expect(mine).toEqual(theirs);
        expect(looksLikeDns(from.view, from.at, from.end)).toBe(true);
      }),
    );
  });
});

function v4(words: Int32Array | null): string {
  if (words === null || words[2] !== 0xffff) return "";
  return [24, 16, 8, 0].map((shift) => (words[3] >>> shift) & 0xff).join(".");
}

describe("looksLikeDns", () => {
  const looks = (bytes: Uint8Array, fill = 0) => {
    const { view, at, end } = placed(bytes, fill);
    return looksLikeDns(view, at, end);
  };

  it("knows questions, answers, updates and zone transfers", () => {
    expect(looks(QUERY)).toBe(true);
    expect(looks(ANSWER)).toBe(true);
    expect(looks(hex("0001 0000 0001 0000 0000 0000 00 0002 0001"))).toBe(true); // . NS IN
    expect(looks(hex("0001 2800 0001 0000 0000 0000 0161 00 0006 0001"))).toBe(true); // UPDATE
    expect(looks(hex("0001 8183 0001 0000 0000 0000 0161 00 0001 0003"))).toBe(true); // NXDOMAIN, CH
  });

  it.each([
    ["one octet too many", "0001 0100 0001 0000 0000 0000 0161 00 0001 0001 00"],
    ["opcode 1", "0001 0900 0001 0000 0000 0000 0161 00 0001 0001"],
    ["Z bit", "0001 0140 0001 0000 0000 0000 0161 00 0001 0001"],
    ["a question with a response code", "0001 0103 0001 0000 0000 0000 0161 00 0001 0001"],
    [
      "a question with an answer",
      "0001 0100 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001000100000000 0000",
    ],
    ["two questions", "0001 0100 0002 0000 0000 0000 0161 00 0001 0001 0161 00 0001 0001"],
    ["no question", "0001 8180 0000 0000 0000 0000 0161 00 0001 0001"],
    ["class 2", "0001 0100 0001 0000 0000 0000 0161 00 0001 0002"],
    ["type 0", "0001 0100 0001 0000 0000 0000 0161 00 0000 0001"],
    ["a control octet in the name", "0001 0100 0001 0000 0000 0000 0107 00 0001 0001"],
    ["a compressed question", "0001 0100 0001 0000 0000 0000 c00a 0001 0001"],
    ["more records than fit", "0001 8180 0001 0002 0000 0000 0161 00 0001 0001 00 0010000100000000 0000"],
    [
      "A of five octets",
      "0001 8180 0001 0001 0000 0000 0161 00 0001 0001 c00c 0001000100000000 0005 0102030405",
    ],
    ["bad OPT", "0001 0100 0001 0000 0000 0001 0161 00 0001 0001 00 0029 04d0 00000000 0009"],
  ])("refuses %s", (_what, bytes) => {
    expect(looks(hex(bytes))).toBe(false);
    expect(looks(hex(bytes), 0xff)).toBe(false);
  });

  it("is not fooled by random octets, even behind a plausible header", () => {
    const random = seeded(7);
    let passed = 0;
    for (let n = 0; n < 200_000; n++) {
      const bytes = Uint8Array.from({ length: 17 + Math.floor(random() * 60) }, () => random() * 256);
      if (n % 2 === 0) bytes.set([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], 2);
      if (looks(bytes)) passed++;
    }
    expect(passed).toBe(0);
  });

  it("of a message that was cut holds for as much as there is", () => {
    const cutTo = (length: number, octets = QUERY) => {
      const { view, at, end } = placed(octets.slice(0, length), 0xff);
      return looksLikeCutDns(view, at, end, octets.length + 20);
    };
    const questionEnd = 29;
    for (let length = 0; length < questionEnd; length++) expect(cutTo(length), `${length}`).toBe("maybe");
    expect(cutTo(questionEnd)).toBe("yes");
    for (const [at, octet] of [
      [4, 7], // questions by the hundred
      [12, 0xc0], // a pointer
      [13, 0x07], // no text
    ]) {
      const other = Uint8Array.from(QUERY);
      other[at] = octet;
      expect(cutTo(questionEnd - 5, other), `${at}`).toBe("no");
    }
  });

  it("waits for the whole first message of a TCP stream", () => {
    const stream = Uint8Array.from([0, QUERY.length, ...QUERY, 0, 99]);
    for (let length = 0; length <= stream.length; length++) {
      const { view, at, end } = placed(stream.slice(0, length), 0xff);
      expect(looksLikeDnsTcp(view, at, end)).toBe(length < 2 + QUERY.length ? "maybe" : "yes");
    }
    const http = placed(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
    expect(looksLikeDnsTcp(http.view, http.at, http.end)).toBe("no");
    const short = placed(hex("0005 0000"));
    expect(looksLikeDnsTcp(short.view, short.at, short.end)).toBe("no");
  });
});

describe("hostile DNS", () => {
  it("reads nothing outside the message", () => {
    for (const message of [QUERY, ANSWER]) {
      expectNoReadOutside(message, (from) => [
        question(from),
        answers(from),
        looksLikeDns(from.view, from.at, from.end),
        looksLikeDnsTcp(from.view, from.at, from.end),
      ]);
    }
  });

  it("survives flipped octets, and still reads many of them", () => {
    const random = seeded(1);
    let whole = 0;
    for (let n = 0; n < 50_000; n++) {
      const bytes = (n % 2 === 0 ? ANSWER : QUERY).slice(0, 12 + Math.floor(random() * ANSWER.length));
      for (let flips = random() * 4; flips >= 1; flips--) {
        bytes[Math.floor(random() * bytes.length)] = random() * 256;
      }
      if (answers(placed(bytes)).status === "ok") whole++;
    }
    expect(whole).toBeGreaterThan(10_000);
  });
});

describe("names of numbers", () => {
  it.each([
    [1, "A"],
    [28, "AAAA"],
    [33, "SRV"],
    [41, "OPT"],
    [43, "DS"],
    [52, "TLSA"],
    [54, "TYPE54"],
    [55, "HIP"],
    [64, "SVCB"],
    [65, "HTTPS"],
    [99, "SPF"],
    [0, "TYPE0"],
    [249, "TKEY"],
    [252, "AXFR"],
    [255, "ANY"],
    [257, "CAA"],
    [65280, "TYPE65280"],
  ])("type %i is %s", (type, name) => {
    expect(rrtypeName(type)).toBe(name);
  });

  it("names response codes", () => {
    expect([0, 3, 5, 10, 11, 12].map(rcodeName)).toEqual([
      "NOERROR",
      "NXDOMAIN",
      "REFUSED",
      "NOTZONE",
      "DSOTYPENI",
      "RCODE12",
    ]);
  });
});
