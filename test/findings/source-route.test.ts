import { describe, expect, it } from "vitest";
import { addressOctets, be, join } from "../traffic/octets.ts";
import { SYN, tcp, udp } from "../traffic/packets.ts";
import { AGENT, at, enclave, GPU, linesOf, OUTSIDE, Scene } from "./scene.ts";

const GPU6 = "fd20:5eed::11";
const AGENT6 = "fd20:5eed::21";
const OUTSIDE6 = "2001:db8::7";

/** Loose source route; `pointer` 4 is the first address. */
function loose(addresses: readonly string[], pointer = 4): Buffer {
  const list = join(...addresses.map(addressOctets));
  return join([131, 3 + list.length, pointer], list, [0]);
}

type Header = readonly [43, Buffer];

/** Routing headers: type 0 in the order of the way, SRH in the other, RPL with 12 octets shared. */
function type0(left: number, addresses: readonly string[]): Header {
  return [43, join([0, 2 * addresses.length, 0, left], be(0, 4), ...addresses.map(addressOctets))];
}

function srh(left: number, addresses: readonly string[]): Header {
  const last = addresses.length - 1;
  return [43, join([0, 2 * addresses.length, 4, left, last, 0, 0, 0], ...addresses.map(addressOctets))];
}

function rpl(left: number, ends: readonly number[]): Header {
  const list = join(...ends.map((end) => be(end, 4)));
  const pad = (8 - (list.length % 8)) % 8;
  return [43, join([0, (list.length + pad) / 8, 3, left, 0xcc, pad << 4, 0, 0], list, Buffer.alloc(pad))];
}

function sent(frame: Uint8Array, more: readonly string[] = []): string[] {
  return linesOf(new Scene().works().send(frame).seen(enclave([], more)));
}

const egress = [`egress.flow ${GPU} ${OUTSIDE} 443/tcp attempted medium x1`];
const egress6 = [`egress.flow ${GPU6} ${OUTSIDE6} 443/tcp attempted medium x1`];

describe("a source route", () => {
  it.each([
    ["behind an inside hop", loose([OUTSIDE]), AGENT],
    ["behind two", loose([AGENT, OUTSIDE]), AGENT],
    ["before an inside hop", loose([OUTSIDE, AGENT]), AGENT],
    ["as the next hop", loose([AGENT]), OUTSIDE],
    ["that was passed already", loose([OUTSIDE], 8), AGENT],
  ])("by IPv4 cannot hide an outside address %s", (_, options, hop) => {
    expect(sent(tcp(at(GPU, 40000), at(hop, 443), { flags: SYN }, { options }))).toEqual(egress);
  });

  it.each([
    ["type 0, last", type0(1, [OUTSIDE6]), AGENT6],
    ["type 0, between", type0(2, [OUTSIDE6, AGENT6]), AGENT6],
    ["type 0, passed", type0(0, [OUTSIDE6]), AGENT6],
    ["SRH, last", srh(1, [OUTSIDE6, AGENT6]), AGENT6],
    ["SRH, between", srh(2, [AGENT6, OUTSIDE6]), AGENT6],
    ["SRH, next hop", srh(1, [AGENT6]), OUTSIDE6],
  ])("by IPv6 cannot hide an outside address: %s", (_, header, hop) => {
    expect(sent(tcp(at(GPU6, 40000), at(hop, 443), { flags: SYN }, { extensions: [header] }))).toEqual(
      egress6,
    );
  });

  it("is put together where it is compressed", () => {
    const header = rpl(2, [0x0021, 0x0022]);
    const frame = tcp(at(GPU6, 40000), at("2001:db8::1", 443), { flags: SYN }, { extensions: [header] });
    expect(sent(frame)).toEqual(
      ["1", "21", "22"].map((end) => `egress.flow ${GPU6} 2001:db8::${end} 443/tcp attempted medium x1`),
    );
  });

  it("between inside hosts is nothing to find, and hides nothing", () => {
    const scene = new Scene().works();
    scene.send(udp(at(GPU, 40000), at(AGENT, 9000), "x", { options: loose(["10.20.1.31"]) }));
    scene.send(
      udp(at(GPU6, 40000), at(AGENT6, 9000), "x", { extensions: [srh(1, ["fd20:5eed::31", AGENT6])] }),
    );
    const summary = scene.seen();
    expect(summary.verdict).toBe("clean");
    expect([summary.coverage["ipv4.source_route"], summary.coverage["ipv6.routing_header"]]).toEqual([1, 1]);
  });

  it("takes a host no further than it may reach", () => {
    const hosts = [`hosts: [{ name: gpu-01, address: ${GPU}, may_reach: [${AGENT}/32] }]`];
    const frame = udp(at(GPU, 40000), at(AGENT, 9000), "x", { options: loose(["10.20.1.31", AGENT]) });
    expect(sent(frame, hosts)).toEqual([
      `inside.unapproved gpu-01 10.20.1.31 9000/udp attempted medium x1`.replace("gpu-01", GPU),
    ]);
  });

  it("is one flow with the answers of its last address", () => {
    const scene = new Scene().works();
    scene.send(tcp(at(GPU, 40000), at(AGENT, 443), { flags: SYN, seq: 1 }, { options: loose([OUTSIDE]) }));
    scene.send(tcp(at(OUTSIDE, 443), at(GPU, 40000), { flags: SYN | 0x10, seq: 9, ack: 2 }));
    expect(scene.lines()).toEqual([`egress.flow ${GPU} ${OUTSIDE} 443/tcp answered high x1`]);
  });

  it("of more stations than are judged makes a run inconclusive at the least", () => {
    const hops = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, i) => `${prefix}::${i + 1}`);
    const allowed = enclave([`id: r, to: ["2001:db8::/32"]`]);
    const seen = (header: Header) => {
      const frame = udp(at(GPU6, 1), at(AGENT6, 2), "x", { extensions: [header] });
      return new Scene().works().send(frame).seen(allowed);
    };
    expect(seen(type0(1, hops(4, "2001:db8"))).verdict).toBe("clean");
    const outside = seen(type0(1, hops(20, "2001:db8")));
    expect([outside.verdict, outside.coverage["route.too_long"]]).toEqual(["inconclusive", 1]);
    expect(seen(type0(1, hops(120, "fd20:5eed:0"))).verdict).toBe("clean");
  });

  it("of a form that nobody knows makes a run inconclusive", () => {
    const header: Header = [43, join([0, 0, 5, 1], be(0, 4))];
    const scene = new Scene().works().send(udp(at(GPU6, 1), at(AGENT6, 2), "x", { extensions: [header] }));
    expect(scene.seen().reasons).toEqual([expect.stringMatching(/^ipv6\.routing_unknown: /)]);
  });
});
