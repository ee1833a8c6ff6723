import { describe, expect, it } from "vitest";
import { isHttpResponseStart, isHttpStart } from "../../src/names/http-start.ts";
import { Http1Connection, HttpRequestReader, HttpResponseReader } from "../../src/names/http1.ts";
import { expectNoReadOutside, latin1, placed, seeded } from "./octets.ts";

const CRLF = "\r\n";

function head(...lines: string[]): string {
  return lines.join(CRLF) + CRLF + CRLF;
}

/** What a reader says of a stream in these chunks; a number is a gap of so many octets. */
function requests(reader: HttpRequestReader, ...chunks: (string | number)[]): string[] {
  const events: string[] = [];
  for (const chunk of chunks) {
    if (typeof chunk === "number") {
      const result = reader.skip(chunk);
      if (result === "request") events.push(summary(reader));
      else if (result !== "more") events.push(result);
      continue;
    }
    const { view, at: start, end } = placed(latin1(chunk), 0xff);
    let result = "more";
    for (let at = start; at < end && result !== "tunnel"; at = reader.next) {
      result = reader.feed(view, at, end);
      if (result === "request") events.push(summary(reader));
      else if (result === "tunnel") events.push(`tunnel ${chunk.slice(reader.next - start)}`);
      else if (result === "lost") events.push(result);
    }
  }
  return events;
}

function summary({ request }: HttpRequestReader): string {
  return [request?.method, request?.host, request?.target, ...(request?.notes ?? [])].join(" ");
}

function read(text: string) {
  const reader = new HttpRequestReader();
  requests(reader, text);
  return reader.request;
}

describe("a request's head", () => {
  it("is read whole", () => {
    const request = read(head("GET /a?b=c HTTP/1.1", "Host: Models.Example.COM:8080", "Accept: */*"));
    expect(request).toEqual({
      method: "GET",
      target: "/a?b=c",
      form: "origin",
      scheme: "",
      path: "/a?b=c",
      host: "models.example.com",
      port: 8080,
      address: null,
      authority: "Models.Example.COM:8080",
      otherHosts: [],
      protocol: "HTTP/1.1",
      upgrade: "",
      framing: "none",
      contentLength: 0,
      isUdp: false,
      opensTunnel: false,
      ownsConnection: false,
      contentType: "",
      credentials: "",
      hasContent: false,
      notes: [],
    });
  });

  it.each([
    ["absolute", "GET http://a.example/x HTTP/1.1", "a.example", 80, "/x", "http"],
    ["absolute", "GET HTTPS://u:p@A.example?q HTTP/1.1", "a.example", 443, "?q", "https"],
    ["absolute", "GET ftp://a.example:2121 HTTP/1.0", "a.example", 2121, "/", "ftp"],
    ["absolute", "GET http://[2001:db8::1]:81/ HTTP/1.1", "2001:db8::1", 81, "/", "http"],
    ["authority", "CONNECT a.example:443 HTTP/1.1", "a.example", 443, "", ""],
    ["asterisk", "OPTIONS * HTTP/1.1", "b.example", 0, "*", ""],
    ["origin", "GET //c.example/ HTTP/1.1", "b.example", 0, "//c.example/", ""],
    ["odd", "GET a.example HTTP/1.1", "b.example", 0, "a.example", ""],
    ["origin", "GET   /a b\tc   HTTP/1.1  ", "b.example", 0, "/a b\\009c", ""],
    ["origin", "PROPFIND /\xff HTTP/1.1", "b.example", 0, "/\\255", ""],
  ])("%s-form: %s", (form, line, host, port, path, scheme) => {
    const request = read(head(line, "Host: b.example"));
    expect(request).toMatchObject({ form, host, port, path, scheme });
  });

  it.each<[string, string[], string, string[], string[]]>([
    ["no Host", ["A: b"], "", [], []],
    ["an empty Host", ["Host:"], "", [], []],
    ["two Hosts", ["Host: a", "Host: b"], "a", ["b"], ["http.several_hosts", "http.host_differs"]],
    ["the same Host twice", ["Host: a", "host: A"], "a", [], ["http.several_hosts"]],
    ["a folded Host", ["Host:", " a.example"], "a.example", [], ["http.folded_header"]],
    ["a space before the colon", ["Host : a"], "a", [], ["http.space_before_colon"]],
    ["spaces around", ["hOsT: \t a \t"], "a", [], []],
    ["an odd one", ["Host: a\x01b"], "a\\001b", [], ["http.host_odd"]],
    ["a name that only begins so", ["HostX: a", "X-Host: b"], "", [], []],
  ])("%s", (_what, lines, host, others, notes) => {
    const request = read(head("GET / HTTP/1.1", ...lines));
    expect(request?.host).toBe(host);
    expect(request?.otherHosts.map((other) => other.host)).toEqual(others);
    expect(request?.notes).toEqual(notes);
  });

  it("takes the target's authority before the Host, and keeps both", () => {
    const request = read(head("GET http://outside.example/ HTTP/1.1", "Host: inside.internal"));
    expect(request?.host).toBe("outside.example");
    expect(request?.otherHosts.map((other) => other.host)).toEqual(["inside.internal"]);
    expect(request?.notes).toEqual(["http.host_differs"]);
  });

  it.each<[string[], string, number, string[]]>([
    [["Content-Length: 5"], "length", 5, []],
    [["Content-Length: 0"], "none", 0, []],
    [["Content-Length: 5", "Content-Length: 5"], "length", 5, []],
    [["Content-Length: 5, 5"], "length", 5, []],
    [["Content-Length: 5", "Content-Length: 6"], "length", 5, ["http.content_lengths_differ"]],
    [["Content-Length: +5"], "none", 0, ["http.content_length_bad"]],
    [["Content-Length: 99999999999999999999"], "none", 0, ["http.content_length_bad"]],
    [["Transfer-Encoding: chunked"], "chunked", 0, []],
    [["Transfer-Encoding: gzip, Chunked"], "chunked", 0, []],
    [["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], "chunked", 0, []],
    [["Transfer-Encoding: chunked", "Content-Length: 5"], "chunked", 0, ["http.length_and_chunked"]],
    [["Transfer-Encoding: xchunked"], "none", 0, ["http.transfer_coding_odd"]],
    [
      ["Transfer-Encoding: identity", "Content-Length: 5"],
      "length",
      5,
      ["http.length_and_chunked", "http.transfer_coding_odd"],
    ],
  ])("framing of %j", (lines, framing, contentLength, notes) => {
    const request = read(head("POST / HTTP/1.1", "Host: a", ...lines));
    expect(request).toMatchObject({ framing, contentLength, notes });
  });

  it("puts up with bare line feeds and leading empty lines", () => {
    expect(read("\r\n\n\r\nGET / HTTP/1.1\nHost: a.example\n\n")).toMatchObject({
      host: "a.example",
      notes: [],
    });
  });

  it("is capped", () => {
    const reader = new HttpRequestReader();
    const start = `GET / HTTP/1.1${CRLF}Host: a.example${CRLF}X: `;
    expect(requests(reader, start, "x".repeat(70_000), "x".repeat(100))).toEqual([
      "GET a.example / http.head_too_long",
    ]);
    expect(reader.heldBytes).toBe(0);
    expect(requests(reader, head("GET /2 HTTP/1.1", "Host: b"))).toEqual(["GET b /2"]);
    const long = read(head(`GET /${"x".repeat(60_000)} HTTP/1.1`, "Host: a"));
    expect(long?.target).toHaveLength(2048);
  });

  it("takes linear time on lines made to be slow", () => {
    for (const filling of [" ", "\t ", ":", " :", "\n ", "\r", "%", "@", ",", "::"]) {
      const line = filling.repeat(Math.floor(60_000 / filling.length));
      const start = `GET /${line} HTTP/1.${CRLF}Host: ${line}${CRLF}`;
      requests(new HttpRequestReader(), start, CRLF);
      read(head("GET / HTTP/1.1", `Host: ${line}`));
      read(head("GET / HTTP/1.1", `Transfer-Encoding: ${line}`, "Host: a"));
    }
  });
});

describe("HttpRequestReader", () => {
  const chunked = head("POST /chunked HTTP/1.1", "Host: c", "Transfer-Encoding: chunked");
  const stream = [
    head("GET /1 HTTP/1.1", "Host: a"),
    head("POST /2 HTTP/1.1", "Host: b", "Content-Length: 25"),
    "GET /no HTTP/1.1\r\n\r\n12345",
    `${chunked}4;x=y\r\nGET \r\n0A\r\n0123456789\r\n0\r\nTrailer: 1\r\nGET / HTTP/1.1\r\n\r\n`,
    "\r\n",
    head("GET /3 HTTP/1.0"),
    head("CONNECT d:443 HTTP/1.1", "Host: d:443"),
    "\x16\x03\x01tunnel",
  ].join("");
  const events = ["GET a /1", "POST b /2", "POST c /chunked", "GET  /3", "CONNECT d d:443"];

  it("finds every request, and where the tunnel begins", () => {
    expect(requests(new HttpRequestReader(), stream)).toEqual([...events, "tunnel \x16\x03\x01tunnel"]);
  });

  it("gives the same requests however the stream is cut", () => {
    for (let cut = 1; cut < stream.length; cut++) {
      const reader = new HttpRequestReader();
      const got = requests(reader, stream.slice(0, cut), stream.slice(cut));
      expect(got.slice(0, 5)).toEqual(events);
      const tunnel = got.slice(5).map((event) => event.slice("tunnel ".length));
      expect(tunnel.join("")).toBe("\x16\x03\x01tunnel");
    }
    const single = requests(new HttpRequestReader(), ...stream);
    expect(single.slice(0, 5)).toEqual(events);
    expect(single.slice(5)).toEqual([..."\x16\x03\x01tunnel"].map((octet) => `tunnel ${octet}`));
  });

  it("finds the hundredth pipelined request as the first", () => {
    const all = Array.from({ length: 100 }, (_, i) => head(`GET /${i} HTTP/1.1`, `Host: h${i}.example`));
    const got = requests(new HttpRequestReader(), all.join(""));
    expect(got).toHaveLength(100);
    expect(got[99]).toBe("GET h99.example /99");
  });

  it("skips content by number", () => {
    const reader = new HttpRequestReader();
    const lenBytes = 3_000_000_000;
    expect(
      requests(reader, head("PUT /big HTTP/1.1", "Host: a", `Content-Length: ${lenBytes}`)),
    ).toHaveLength(1);
    expect(reader.bodyLeft).toBe(lenBytes);
    expect(requests(reader, "x".repeat(1000), lenBytes - 2000, "x".repeat(1000))).toEqual([]);
    expect(reader.bodyLeft).toBe(0);
    expect(requests(reader, head("GET /after HTTP/1.1", "Host: b"))).toEqual(["GET b /after"]);
  });

  it("skips inside a chunk, not over its end", () => {
    const first = `${chunked}100\r\n${"x".repeat(10)}`;
    const reader = new HttpRequestReader();
    expect(requests(reader, first, 246, "\r\n0\r\n\r\n", head("GET /a HTTP/1.1"))).toEqual([
      "POST c /chunked",
      "GET  /a",
    ]);
    const lost = new HttpRequestReader();
    expect(requests(lost, first, 247, "junk", head("GET /a HTTP/1.1"))).toEqual([
      "POST c /chunked",
      "lost",
      "GET  /a",
    ]);
    expect(lost.lostCount).toBe(1);
  });

  it("keeps what a cut head says", () => {
    const cut = `GET /x HTTP/1.1${CRLF}Host: a.example${CRLF}Cookie: no`;
    expect(requests(new HttpRequestReader(), cut, 1000)).toEqual(["GET a.example /x http.head_incomplete"]);
    const ended = new HttpRequestReader();
    requests(ended, cut);
    expect(ended.finish()).toBe("request");
    expect(ended.request?.host).toBe("a.example");
    const half = new HttpRequestReader();
    requests(half, "GET /x HT");
    expect(half.finish()).toBe("more");
    expect(half.request).toBeNull();
    // A line that is cut is no line: its name might go on.
    const name = new HttpRequestReader();
    requests(name, `GET /x HTTP/1.1${CRLF}Host: a.exam`);
    expect(name.finish()).toBe("request");
    expect(name.request?.host).toBe("");
  });

  it.each([
    ["no method", "\x16\x03\x01\x02"],
    ["a delimiter in the method", "g(t / HTTP/1.1\r\n\r\n"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["no target", "GET HTTP/1.1\r\n\r\n"],
    ["bad chunk size", `${chunked}xyz\r\n`],
    ["huge chunk size", `${chunked}${"f".repeat(14)}\r\n`],
    ["chunk without its line end", `${chunked}1\r\nab`],
  ])("loses itself on %s, and goes on at the next message", (_what, text) => {
    const reader = new HttpRequestReader();
    expect(requests(reader, text).at(-1)).toBe("lost");
    expect(requests(reader, "noise", head("GET /on HTTP/1.1", "Host: a"))).toEqual(["GET a /on"]);
    expect(requests(new HttpRequestReader(), ...text).includes("lost")).toBe(true);
  });

  it("reads nothing outside its octets", () => {
    const bytes = latin1(`${chunked}3\r\nabc\r\n0\r\n\r\n${head("GET http://x:1/ HTTP/1.1", "Host: [::1]")}`);
    expectNoReadOutside(bytes, ({ view, at, end }) => {
      const reader = new HttpRequestReader();
      const results: unknown[] = [isHttpStart(view, at, end), isHttpResponseStart(view, at, end)];
      while (at < end) {
        results.push(reader.feed(view, at, end), reader.request, reader.next - at);
        at = reader.next;
      }
      return [...results, reader.finish(), reader.request];
    });
  });

  it("survives flipped octets, and still reads many of them", () => {
    const random = seeded(5);
    let whole = 0;
    for (let n = 0; n < 3_000; n++) {
      const bytes = latin1(stream);
      for (let flips = random() * 4; flips >= 1; flips--) {
        bytes[Math.floor(random() * bytes.length)] = random() * 256;
      }
      const text = Buffer.from(bytes).toString("latin1");
      const cut = Math.floor(random() * text.length);
      if (requests(new HttpRequestReader(), text.slice(0, cut), text.slice(cut)).length >= 5) whole++;
    }
    expect(whole).toBeGreaterThan(1_200);
  });
});

describe("HttpResponseReader", () => {
  /** Status codes of a server's stream, after requests with these methods. */
  const statuses = (methods: string[], ...chunks: (string | number)[]) => {
    const reader = new HttpResponseReader();
    for (const method of methods) {
      const request = read(head(`${method} a:1 HTTP/1.1`, "Host: a"));
      if (request !== null) reader.expect(request);
    }
    const got: string[] = [];
    for (const chunk of chunks) {
      if (typeof chunk === "number") {
        got.push(`skip ${reader.skip(chunk)}`);
        continue;
      }
      const { view, at: start, end } = placed(latin1(chunk), 0xff);
      let result = "more";
      for (let at = start; at < end && result !== "tunnel"; at = reader.next) {
        result = reader.feed(view, at, end);
        if (result === "response") got.push(`${reader.response?.status} ${reader.answered?.method ?? "-"}`);
        else if (result === "tunnel") got.push(`tunnel ${chunk.slice(reader.next - start)}`);
        else if (result !== "more") got.push(result);
      }
    }
    return got;
  };

  it.each<[string, string[], string[], string[]]>([
    ["length", ["GET"], ["Content-Length: 3", "", "abc"], ["200 GET", "404 GET"]],
    ["chunked", ["GET"], ["Transfer-Encoding: chunked", "", "3\r\nabc\r\n0\r\n\r\n"], ["200 GET", "404 GET"]],
    ["HEAD has no content", ["HEAD"], ["Content-Length: 3", "", ""], ["200 HEAD", "404 GET"]],
  ])("%s", (_what, methods, lines, expected) => {
    const text =
      ["HTTP/1.1 200 OK", ...lines].join(CRLF) + head("HTTP/1.1 404 Not Found", "Content-Length: 0");
    expect(statuses([...methods, "GET"], text)).toEqual(expected);
    expect(statuses([...methods, "GET"], ...text)).toEqual(expected);
  });

  it.each([["204"], ["304"]])("%s has no content", (code) => {
    const text =
      head(`HTTP/1.1 ${code} x`, "Content-Length: 9") + head("HTTP/1.1 200 OK", "Content-Length: 0");
    expect(statuses(["GET", "GET"], text)).toEqual([`${code} GET`, "200 GET"]);
  });

  it("does not count interim responses as answers", () => {
    const text =
      head("HTTP/1.1 100 Continue") + head("HTTP/1.1 103 Early Hints") + head("HTTP/1.1 204 No Content");
    expect(statuses(["POST"], text)).toEqual(["100 POST", "103 POST", "204 POST"]);
  });

  it("reads to the end of the connection without a length", () => {
    const text = head("HTTP/1.1 200 OK") + head("HTTP/1.1 404 not a message");
    expect(statuses(["GET"], text, 1000, "x")).toEqual(["200 GET", "skip more"]);
  });

  it("reports tunnels", () => {
    expect(statuses(["CONNECT"], `${head("HTTP/1.1 200 Connection established")}\x16\x03`)).toEqual([
      "200 CONNECT",
      "tunnel \x16\x03",
    ]);
    expect(statuses(["GET"], `${head("HTTP/1.1 101 Switching", "Upgrade: websocket")}\x81`)).toEqual([
      "101 GET",
      "tunnel \x81",
    ]);
    const refused = head("HTTP/1.1 403 Forbidden", "Content-Length: 2");
    expect(statuses(["CONNECT", "GET"], `${refused}no${head("HTTP/1.1 204 No Content")}`)).toEqual([
      "403 CONNECT",
      "204 GET",
    ]);
  });

  it("starts without having seen a request, and recovers from junk", () => {
    expect(statuses([], head("HTTP/1.1 204 No Content"))).toEqual(["204 -"]);
    expect(statuses([], "220 mail.example ESMTP\r\n", head("HTTP/1.1 204 No Content"))).toEqual([
      "lost",
      "204 -",
    ]);
  });
});

describe("Http1Connection", () => {
  const feed = (connection: Http1Connection, side: "feedClient" | "feedServer", text: string) => {
    const { view, at, end } = placed(latin1(text));
    return connection[side](view, at, end);
  };
  const CONNECT = head("CONNECT a.example:443 HTTP/1.1", "Host: a.example:443");

  it("opens the tunnel for both sides", () => {
    const connection = new Http1Connection();
    expect(feed(connection, "feedClient", CONNECT)).toBe("request");
    expect(feed(connection, "feedServer", head("HTTP/1.1 200 OK"))).toBe("response");
    // In the tunnel even HTTP is another protocol's business.
    expect(feed(connection, "feedClient", head("GET / HTTP/1.1"))).toBe("tunnel");
    expect(feed(connection, "feedServer", "x")).toBe("tunnel");
  });

  it("goes on with requests after a refusal", () => {
    const connection = new Http1Connection();
    feed(connection, "feedClient", CONNECT);
    feed(connection, "feedServer", head("HTTP/1.1 407 Authenticate", "Content-Length: 0"));
    expect(feed(connection, "feedClient", CONNECT)).toBe("request");
    feed(connection, "feedServer", head("HTTP/1.1 200 OK"));
    expect(feed(connection, "feedClient", "\x16")).toBe("tunnel");
  });

  it("goes on with requests after an upgrade that was declined", () => {
    const connection = new Http1Connection();
    feed(connection, "feedClient", head("GET / HTTP/1.1", "Upgrade: h2c", "Connection: Upgrade"));
    feed(connection, "feedServer", head("HTTP/1.1 200 OK", "Content-Length: 0"));
    expect(feed(connection, "feedClient", head("GET /2 HTTP/1.1"))).toBe("request");
    expect(feed(connection, "feedClient", "\x81\x05")).toBe("lost");
  });

  it("takes the client's word where the server is not seen", () => {
    const refused = new Http1Connection();
    feed(refused, "feedClient", CONNECT);
    expect(feed(refused, "feedClient", CONNECT)).toBe("request");
    expect(feed(refused, "feedClient", "\x16\x03\x01")).toBe("tunnel");
  });
});

describe("recognition", () => {
  it.each([
    ["GET / HTTP/1.1\r\n", "yes"],
    ["PROPFIND /dav HTTP/1.0", "yes"],
    ["M-SEARCH * HTTP/1.1", "yes"],
    ["UPDATEREDIRECTREF / HTTP/1.1", "yes"],
    ["\r\nGET / HTTP/1.1", "yes"],
    ["GET /a b HTTP/1.1", "yes"],
    [`GET /${"x".repeat(5000)}`, "yes"],
    ["", "maybe"],
    ["G", "maybe"],
    ["GET", "maybe"],
    ["GET ", "maybe"],
    ["GET /index", "maybe"],
    ["GET / HTTP/1.", "maybe"],
    ["GET /\r\n", "no"],
    ["GET / HTTP/2.0\r\n", "yes"],
    ["GET / http/9.9\r\n", "yes"],
    ["GET / HTTP/1\r\n", "no"],
    ["GET / HTTP\x0f1.1\r\n", "no"],
    ["GET / HTTP/1\x0e1\r\n", "no"],
    ["PRI * HTTP/2.0\r\n\r\n", "maybe"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "no"],
    ["PRI / HTTP/2.0\r\n", "yes"],
    ["A / HTTP/1.1", "yes"],
    ["get / HTTP/1.1", "yes"],
    ["GET\t/\tHTTP/1.1", "yes"],
    [" / HTTP/1.1", "no"],
    ["\vGET\v/\fHTTP/1.1", "yes"],
    ["GET\r/\rHTTP/1.1\r\n", "yes"],
    ["GET\r", "maybe"],
    ["GET\r\n", "no"],
    ["GET /a\r", "maybe"],
    ["G3T!#$%&'*+-.^_`|~ / HTTP/1.1", "yes"],
    [`${"M".repeat(64)} / HTTP/1.1`, "yes"],
    [`${"M".repeat(65)} / HTTP/1.1`, "no"],
    [`M1 /${"x".repeat(5000)}`, "no"],
    ["<stream:stream to='a' version='1.0'>", "no"],
    ['{"id": 1}', "no"],
    ["HTTP/1.1 200 HTTP/1.1", "no"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "no"],
    ["EHLO mail.example\r\n", "no"],
    ["\x16\x03\x01", "no"],
  ])("%j: %s", (text, expected) => {
    for (const fill of [0x00, 0xff]) {
      const { view, at, end } = placed(latin1(text), fill);
      expect(isHttpStart(view, at, end)).toBe(expected);
    }
  });

  it("never takes back a yes or a no", () => {
    for (const text of [
      "GET /x HTTP/1.1\r\nHost: a\r\n",
      "SSH-2.0-x\r\n",
      "GET /a\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]) {
      let last = "maybe";
      for (let length = 0; length <= text.length; length++) {
        const { view, at, end } = placed(latin1(text.slice(0, length)), 0xff);
        const now = isHttpStart(view, at, end);
        if (last !== "maybe") expect(now).toBe(last);
        last = now;
      }
      expect(last).not.toBe("maybe");
    }
  });

  it("knows status lines", () => {
    const of = (text: string) => {
      const { view, at, end } = placed(latin1(text), 0xff);
      return isHttpResponseStart(view, at, end);
    };
    expect(["HTTP/1.1 200 OK", "HTTP/1.", "HTTP/2 200", "220 mail"].map(of)).toEqual([
      "yes",
      "maybe",
      "no",
      "no",
    ]);
  });
});
