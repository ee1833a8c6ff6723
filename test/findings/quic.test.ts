import { describe, expect, it } from "vitest";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { seeded } from "../names/octets.ts";
import { dnsQuery } from "../traffic/messages.ts";
import { join } from "../traffic/octets.ts";
import { udp } from "../traffic/packets.ts";
import {
  ack,
  crypto,
  googleHello,
  type Initial,
  initial,
  longHeader,
  quicHello,
  quicServerHello,
  retry,
  shortHeader,
  V1,
  V2,
  versionNegotiation,
} from "../traffic/quic.ts";
import { AGENT, at, enclave, GPU, OUTSIDE, RESOLVER, reasonsOf, Scene } from "./scene.ts";

const DCID = Buffer.from("8394c8f03e515708", "hex");
const SERVER_CID = Buffer.from("f067a5502a4262b5", "hex");
const CLIENT_CID = Buffer.from("c0ffee", "hex");
const PORT = 4433;

/** Datagrams of one connection, each from the client unless told. */
class QuicScene extends Scene {
  client: string;
  server: string;

  constructor(server = OUTSIDE, port = 443) {
    super();
    this.client = at(GPU, PORT);
    this.server = at(server, port);
    this.works();
  }

  up(...payloads: readonly Uint8Array[]): this {
    return this.send(...payloads.map((payload) => udp(this.client, this.server, payload)));
  }

  down(...payloads: readonly Uint8Array[]): this {
    return this.send(...payloads.map((payload) => udp(this.server, this.client, payload)));
  }

  /** What is found of the connection: destination and outcome, then blind reasons. */
  said(file: string = enclave()): string[] {
    const summary = this.seen(file);
    const text = ({ kind, destination, outcomeName }: RatedFinding) =>
      `${kind} ${destination} ${outcomeName}`;
    return [...summary.findings.map(text), ...reasonsOf(summary)];
  }
}

function clientInitial(frames: readonly Uint8Array[], more: Partial<Initial> = {}): Buffer {
  return initial({ dcid: DCID, scid: CLIENT_CID, frames, ...more });
}

function hello(name: string | null, more: Partial<Initial> = {}): Buffer {
  return clientInitial([crypto(0, quicHello(name))], more);
}

/** The server's first datagram: its hello, and the beginning of what is encrypted. */
function serverInitial(frames: readonly Uint8Array[], more: Partial<Initial> = {}): Buffer {
  const of = { dcid: CLIENT_CID, scid: SERVER_CID, side: "server", keysFrom: DCID, size: 0 } as const;
  return initial({ ...of, frames, ...more });
}

const answer = join(
  serverInitial([ack(0), crypto(0, quicServerHello())]),
  longHeader("handshake", CLIENT_CID, SERVER_CID),
);
const finished = join(
  initial({ dcid: SERVER_CID, scid: CLIENT_CID, keysFrom: DCID, pn: 1, frames: [ack(0)], size: 0 }),
  longHeader("handshake", SERVER_CID, CLIENT_CID),
);

describe("QUIC outside", () => {
  it.each([
    ["no answer: attempted", [], "attempted"],
    ["an answer that is no handshake: answered", ["down:retry"], "answered"],
    ["the server's hello alone: connected", ["down:hello"], "connected"],
    ["a Handshake packet alone: connected", ["down:handshake"], "connected"],
    ["a request to try again: answered", ["down:again"], "answered"],
    ["the handshake, and its end: connected", ["down:answer", "up:finished"], "connected"],
    ["data in after it: connected", ["down:answer", "up:finished", "down:short"], "connected"],
    ["data out after it: transferred", ["down:answer", "up:finished", "up:short"], "transferred"],
    ["data behind the handshake's end: transferred", ["down:answer", "up:coalesced"], "transferred"],
    ["data out before it: answered", ["up:short", "down:short"], "answered"],
  ])("%s", (_what, steps, outcome) => {
    const datagrams: Record<string, Uint8Array> = {
      retry: retry(CLIENT_CID, SERVER_CID),
      hello: serverInitial([crypto(0, quicServerHello())]),
      handshake: longHeader("handshake", CLIENT_CID, SERVER_CID),
      again: serverInitial([crypto(0, quicServerHello(true))]),
      answer,
      finished,
      short: shortHeader(SERVER_CID),
      coalesced: join(finished, shortHeader(SERVER_CID)),
    };
    const scene = new QuicScene().up(hello("a.example"));
    for (const [way, what] of steps.map((step) => step.split(":"))) {
      if (way === "up") scene.up(datagrams[what]);
      else scene.down(datagrams[what]);
    }
    expect(scene.said()).toEqual([`egress.flow a.example ${outcome}`]);
  });

  it("is named in every version that can be opened, on any port, also on that of DNS", () => {
    for (const version of [V1, V2, 0xff000016, 0xff00001d, 0xff000022, 0x54303531]) {
      const frame = crypto(0, quicHello("a.example"));
      if (version === 0x54303531) frame[0] = 0x08;
      for (const port of [443, 53, 50000]) {
        const scene = new QuicScene(OUTSIDE, port).up(clientInitial([frame], { version }));
        expect(scene.said(), `${version.toString(16)} ${port}`).toContain("egress.flow a.example attempted");
      }
    }
  });

  it("counts client Initials, those seen twice once", () => {
    const scene = new QuicScene().up(hello("a.example")).down(answer).up(finished);
    expect(scene.seen().totals.quicInitials).toBe(2);
    scene.frames.push(...scene.frames.slice(-1));
    expect(scene.seen().totals.quicInitials).toBe(2);
  });

  it("is initiated by who sent the hello, whatever the ports say", () => {
    const scene = new QuicScene(OUTSIDE, 50000);
    scene.client = at(GPU, 443);
    expect(scene.up(hello("a.example")).lines()).toEqual([
      `egress.flow ${GPU} a.example 50000/udp attempted medium x1`,
    ]);
    const inward = new QuicScene(OUTSIDE, 50000);
    inward.client = at(GPU, 443);
    expect(inward.down(hello("gpu.enclave.internal")).said()).toEqual([
      "ingress.flow gpu.enclave.internal attempted",
    ]);
  });

  it("has the name that a rule allows, and no other", () => {
    const allow = ['id: a, to: ["*.ok.example"], ports: [443/udp], reason: x, owner: x, expires: never'];
    const talk = (name: string) =>
      new QuicScene()
        .asks(GPU, "x.ok.example", { answer: [OUTSIDE] })
        .up(hello(name))
        .down(answer)
        .up(finished, shortHeader(SERVER_CID))
        .said(enclave(allow));
    expect(talk("x.ok.example")).toEqual([]);
    expect(talk("y.example")).toEqual(["egress.flow y.example transferred"]);
  });

  it("names each connection of a socket that several share", () => {
    const other = Buffer.from("0011223344556677", "hex");
    const scene = new QuicScene()
      .up(hello("a.example"))
      .down(answer)
      .up(finished, hello("b.example", { dcid: other }), shortHeader(SERVER_CID));
    expect(scene.said().sort()).toEqual([
      "egress.flow a.example connected",
      "egress.flow b.example transferred",
    ]);
  });

  it("is read on after a Retry, whose new connection id gives new keys", () => {
    const token = Buffer.from("token");
    const scene = new QuicScene()
      .up(hello("a.example"))
      .down(retry(CLIENT_CID, SERVER_CID))
      .up(hello("a.example", { dcid: SERVER_CID, token }))
      .down(
        initial({
          dcid: CLIENT_CID,
          scid: Buffer.from("5e5e5e5e", "hex"),
          side: "server",
          keysFrom: SERVER_CID,
          frames: [crypto(0, quicServerHello())],
          size: 0,
        }),
      );
    expect(scene.said()).toEqual(["egress.flow a.example connected"]);
  });

  it("is read on when the server takes a compatible version, with the keys of the first connection id", () => {
    const scene = new QuicScene()
      .up(hello("a.example"))
      .down(serverInitial([crypto(0, quicServerHello())], { version: V2 }));
    expect(scene.said()).toEqual(["egress.flow a.example connected"]);
  });

  it("names what a second hello asks for after a request to try again", () => {
    const first = quicHello("a.example");
    const scene = new QuicScene()
      .up(hello("a.example"))
      .down(serverInitial([crypto(0, quicServerHello(true))]))
      .up(
        initial({
          dcid: SERVER_CID,
          scid: CLIENT_CID,
          keysFrom: DCID,
          pn: 1,
          frames: [ack(0), crypto(first.length, quicHello("b.example"))],
        }),
      );
    expect(scene.said().sort()).toEqual(["egress.flow a.example answered", "egress.flow b.example answered"]);
  });

  it("has a name in clear in Google's versions", () => {
    expect(new QuicScene().up(googleHello("Q043", "a.example")).down(Buffer.alloc(50, 8)).said()).toEqual([
      "egress.flow a.example answered",
    ]);
  });
});

describe("a hello in pieces", () => {
  const message = quicHello("a.example", 1800);

  /** Initial packets with pieces of the hello as CRYPTO frames, in any order, with PING and PADDING between. */
  function pieces(random: () => number): Buffer[] {
    const cuts = [0, message.length];
    for (let n = Math.floor(random() * 20); n > 0; n--) cuts.push(Math.floor(random() * message.length));
    cuts.sort((a, b) => a - b);
    const frames = cuts.slice(1).map((to, i) => crypto(cuts[i], message.subarray(cuts[i], to)));
    frames.sort(() => random() - 0.5);
    const datagrams: Buffer[] = [];
    for (let pn = 0; frames.length > 0; pn++) {
      const some = frames.splice(0, 1 + Math.floor(random() * 4));
      const between = some.flatMap((frame) => [frame, random() < 0.3 ? [1] : [0, 0]]);
      datagrams.push(
        clientInitial(
          between.map((frame) => join(frame)),
          { pn, pnLen: 1 },
        ),
      );
    }
    return datagrams;
  }

  it("is read whatever order they come in, some twice", () => {
    const random = seeded(7);
    for (let round = 0; round < 60; round++) {
      const sent = pieces(random);
      const order = [...sent, ...sent.filter(() => random() < 0.3)].sort(() => random() - 0.5);
      expect(new QuicScene().up(...order).said(), `round ${round}`).toEqual([
        "egress.flow a.example attempted",
      ]);
    }
  });

  it("may lie in several packets of one datagram", () => {
    const half = message.length >> 1;
    const first = clientInitial([crypto(half, message.subarray(half))], { size: 0 });
    const second = clientInitial([crypto(0, message.subarray(0, half))], { pn: 1, size: 0 });
    expect(new QuicScene().up(join(first, longHeader("0rtt", DCID), second)).said()).toEqual([
      "egress.flow a.example attempted",
    ]);
  });

  it("of which one is missing is blind, unless the name is in the part that is there", () => {
    const last = message.length - 10;
    const [begins, ends] = [crypto(0, message.subarray(0, last)), crypto(last, message.subarray(last))];
    expect(new QuicScene().up(clientInitial([ends])).said()).toEqual([
      `egress.flow ${OUTSIDE} attempted`,
      "quic.hello_unfinished",
    ]);
    expect(new QuicScene().up(clientInitial([begins])).said()).toEqual(["egress.flow a.example attempted"]);
    const early = clientInitial([crypto(0, message.subarray(0, 40))]);
    expect(new QuicScene().up(early).said()[1]).toBe("quic.hello_unfinished");
  });

  it("that comes late once more is no second one", () => {
    const half = message.length >> 1;
    const first = clientInitial([crypto(0, message.subarray(0, half))]);
    const second = clientInitial([crypto(half, message.subarray(half))], { pn: 1 });
    const scene = new QuicScene().up(first, second).down(answer).up(second, finished);
    expect(scene.said()).toEqual(["egress.flow a.example connected"]);
  });

  it("that differ in what they repeat are blind", () => {
    const other = Buffer.from(quicHello("b.example", 1800));
    const scene = new QuicScene().up(
      clientInitial([crypto(0, message.subarray(0, 1000))]),
      clientInitial([crypto(0, other.subarray(0, 1000)), crypto(1000, other.subarray(1000))], { pn: 1 }),
    );
    expect(scene.said()).toEqual(["egress.flow a.example attempted", "quic.hello_conflict"]);
  });
});

describe("QUIC that cannot be read makes a run inconclusive:", () => {
  const rule = ["id: a, to: [198.51.100.7], ports: [443/udp], reason: x, owner: x, expires: never"];
  const said = (...datagrams: readonly Uint8Array[]) => new QuicScene().up(...datagrams).said(enclave(rule));
  const changed = (bytes: Buffer, i: number) => {
    const out = Buffer.from(bytes);
    out[i] ^= 0x01;
    return out;
  };
  const unknown = longHeader("handshake", DCID, CLIENT_CID, 0x1a2a3a4a, 1300);

  it.each([
    ["an Initial that does not open", [changed(hello("a.example"), 600)], ["quic.initial_unreadable"]],
    ["one that opens later is no loss", [changed(hello("a.example"), 600), hello("a.example")], []],
    ["a version that is not known", [unknown], ["quic.version_unknown"]],
    ["in small datagrams it may be anything", [unknown.subarray(0, 600)], []],
    ["later in a flow too", [Buffer.alloc(1300, 0x33), unknown], []],
    [
      "a CHLO that is not in clear",
      [googleHello("Q043", "a.example").subarray(0, 800)],
      ["quic.chlo_unreadable"],
    ],
    [
      "a hello beyond what is held",
      [clientInitial([crypto(0x10000, Buffer.from("x"))])],
      ["quic.hello_too_long", "quic.hello_unfinished"],
    ],
    ["without a name it is read all the same", [hello(null)], []],
  ])("%s", (_what, datagrams, reasons) => {
    expect(said(...datagrams)).toEqual(reasons);
  });

  it("a datagram that capture cut, before the name", () => {
    const scene = new QuicScene().up(hello("a.example"));
    const last = scene.frames.length - 1;
    const { data } = scene.frames[last];
    scene.frames[last] = { ...scene.frames[last], data: data.subarray(0, 200), wireLen: data.length };
    expect(scene.said(enclave(rule))).toEqual(["quic.cut_by_snaplen"]);
    expect(scene.up(hello("a.example")).said(enclave(rule))).toEqual([]);
  });

  it("until the client begins anew in a version that the server has", () => {
    const scene = new QuicScene().up(unknown).down(versionNegotiation(CLIENT_CID, DCID, V1));
    expect(scene.said(enclave(rule))).toEqual(["quic.version_unknown"]);
    expect(scene.up(hello("a.example")).said(enclave(rule))).toEqual([]);
  });
});

describe("QUIC that names what a rule allows, for those who look", () => {
  const allowed = ["id: a, to: [a.example], ports: [443/udp], reason: x, owner: x, expires: never"];
  const said = (...datagrams: readonly Uint8Array[]) => {
    const scene = new QuicScene();
    scene.asks(GPU, "a.example", { answer: [OUTSIDE] });
    return scene.up(...datagrams).said(enclave(allowed));
  };
  const named = hello("a.example");
  const unknown = Buffer.from(named);
  unknown.writeUInt32BE(0xfaceb010, 1);

  it("and begins in a version that nobody here knows", () => {
    expect(said(named)).toEqual([]);
    expect(said(named, unknown)).toEqual(["quic.version_unknown"]);
    expect(said(unknown, named)).toEqual(["quic.version_unknown"]);
  });

  it("which is nothing where the server knows that version no better", () => {
    const scene = new QuicScene();
    scene.asks(GPU, "a.example", { answer: [OUTSIDE] });
    scene
      .up(unknown)
      .down(versionNegotiation(CLIENT_CID, DCID, V1))
      .up(named);
    expect(scene.said(enclave(allowed))).toEqual([]);
  });

  it("behind a frame whose type is longer than it has to be (RFC 9000 §12.4)", () => {
    const message = quicHello("evil.example");
    const long = Buffer.concat([Buffer.from([0x40]), crypto(0, message)]);
    expect(said(clientInitial([long]))).toEqual(["egress.flow evil.example attempted"]);
    expect(
      said(clientInitial([long]), clientInitial([crypto(0, quicHello("a.example"))], { pn: 1 })),
    ).toEqual(["egress.flow evil.example attempted", "quic.hello_conflict"]);
  });
});

describe("QUIC inside", () => {
  it("shows an outside name as info, by UDP", () => {
    const scene = new QuicScene(AGENT).up(hello("huggingface.co")).down(answer);
    expect(scene.lines()).toEqual([`name.inside ${GPU} huggingface.co 443/udp connected info x1`]);
  });

  it("hides no question: DNS is read in a flow that spoke QUIC before", () => {
    const scene = new QuicScene(RESOLVER, 53).up(hello(null)).down(answer);
    const question = dnsQuery("everyone.test.example.com", "A", 0x4001);
    expect(scene.up(question).said()[0]).toMatch(/^dns\.name everyone\.test\.example\.com/);
  });
});
