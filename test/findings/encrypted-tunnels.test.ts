import { describe, expect, it } from "vitest";
import { be, join } from "../traffic/octets.ts";
import { ip, udp } from "../traffic/packets.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, Scene } from "./scene.ts";

const WIREGUARD: readonly (readonly [string, Buffer])[] = [
  ["initiation", join([1, 0, 0, 0], Buffer.alloc(144, 0xa5))],
  ["response", join([2, 0, 0, 0], Buffer.alloc(88, 0xa5))],
  ["cookie", join([3, 0, 0, 0], Buffer.alloc(60, 0xa5))],
  ["data", join([4, 0, 0, 0], be(0x01020304, 4), [9, 0, 0, 0, 0, 0, 0, 0], Buffer.alloc(80, 0xa5))],
];

/** An IKE message of this version and exchange, `len` octets long. */
function ike(version: number, exchange: number, len = 40): Buffer {
  return join(
    be(0x0102030405060708n as unknown as number, 8),
    be(0, 8),
    [33, version, exchange, 8],
    be(0, 4),
    be(len, 4),
    Buffer.alloc(len - 28),
  );
}

const session = Buffer.from("1122334455667788", "hex");
const openvpn = (opcode: number, ...rest: readonly ArrayLike<number>[]) =>
  join([opcode << 3], session, ...rest);
const OPENVPN: readonly (readonly [string, Buffer])[] = [
  ["reset", openvpn(7, [0], be(0, 4))],
  ["reset with an HMAC", openvpn(7, Buffer.alloc(20, 0xa5), be(1, 4), be(1_700_000_000, 4), [0], be(0, 4))],
  ["reset under tls-crypt", openvpn(7, be(1, 4), be(1_700_000_000, 4), Buffer.alloc(37, 0xa5))],
  ["reset under tls-crypt 2", openvpn(10, be(0x0f000001, 4), be(1_700_000_000, 4), Buffer.alloc(300, 0xa5))],
  ["answer", openvpn(8, [1], be(0, 4), session, be(0, 4))],
];

function found(port: number, payload: Buffer): string[] {
  const summary = new Scene()
    .works()
    .send(udp(at(GPU, 40000), at(OUTSIDE, port), payload))
    .seen();
  return summary.findings.map(({ kind, via, severityName }) => `${kind} ${via} ${severityName}`);
}

describe("an encrypted tunnel across the boundary", () => {
  it.each(WIREGUARD)("is known for WireGuard by its %s", (_, payload) => {
    expect(found(51820, payload)).toEqual(["tunnel.encapsulated wireguard high"]);
    expect(found(443, payload)).toEqual(["tunnel.encapsulated wireguard high"]);
  });

  it.each(OPENVPN)("is known for OpenVPN by its %s, on any port", (_, payload) => {
    expect(found(1194, payload)).toEqual(["tunnel.encapsulated openvpn high"]);
    expect(found(40001, payload)).toEqual(["tunnel.encapsulated openvpn high"]);
  });

  it.each(OPENVPN)("is known for OpenVPN over TCP by its %s", (_, payload) => {
    const scene = new Scene().works().talks(GPU, OUTSIDE, 443, (talk) => {
      talk.open();
      talk.client(join(be(payload.length, 2), payload));
      talk.close();
    });
    expect(scene.seen().findings.map(({ kind, via }) => `${kind} ${via}`)).toEqual([
      "tunnel.encapsulated openvpn",
    ]);
  });

  it("is known for OpenVPN by its data on its own port", () => {
    const data = join([9 << 3, 0, 0, 7], Buffer.alloc(60, 0xa5));
    expect([found(1194, data), found(1195, data)]).toEqual([
      ["tunnel.encapsulated openvpn high"],
      ["egress.flow  medium"],
    ]);
  });

  it.each([
    ["IKEv2", 500, ike(0x20, 34)],
    ["IKEv1", 500, ike(0x10, 2)],
    ["IKE on another port", 4501, ike(0x20, 34)],
    ["IKE behind its marker", 4500, join(be(0, 4), ike(0x20, 35))],
    ["ESP over UDP", 4500, join(be(0x01020304, 4), be(1, 4), Buffer.alloc(64, 0xa5))],
  ])("is known for IPsec by %s", (_, port, payload) => {
    expect(found(port, payload)).toEqual(["tunnel.encapsulated ipsec high"]);
  });

  it("is known for IPsec by its protocol", () => {
    const scene = new Scene()
      .works()
      .send(ip(GPU, OUTSIDE, 50, join(be(0x01020304, 4), be(1, 4), Buffer.alloc(64))));
    expect(scene.lines()).toEqual([`tunnel.encapsulated ${GPU} ${OUTSIDE} esp attempted high x1`]);
  });

  it.each([
    ["noise", 51820, Buffer.alloc(148, 0xa5)],
    ["a type without its length", 51820, join([1, 0, 0, 0], Buffer.alloc(100, 0xa5))],
    ["IKE of another length", 500, join(ike(0x20, 34), [0])],
    ["a keepalive", 4500, Buffer.from([0xff])],
    ["noise to OpenVPN's port", 1194, Buffer.alloc(60, 0xff)],
    ["a session of no number", 40001, join([7 << 3], Buffer.alloc(13))],
  ])("is not seen in %s", (_, port, payload) => {
    expect(found(port, payload)).toEqual(["egress.flow  medium"]);
  });

  it("is nothing to find between inside hosts, nor where a rule allows it", () => {
    const [, payload] = WIREGUARD[0];
    const inside = new Scene().works().send(udp(at(GPU, 51820), at(AGENT, 51820), payload));
    expect(inside.seen().verdict).toBe("clean");
    const allowed = enclave([`id: vpn, to: [${OUTSIDE}], ports: [51820/udp]`]);
    const summary = new Scene()
      .works()
      .send(udp(at(GPU, 51820), at(OUTSIDE, 51820), payload))
      .seen(allowed);
    expect([summary.verdict, summary.exceptions.map(({ attempts }) => attempts)]).toEqual(["clean", [1]]);
  });

  it("that a rule allows still shows what is readable in it", () => {
    const allowed = enclave([`id: tunnel, to: [203.0.113.10]`]);
    const inner = udp(at(GPU, 40000), at(OUTSIDE, 9999), "x").subarray(14);
    const scene = new Scene().works().send(ip("10.20.9.1", "203.0.113.10", 4, inner));
    expect(scene.lines(allowed)).toEqual([`egress.flow ${GPU} ${OUTSIDE} 9999/udp attempted medium x1`]);
  });

  it("by an expired rule is found as that", () => {
    const expired = enclave([`id: tunnel, to: [203.0.113.10], expires: 2026-01-01`]);
    const inner = udp(at(GPU, 40000), at(AGENT, 9999), "x").subarray(14);
    const scene = new Scene().works().send(ip("10.20.9.1", "203.0.113.10", 4, inner));
    expect(scene.lines(expired)).toEqual([`policy.expired 10.20.9.1 203.0.113.10 ipip attempted medium x1`]);
  });
});
