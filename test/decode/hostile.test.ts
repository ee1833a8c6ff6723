import { describe, expect, it } from "vitest";
import { decodeFrame, decodeInner, decodeSibling } from "../../src/decode/link.ts";
import { NO_INNER, Packet } from "../../src/decode/packet.ts";
import { STATUSES } from "../../src/decode/status.ts";
import { placed, seeded, variants } from "../names/octets.ts";
import { icmp, ip, tcp, udp } from "../traffic/packets.ts";
import { decoded, octetsOf } from "./decoded.ts";
import { IP_CASES } from "./ip-cases.ts";
import { ETHERNET, LINK_CASES } from "./link-cases.ts";
import { LINK_TYPE_CASES } from "./link-type-cases.ts";
import { TUNNEL_CASES } from "./tunnel-cases.ts";

const CASES = [...LINK_CASES, ...IP_CASES, ...TUNNEL_CASES, ...LINK_TYPE_CASES];
const MAX_LAYERS = 16;
const LINKS = [0, 1, 12, 101, 108, 113, 228, 229, 276];

describe("a hostile frame", () => {
  it("is read within its bounds: every prefix and every changed octet, between zeros and between ones", () => {
    const [zeros, ones] = [new Packet(), new Packet()];
    for (const { link, wireLen, ...given } of CASES) {
      for (const frame of variants(octetsOf({ link, ...given }))) {
        const a = decoded(frame, link, { fill: 0x00, wireLen, pkt: zeros });
        const b = decoded(frame, link, { fill: 0xff, wireLen, pkt: ones });
        if (JSON.stringify(a) !== JSON.stringify(b)) {
          expect(b, `${given.why}: ${Buffer.from(frame).toString("hex")}`).toEqual(a);
        }
        const exact = Uint8Array.from(frame); // with nothing around it, reading on would throw
        decodeFrame(ones, new DataView(exact.buffer), 0, exact.length, wireLen ?? exact.length, link);
      }
    }
  });

  it("gives its destination as soon as the address is there, wherever it is cut", () => {
    const tcpFields = { flags: 2, options: Array<number>(12).fill(1), payload: "x".repeat(50) };
    const v6 = ["[fd20::1]:40000", "[2001:db8::7]:443"] as const;
    const v4 = ["10.20.1.11:40000", "198.51.100.7:443"] as const;
    const frames: [frame: Buffer, addressEnd: number, portsEnd: number][] = [
      [tcp(...v4, tcpFields), 34, 38],
      [tcp(...v4, tcpFields, { vlans: [1, 2], options: [1, 1, 1, 1] }), 42, 50],
      [udp(...v4, "x".repeat(50)), 34, 38],
      [tcp(...v6, tcpFields), 54, 58],
      [
        udp(...v6, "x", {
          extensions: [
            [0, Buffer.alloc(16, "\0\u0001\u0001\0")],
            [43, Buffer.alloc(8)],
          ],
        }),
        54,
        82,
      ],
      [ip("10.20.1.11", "198.51.100.7", 132, Buffer.from("9c4001bb00", "hex")), 34, 38],
    ];
    for (const [frame, addressEnd, portsEnd] of frames) {
      for (let caplen = 0; caplen <= frame.length; caplen++) {
        const facts = decoded(frame.subarray(0, caplen), ETHERNET, { wireLen: frame.length, fill: 0xff });
        const dst =
          addressEnd === 34 || addressEnd === 42 ? "198.51.100.7" : "20010db8000000000000000000000007";
        expect(facts.dst, `cut at ${caplen}`).toBe(caplen < addressEnd ? null : dst);
        expect(facts.ports, `cut at ${caplen}`).toEqual(caplen < portsEnd ? [0, 0] : [40000, 443]);
        if (caplen < portsEnd) expect(facts.status, `cut at ${caplen}`).not.toBe("ok");
        expect(facts.notes).toEqual([]);
      }
    }
  });

  it("never throws, ends, and keeps payload within what was captured", () => {
    const random = seeded(1);
    const pkt = new Packet();
    const seen = new Map<string, number>();
    const seeds = [
      ...CASES.map((given) => ({ link: given.link, frame: octetsOf(given) })),
      { link: ETHERNET, frame: icmp("fd20::1", "fd20::2", { type: 128, payload: "x" }) },
    ];
    for (let round = 0; round < 200_000; round++) {
      const seed = seeds[Math.floor(random() * seeds.length)];
      const frame = changed(seed.frame, random);
      const link = random() < 0.9 ? seed.link : LINKS[Math.floor(random() * LINKS.length)];
      const wireLen = random() < 0.8 ? frame.length : frame.length + Math.floor(random() * 2 ** 32);
      const { view, at, end } = placed(frame, 0xff);
      let status = decodeFrame(pkt, view, at, end, wireLen, link);
      for (let layers = 0; pkt.innerType !== NO_INNER && pkt.fragAt === 0; layers++) {
        if (layers > MAX_LAYERS || !isSound(pkt, at, end)) {
          expect.fail(`${link}: ${Buffer.from(frame).toString("hex")}`);
        }
        status = decodeInner(pkt, view);
      }
      for (let n = 0; pkt.siblingAt !== 0 && n < 4; n++) {
        decodeSibling(pkt, view);
        if (!isSound(pkt, at, end)) expect.fail(`${link}: ${Buffer.from(frame).toString("hex")}`);
      }
      seen.set(STATUSES[status].name, (seen.get(STATUSES[status].name) ?? 0) + 1);
      if (!isSound(pkt, at, end)) expect.fail(`${link}: ${Buffer.from(frame).toString("hex")}`);
    }
    expect(seen.get("ok")).toBeGreaterThan(20_000);
    for (const { name } of STATUSES) expect(seen.get(name) ?? 0, name).toBeGreaterThan(10);
  });

  it("cannot make a field anything but a small integer", () => {
    const frame = tcp("10.0.0.1:1", "10.0.0.2:2", { seq: 0xffffffff, ack: 0x80000000 }, { ipLen: 0 });
    const { view, at, end } = placed(frame);
    const pkt = new Packet();
    decodeFrame(pkt, view, at, end, 0xffffffff, ETHERNET);
    for (const value of Object.values(pkt)) expect(value).toBe(value | 0);
  });
});

function isSound(pkt: Packet, at: number, end: number): boolean {
  if (Object.values(pkt).some((value) => value !== (value | 0))) return false;
  if (pkt.payloadAt === 0) return pkt.payloadEnd === 0 && pkt.payloadLen === 0;
  if (pkt.payloadAt < at || pkt.payloadLen < 0) return false;
  return (
    pkt.payloadEnd >= pkt.payloadAt &&
    pkt.payloadEnd <= end &&
    pkt.payloadEnd - pkt.payloadAt <= pkt.payloadLen
  );
}

/** A copy with a few octets changed, and sometimes cut or made longer. */
function changed(frame: Uint8Array, random: () => number): Uint8Array {
  const length = random() < 0.7 ? frame.length : Math.floor(random() * (frame.length + 20));
  const out = new Uint8Array(length);
  out.set(frame.subarray(0, length));
  for (let n = Math.floor(random() * 4); n > 0 && length > 0; n--) {
    out[Math.floor(random() * length)] =
      random() < 0.5 ? Math.floor(random() * 256) : [0, 1, 4, 6, 0x45, 0xff][Math.floor(random() * 6)];
  }
  return out;
}
