import { describe, expect, it } from "vitest";
import { Sensor } from "../../src/sensor.ts";
import { alpn, serverName, supportedVersions } from "../names/tls-octets.ts";
import { judgeFrom } from "../sensor-run.ts";
import { be, join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import { enclave, GPU, OUTSIDE, reasonsOf, Scene } from "./scene.ts";

const PORT = 3478;

/** A ClientHello body of DTLS (RFC 6347 §4.2.1): a cookie stands behind the session id. */
function body(sni: string, cookie = "", version = 0xfefd, padLen = 0): Buffer {
  const pad = padLen === 0 ? [] : join(be(21, 2), be(padLen, 2), Buffer.alloc(padLen));
  const extensions = join(serverName(sni), alpn("webrtc"), supportedVersions(0xfefc, 0xfefd), pad);
  return join(
    be(version, 2),
    Buffer.alloc(32, 7),
    [0],
    [cookie.length],
    cookie,
    be(2, 2),
    be(0xc02b, 2),
    [1, 0],
    be(extensions.length, 2),
    extensions,
  );
}

/** A record with a piece of that body. */
function piece(of: Buffer, offset = 0, lenBytes = of.length, messageSeq = 0, version = 0xfefd): Buffer {
  const fragment = join(
    [1],
    be(of.length, 3),
    be(messageSeq, 2),
    be(offset, 3),
    be(lenBytes, 3),
    of.subarray(offset, offset + lenBytes),
  );
  return join([22], be(version, 2), be(0, 2), be(0, 6), be(fragment.length, 2), fragment);
}

function sends(...datagrams: readonly Uint8Array[]): Scene {
  const scene = new Scene().works();
  for (const datagram of datagrams) scene.send(udp(`${GPU}:40000`, `${OUTSIDE}:${PORT}`, datagram));
  return scene;
}

const NAMED = [`egress.flow ${GPU} turn.example.com ${PORT}/udp attempted medium x1`];

describe("DTLS", () => {
  it.each([
    ["1.2", [piece(body("turn.example.com"))]],
    ["1.0", [piece(body("turn.example.com", "", 0xfeff), 0, undefined, 0, 0xfeff)]],
    [
      "with the server's cookie",
      [piece(body("turn.example.com", "a cookie of the server"), 0, undefined, 1)],
    ],
    [
      "between STUN, RTP and ChannelData",
      [
        Buffer.from("000100002112a442", "hex"),
        Buffer.from("8060aabb", "hex"),
        piece(body("turn.example.com")),
      ],
    ],
    [
      "behind another record of its datagram",
      [join(piece(body("turn.example.com").subarray(0, 0)), piece(body("turn.example.com")))],
    ],
  ])("names its destination: %s", (_, datagrams) => {
    expect(sends(...datagrams).lines()).toEqual(NAMED);
  });

  it("is put together from fragments in any order, overlapping and repeated", () => {
    const whole = body("turn.example.com", "", 0xfefd, 1500);
    const pieces = [
      piece(whole, 900, whole.length - 900),
      piece(whole, 0, 500),
      piece(whole, 300, 700),
      piece(whole, 0, 500),
    ];
    const summary = sends(...pieces).seen();
    expect([summary.findings[0].name, summary.reasons]).toEqual(["turn.example.com", []]);
  });

  it("that stays unfinished, or contradicts itself, makes a run inconclusive", () => {
    const whole = body("turn.example.com", "", 0xfefd, 1500);
    const other = Buffer.from(whole);
    other[60] ^= 1;
    expect(reasonsOf(sends(piece(whole, 0, 500)).seen())).toEqual(["dtls.hello_unfinished"]);
    expect(reasonsOf(sends(piece(whole, 0, 500), piece(other, 0, 500)).seen())).toEqual([
      "dtls.hello_conflict",
      "dtls.hello_unfinished",
    ]);
    expect(
      reasonsOf(
        sends(
          piece(Buffer.alloc(0)),
          join([22, 254, 253, 0, 0], be(0, 6), be(13, 2), [1], be(0xffffff, 3), be(0, 5), be(1, 3), [0]),
        ).seen(),
      ),
    ).toEqual(["dtls.hello_too_long"]);
  });

  it("is told once, and again for a new hello", () => {
    const hellos: string[] = [];
    const nothing = () => {};
    const sensor = new Sensor(judgeFrom(enclave()), {
      ...{ input: nothing, flowBegan: nothing, dns: nothing, quic: nothing, http: nothing },
      ...{ httpAnswer: nothing, ssh: nothing, icmp: nothing, icmpError: nothing, flow: nothing },
      tls: (_, { sni, alpn: [first], legacyVersion }) =>
        hellos.push(`${sni} ${first} ${legacyVersion.toString(16)}`),
    });
    const first = piece(body("turn.example.com"));
    const scene = sends(first, first, piece(body("turn.example.com", "cookie"), 0, undefined, 1), first);
    scene.feed(sensor);
    expect(hellos).toEqual(["turn.example.com webrtc fefd", "turn.example.com webrtc fefd"]);
    expect(sensor.totals().tlsHellos).toBe(2);
  });

  it("is what begins like it, and nothing else", () => {
    const broken = piece(body("turn.example.com"));
    broken[3] = 1; // another epoch: encrypted
    expect(sends(broken).lines()).toEqual([`egress.flow ${GPU} ${OUTSIDE} ${PORT}/udp attempted medium x1`]);
  });
});
