import { connect, createServer, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { Http2Connection } from "../../src/names/http2.ts";
import { isHttp2ServerStart, isHttp2Start } from "../../src/names/http2-frames.ts";
import { H2_PREFACE, h2Frame, h2Headers, h2Settings } from "../traffic/http2.ts";

/** What a connection says, in words. */
class Heard {
  readonly events: string[] = [];
  readonly connection = new Http2Connection({
    isLeftOut: () => false,
    request: (r) => this.events.push(`${r.method} ${r.form} ${r.host} ${r.port} ${r.target}`),
    response: (r, to) => this.events.push(`${r.status} ${r.framing} of ${to?.target ?? "?"}`),
    promised: (r) => this.events.push(`promised ${r.host} ${r.target}`),
    trouble: (name) => this.events.push(name),
  });

  /** Octets of one side, in pieces of `size`. */
  say(side: "client" | "server", octets: Uint8Array, size = octets.length): this {
    for (let at = 0; at < octets.length; at += size) {
      const piece = Uint8Array.from(octets.subarray(at, at + size));
      this.connection[side].feed(new DataView(piece.buffer), 0, piece.length);
      piece.fill(0xee);
    }
    return this;
  }
}

const GET = { ":method": "GET", ":scheme": "http", ":authority": "a.example.org", ":path": "/x" };
const told = "GET origin a.example.org 80 /x";
const client = (...frames: Uint8Array[]) => Buffer.concat([H2_PREFACE, h2Settings(), ...frames]);

describe("Http2Connection", () => {
  it.each([1, 2, 7, 100, 10_000])("reads requests and answers in pieces of %i octets", (size) => {
    const heard = new Heard();
    heard.say("client", client(h2Headers(1, GET), h2Headers(3, { ...GET, ":path": "/y" })), size);
    const answers = [h2Headers(3, { ":status": "404" }), h2Headers(1, { ":status": "200" }, { ends: false })];
    heard.say("server", Buffer.concat([h2Settings(), ...answers]), size);
    expect(heard.events).toEqual([told, told.replace("/x", "/y"), "404 none of /y", "200 close of /x"]);
  });

  it("steps over content, padding and priorities, and knows trailers", () => {
    const padded = h2Headers(1, GET, { padLen: 20, priority: true, ends: false });
    const data = h2Frame(0, 0, 1, Buffer.alloc(3000, 0x61));
    const trailers = h2Headers(1, { "x-sum": "1" });
    const heard = new Heard().say("client", client(padded, data, trailers, h2Headers(3, GET)), 50);
    expect(heard.events).toEqual([told, told]);
  });

  it("puts a head together from CONTINUATION frames", () => {
    const heard = new Heard().say("client", client(h2Headers(1, GET, { pieces: 9 }), h2Headers(3, GET)));
    expect(heard.events).toEqual([told, told]);
  });

  it("reads CONNECT, and UDP proxying by extended CONNECT (RFC 9298)", () => {
    const tunnel = { ":method": "CONNECT", ":authority": "evil.example.com:443" };
    const path = "/.well-known/masque/udp/2001%3Adb8%3A%3A9/53/";
    const udp = { ...GET, ":method": "CONNECT", ":protocol": "connect-udp", ":path": path };
    const socket = { ...GET, ":method": "CONNECT", ":protocol": "websocket" };
    const heard = new Heard().say(
      "client",
      client(h2Headers(1, tunnel, { ends: false }), h2Headers(3, udp, { ends: false }), h2Headers(5, socket)),
    );
    expect(heard.events).toEqual([
      "CONNECT authority evil.example.com 443 evil.example.com:443",
      `CONNECT authority 2001:db8::9 53 ${path}`,
      "CONNECT origin a.example.org 80 /x",
    ]);
    heard.say("client", h2Frame(0, 0, 1, Buffer.from("data")));
    expect(heard.events.slice(3)).toEqual(["http2.tunnel_not_read"]);
  });

  it("tells of answers that come first once more when their requests are there", () => {
    const heard = new Heard().say(
      "server",
      Buffer.concat([h2Settings(), h2Headers(1, { ":status": "204" })]),
    );
    heard.say("client", client(h2Headers(1, GET)));
    expect(heard.events).toEqual(["204 none of ?", told, "204 none of /x"]);
  });

  it("tells of what a server promises", () => {
    const block = h2Headers(2, GET).subarray(9);
    const promise = h2Frame(5, 4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), block]));
    expect(new Heard().say("server", Buffer.concat([h2Settings(), promise])).events).toEqual([
      "promised a.example.org /x",
    ]);
  });

  it.each([
    [
      "http2.headers_too_long",
      [h2Frame(1, 0, 1, Buffer.alloc(16_000)), ...Array(4).fill(h2Frame(9, 0, 1, Buffer.alloc(16_000)))],
    ],
    ["http2.headers_too_long", [h2Frame(1, 4, 1, Buffer.alloc(70_000))]],
    ["http2.frames_broken", [h2Frame(9, 4, 1, Buffer.alloc(1))]],
    ["http2.frames_broken", [h2Frame(1, 0, 1, Buffer.alloc(0)), h2Frame(0, 0, 1, Buffer.alloc(9))]],
    ["http2.frames_broken", [h2Frame(1, 0xc, 1, Buffer.from([9, 0x82]))]],
  ])("gives up with %s, and says so once", (trouble, frames) => {
    const heard = new Heard().say("client", client(...frames, h2Headers(1, GET)), 999);
    expect(heard.events).toEqual([trouble]);
    expect(heard.connection.client.heldBytes).toBeLessThan(10_000);
  });

  it("tells what stood before a break in a head", () => {
    const head = Buffer.concat([h2Headers(1, GET).subarray(9), Buffer.from([0x80])]);
    expect(new Heard().say("client", client(h2Frame(1, 5, 1, head))).events).toEqual([
      told,
      "http2.headers_unreadable",
    ]);
  });

  it("goes on after a hole in content, and not after one elsewhere", () => {
    const data = h2Frame(0, 0, 1, Buffer.alloc(3000, 0x61));
    const heard = new Heard().say(
      "client",
      client(h2Headers(1, GET, { ends: false }), data.subarray(0, 500)),
    );
    heard.connection.client.skip(2000);
    heard.say("client", Buffer.concat([data.subarray(2500), h2Headers(3, GET)]));
    expect(heard.events).toEqual([told, told]);
    heard.connection.client.skip(1);
    expect(heard.events.at(-1)).toBe("http2.frames_lost");
  });

  it("an endless CONTINUATION of empty frames costs nothing", () => {
    const flood = Buffer.concat(Array(50_000).fill(h2Frame(9, 0, 1, Buffer.alloc(0))));
    const heard = new Heard().say("client", client(h2Frame(1, 1, 1, Buffer.alloc(0)), flood));
    expect([heard.events, heard.connection.client.heldBytes]).toEqual([[], 0]);
  });
});

describe("what node's own HTTP/2 says", () => {
  it("is read as it was meant", async () => {
    const [near, far] = pair();
    const heard = new Heard();
    near.heard = (octets) => heard.say("server", octets);
    far.heard = (octets) => heard.say("client", octets);
    const server = createServer();
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.respond({ ":status": 200, "x-all": ALL });
      stream.end("body");
    });
    server.emit("connection", far);
    const session = connect("http://api.example.com:8080", { createConnection: () => near });
    for (let i = 0; i < 30; i++) {
      const stream = session.request({
        ":path": `/v1/${i}?${ALL}`,
        "x-token": `${i}`.repeat(40),
        "x-all": ALL,
      });
      stream.resume();
      await new Promise((resolve) => stream.on("end", resolve));
    }
    session.destroy();
    const expected = Array.from({ length: 30 }, (_, i) => [
      `GET origin api.example.com 8080 /v1/${i}?${ALL}`,
      `200 close of /v1/${i}?${ALL}`,
    ]).flat();
    expect(heard.events).toEqual(expected);
  });
});

/** Every printable octet that a header may have but for what `escapeText` changes. */
const ALL = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
  .join("")
  .replace(/[\\#]/g, "");

class End extends Duplex {
  other: End | null = null;
  heard: (octets: Uint8Array) => void = () => {};

  override _read(): void {}

  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.other?.heard(octets);
    this.other?.push(octets);
    done();
  }
}

function pair(): [End, End] {
  const [near, far] = [new End(), new End()];
  near.other = far;
  far.other = near;
  return [near, far];
}

describe("the beginning of HTTP/2", () => {
  const start = <T>(octets: Uint8Array, of: (view: DataView, at: number, end: number) => T) =>
    of(new DataView(Uint8Array.from(octets).buffer), 0, octets.length);

  it.each([
    ["yes", H2_PREFACE],
    ["maybe", H2_PREFACE.subarray(0, 23)],
    ["maybe", H2_PREFACE.subarray(0, 0)],
    ["no", Buffer.from("PRI * HTTP/2.1\r\n")],
    ["no", Buffer.from("POST / HTTP/1.1")],
  ])("is the client's preface: %s", (expected, octets) => {
    expect(start(octets, isHttp2Start)).toBe(expected);
  });

  it.each([
    [true, h2Settings()],
    [true, h2Settings([3, 100])],
    [false, h2Settings().subarray(0, 8)],
    [false, h2Frame(4, 1, 0, Buffer.alloc(0))],
    [false, h2Frame(4, 0, 0, Buffer.alloc(5))],
    [false, h2Frame(0, 0, 1, Buffer.alloc(5))],
  ])("is a server's settings: %s", (expected, octets) => {
    expect(start(octets, isHttp2ServerStart)).toBe(expected);
  });
});
