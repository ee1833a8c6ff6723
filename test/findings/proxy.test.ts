import { describe, expect, it } from "vitest";
import {
  clientHello,
  httpRequest,
  httpResponse,
  httpTunnelOpens,
  serverHello,
  tlsData,
} from "../traffic/messages.ts";
import type { TcpTalk } from "../traffic/tcp-talk.ts";
import { AGENT, enclave, GATE, GPU, linesOf, OUTSIDE, reasonsOf, Scene } from "./scene.ts";

const PROXY = "10.20.9.30";
const FILE = enclave([
  `id: gate, to: ["*.updates.example.org", ${OUTSIDE}], ports: [443/tcp, 80/tcp], from: [10.20.4.0/24]`,
]);

function through(host: string, say: (talk: TcpTalk) => void): Scene {
  return new Scene().works().talks(host, PROXY, 3128, (talk) => [talk.open(), say(talk)]);
}

function connect(target: string, answer: Uint8Array | null, ...inTunnel: Uint8Array[]) {
  return (talk: TcpTalk) => {
    talk.client(httpRequest(target, target, "CONNECT"));
    if (answer !== null) talk.server(answer);
    for (const octets of inTunnel) talk.client(octets);
  };
}

describe("CONNECT to an inside proxy", () => {
  const name = (outcome: string) => [`name.proxy ${GPU} api.example.com 443/tcp ${outcome} x1`];
  const target = "api.example.com:443";

  it.each([
    ["attempted medium", connect(target, null)],
    ["refused medium", connect(target, httpResponse(403, "no"))],
    ["refused medium", connect(target, httpResponse(502))],
    ["refused medium", (talk: TcpTalk) => [connect(target, null)(talk), talk.reset("server")]],
    ["connected high", connect(target, httpTunnelOpens())],
    ["transferred critical", connect(target, httpTunnelOpens(), clientHello("api.example.com"))],
    ["transferred critical", connect(target, httpTunnelOpens(), Buffer.from("no protocol that is known"))],
  ])("for an outside name: %s", (outcome, say) => {
    expect(through(GPU, say).lines()).toEqual(name(outcome));
  });

  it("counts what went through the tunnel, and names the proxy", () => {
    const scene = through(GPU, (talk) => {
      connect(target, httpTunnelOpens(), Buffer.from("12345"))(talk);
      talk.server("123");
    });
    expect(scene.seen().findings).toMatchObject([{ bytesOut: 5, bytesIn: 3, via: [PROXY] }]);
  });

  it("for an outside address is one as well", () => {
    expect(through(GPU, connect("192.0.2.9:443", httpTunnelOpens())).lines()).toEqual([
      `name.proxy ${GPU} 192.0.2.9 443/tcp connected high x1`,
    ]);
    expect(through(GPU, connect("[2001:db8::9]:443", httpTunnelOpens())).lines()).toEqual([
      `name.proxy ${GPU} 2001:db8::9 443/tcp connected high x1`,
    ]);
  });

  it("for a name in a reverse zone of the outside is one as well, in one of the inside none", () => {
    const to = (name: string) => through(GPU, connect(`${name}:443`, httpTunnelOpens())).lines();
    expect(to("a.7.100.51.198.in-addr.arpa")).toEqual([
      `name.proxy ${GPU} a.7.100.51.198.in-addr.arpa 443/tcp connected high x1`,
    ]);
    expect(to("11.1.20.10.in-addr.arpa")).toEqual([]);
  });

  it.each(["3221225993:443", "0xC0000209:443", "030000001011:443"])(
    "for an outside address written as one number is one as well: %s",
    (to) => {
      const [finding] = through(GPU, connect(to, httpTunnelOpens())).seen().findings;
      expect(finding).toMatchObject({ kind: "name.proxy", ips: ["192.0.2.9"], name: null });
    },
  );

  it.each(["connect", "Connect"])("is one in any case: %s", (method) => {
    const say = (talk: TcpTalk) => {
      talk.client(httpRequest(target, target, method));
      talk.server(httpTunnelOpens());
      talk.client(clientHello("api.example.com"));
    };
    expect(through(GPU, say).lines()).toEqual(name("transferred critical"));
  });

  it.each(["http/1.1", "HTTP/1.7", "HTTP/2.0", "HTTP/0.9"])("is one in any version: %s", (version) => {
    const say = (talk: TcpTalk) => {
      talk.client(`CONNECT ${target} ${version}\r\nHost: ${target}\r\n\r\n`);
      talk.server(httpTunnelOpens());
      talk.client(clientHello("api.example.com"));
    };
    expect(through(GPU, say).lines()).toEqual(name("transferred critical"));
  });

  it("counts octets right when the proxy called the client", () => {
    const scene = new Scene().works().talks(PROXY, GPU, 9999, (talk) => {
      talk.open();
      talk.server(httpRequest(target, target, "CONNECT"));
      talk.client(httpTunnelOpens());
      talk.server("12345");
      talk.client("123");
    });
    expect(scene.seen().findings).toMatchObject([{ kind: "name.proxy", bytesOut: 5, bytesIn: 3 }]);
  });

  it.each([
    ["a target that some read as another", "CONNECT evil.example:443@identity.enclave.internal:443 HTTP/1.1"],
    ["a host behind percent signs", "GET http://evil%2eexample%2ecom/ HTTP/1.1"],
    ["a host with a mark in it", "CONNECT evil.example.com;.enclave.internal:443 HTTP/1.1"],
    ["a host with a zero octet in it", "GET http://evil.example.com\0.enclave.internal/ HTTP/1.1"],
    ["a backslash behind the host", "GET http://identity.enclave.internal\\@evil.example.com/ HTTP/1.1"],
    ["a host behind three slashes", "GET http:///evil.example.com/ HTTP/1.1"],
    ["a target that is no URI", "GET http:evil.example.com/ HTTP/1.1"],
    ["two lengths", "POST / HTTP/1.1\r\nContent-Length: 90\r\nContent-Length: 5"],
    ["a length that some overlook", "POST / HTTP/1.1\r\nContent-Length : 90"],
  ])("is not clean with %s", (_, head) => {
    const summary = through(GPU, (talk) => {
      talk.client(`${head}\r\n\r\n`);
      talk.server(httpResponse(200));
    }).seen();
    expect([summary.verdict, summary.findings]).toEqual(["inconclusive", []]);
  });

  it.each([
    "identity.enclave.internal:443",
    "10.20.9.20:443",
    "169085204:443",
    "intranet:443",
    "localhost:443",
    "[fd20:5eed::9]:443",
  ])("for %s is nothing", (inside) => {
    expect(through(GPU, connect(inside, httpTunnelOpens(), clientHello(null))).lines()).toEqual([]);
  });

  it.each(["x.updates.example.org:443", `${OUTSIDE}:443`])("for %s is allowed by its rule", (allowed) => {
    const summary = through(GATE, connect(allowed, httpTunnelOpens(), tlsData(100))).seen(FILE);
    expect(summary).toMatchObject({ verdict: "clean", findings: [], exceptions: [{ attempts: 1 }] });
    expect(summary.exceptions[0].bytesOut).toBeGreaterThan(100);
  });

  it.each([
    ["another host", GPU, "x.updates.example.org:443"],
    ["another port", GATE, "x.updates.example.org:8443"],
    ["another name", GATE, "updates.example.org:443"],
    ["another address", GATE, "198.51.100.8:443"],
  ])("is not allowed for %s", (_, host, to) => {
    expect(through(host, connect(to, httpTunnelOpens())).lines(FILE)).toHaveLength(1);
  });

  it("with another name in its tunnel is another destination", () => {
    const say = connect(
      "x.updates.example.org:443",
      httpTunnelOpens(),
      clientHello("evil.example.com"),
      tlsData(9),
    );
    expect(through(GATE, say).lines(FILE)).toEqual([
      `name.proxy ${GATE} evil.example.com 443/tcp transferred critical x1`,
    ]);
  });

  it("with a name in its tunnel that nobody can register is another destination all the same", () => {
    const say = connect(
      "x.updates.example.org:443",
      httpTunnelOpens(),
      clientHello("relay.corp"),
      tlsData(9),
    );
    expect(through(GATE, say).lines(FILE)).toHaveLength(1);
  });

  it("with the same name in its tunnel is one finding", () => {
    const say = connect(target, httpTunnelOpens(), clientHello("api.example.com"), tlsData(9));
    expect(through(GPU, say).lines()).toEqual(name("transferred critical"));
  });

  it("to an inside host, with an outside name in its tunnel, is name.inside", () => {
    const say = connect("mirror.enclave.internal:443", httpTunnelOpens(), clientHello("pypi.org"));
    expect(through(GPU, say).lines()).toEqual([`name.inside ${GPU} pypi.org 3128/tcp transferred info x1`]);
  });

  it("reads requests in a plain tunnel", () => {
    const say = connect("x.updates.example.org:80", httpTunnelOpens(), httpRequest("evil.example.com"));
    expect(through(GATE, say).lines(FILE)).toEqual([
      `name.proxy ${GATE} evil.example.com 80/tcp transferred critical x1`,
    ]);
  });
});

it("the thousandth name of a tunnel is told as well as the first", () => {
  const scene = through(GATE, (talk) => {
    connect("x.updates.example.org:80", httpTunnelOpens())(talk);
    for (let i = 0; i < 1100; i++) talk.data("client", httpRequest(`h${i}.updates.example.org`));
    talk.client(httpRequest("evil.example.com"));
  });
  expect(scene.lines(FILE)).toEqual([`name.proxy ${GATE} evil.example.com 80/tcp transferred critical x1`]);
});

describe("absolute-form requests to an inside proxy", () => {
  it("have the octets of their connection where they all go to one destination", () => {
    const ask = (host: string) => httpRequest(host, `http://${host}/`);
    const to = (...hosts: string[]) =>
      through(GPU, (talk) => {
        for (const host of hosts) [talk.client(ask(host)), talk.server(httpResponse(200, "ok"))];
      }).seen().findings;
    const [out, back] = [ask("a.example.com").length, httpResponse(200, "ok").length];
    expect(to("a.example.com", "a.example.com")).toMatchObject([{ bytesOut: 2 * out, bytesIn: 2 * back }]);
    expect(to("a.example.com", "b.example.com")).toMatchObject([{ bytesOut: 0 }, { bytesOut: 0 }]);
  });

  const get = (name: string) => httpRequest(name, `http://${name}/`);
  const line = (name: string, outcome: string) => `name.proxy ${GPU} ${name} 80/tcp ${outcome} x1`;

  it.each([
    ["attempted medium", null],
    ["refused medium", httpResponse(403, "no")],
    ["refused medium", httpResponse(504)],
    ["connected high", httpResponse(204)],
    ["transferred critical", httpResponse(200, "data")],
  ])("%s", (outcome, answer) => {
    const scene = through(GPU, (talk) => {
      talk.client(get("a.example.com"));
      if (answer !== null) talk.server(answer);
    });
    expect(scene.lines()).toEqual([line("a.example.com", outcome)]);
  });

  it("name a new destination each, kept alive", () => {
    const scene = through(GPU, (talk) => {
      for (let i = 0; i < 100; i++) {
        talk.client(get("vector.enclave.internal"));
        talk.server(httpResponse(200, "inside"));
      }
      for (const name of ["a.example.com", "b.example.net"]) {
        talk.client(get(name));
        talk.server(httpResponse(name.startsWith("a") ? 200 : 403, "x"));
      }
    });
    expect(scene.lines()).toEqual([
      line("a.example.com", "transferred critical"),
      line("b.example.net", "refused medium"),
    ]);
  });

  it("name a new destination each, pipelined in one segment", () => {
    const scene = through(GPU, (talk) => {
      talk.client(
        Buffer.concat([get("a.example.com"), get("gpu-01.enclave.internal"), get("b.example.net")]),
      );
      talk.server(Buffer.concat([httpResponse(200, "x"), httpResponse(200, "y"), httpResponse(502)]));
    });
    expect(scene.lines()).toEqual([
      line("a.example.com", "transferred critical"),
      line("b.example.net", "refused medium"),
    ]);
  });

  it("are judged by their target, not by their Host", () => {
    const scene = through(GPU, (talk) =>
      talk.client(httpRequest("gpu-01.enclave.internal", "http://a.example.com/")),
    );
    expect(scene.lines()).toEqual([line("a.example.com", "attempted medium")]);
  });

  it("are one attempt when the segment came twice", () => {
    const scene = through(GPU, (talk) => {
      const [segment] = talk.client(get("a.example.com"));
      talk.frames.push(segment, segment);
    });
    expect(scene.lines()).toEqual([line("a.example.com", "attempted medium")]);
  });

  it("for an expired exception are policy.expired", () => {
    const file = FILE.replace("from:", "expires: 2026-01-31, from:");
    const scene = through(GATE, (talk) => talk.client(get("x.updates.example.org")));
    expect(scene.lines(file)).toEqual([
      `policy.expired ${GATE} x.updates.example.org 80/tcp attempted medium x1`,
    ]);
  });
});

describe("requests to an inside proxy in the forms that proxies put up with", () => {
  const url = "http://api.example.com/x";
  const host = "Host: api.example.com";
  const told = [`name.proxy ${GPU} api.example.com 80/tcp transferred critical x1`];
  const asks = (line: string) =>
    through(GPU, (talk) => {
      talk.client(`${line}\r\n${host}\r\n\r\n`);
      talk.server(httpResponse(200, "hi"));
    });

  it.each([
    ["a method with digits and signs", `M1+x ${url} HTTP/1.1`],
    ["a method longer than any registered", `${"M".repeat(40)} ${url} HTTP/1.1`],
    ["vertical tabs and form feeds for spaces", `GET\v${url}\fHTTP/1.1`],
    ["bare CRs for spaces", `GET\r${url}\rHTTP/1.1`],
    ["white space before the method", ` \tGET ${url} HTTP/1.1`],
    ["a method like a load balancer's header", `PROXY ${url} HTTP/1.1`],
    ["a method like the banner of SSH", `SSH-2.0 ${url} HTTP/1.1`],
  ])("with %s", (_, line) => {
    expect(asks(line).lines()).toEqual(told);
  });

  it("behind a load balancer's header that is one", () => {
    const header = "PROXY TCP4 10.20.1.11 10.20.9.30 40000 3128\r\n";
    expect(asks(`${header}GET ${url} HTTP/1.1`).lines()).toEqual(told);
    expect(asks(`PROXY UNKNOWN\r\nGET ${url} HTTP/1.1`).lines()).toEqual(told);
  });

  it("are not clean where a server answers what is no request that could be read", () => {
    for (const line of [`\x01GET ${url} HTTP/1.1`, `${"M".repeat(65)} ${url} HTTP/1.1`])
      expect(reasonsOf(asks(line).seen())).toEqual(["http.request_unread"]);
  });

  it("are not clean where what looks like another protocol is answered", () => {
    const answered = (...said: string[]) =>
      through(GPU, (talk) => {
        for (const text of said) talk.data("client", text);
        talk.server(httpResponse(200, "hi"));
      });
    const line = `${url} HTTP/1.0\r\n${host}\r\n\r\n`;
    for (const scene of [answered("SSH-2.0-x", ` ${line}`), answered(`HTTP/1.1 ${line}`)])
      expect(reasonsOf(scene.seen())).toEqual(["http.request_unread"]);
  });

  it("are not clean in a tunnel either", () => {
    const scene = through(GPU, (talk) => {
      connect("10.20.9.31:3128", httpTunnelOpens())(talk);
      talk.client(`\x01GET ${url} HTTP/1.1\r\n${host}\r\n\r\n`);
      talk.server(httpResponse(200, "hi"));
    });
    expect(reasonsOf(scene.seen())).toEqual(["http.request_unread"]);
    const silent = through(GPU, connect("10.20.9.31:22", httpTunnelOpens(), Buffer.from("SSH-2.0-x\r\n")));
    expect(silent.seen().verdict).toBe("clean");
  });

  it("are none where nothing mentions HTTP: scanners ask everybody in all languages", () => {
    for (const probe of ["\x01\x02", "GET /\r\n", "OPTIONS / RTSP/1.0\r\n\r\n", "HELP\r\n"]) {
      const scene = through(GPU, (talk) => {
        talk.client(probe);
        talk.server(httpResponse(400));
      });
      expect(scene.seen().verdict, probe).toBe("clean");
    }
  });
});

describe("an outside name toward an inside address", () => {
  it.each([
    ["SNI", (talk: TcpTalk) => [talk.client(clientHello("pypi.org")), talk.server(serverHello())]],
    ["Host", (talk: TcpTalk) => [talk.client(httpRequest("pypi.org")), talk.server(httpResponse(200))]],
  ])("by %s is name.inside, always info, once a connection", (_, say) => {
    const scene = new Scene().talks(AGENT, GPU, 443, (talk) => [talk.open(), say(talk), talk.close()]);
    scene.talks(AGENT, GPU, 443, (talk) => [talk.open(), say(talk), talk.close()]);
    const summary = scene.seen();
    expect(linesOf(summary)).toEqual([`name.inside ${AGENT} pypi.org 443/tcp transferred info x2`]);
    expect(summary.verdict).toBe("clean");
    expect(summary.findings[0].bytesOut).toBeGreaterThan(0);
  });

  it.each(["gpu-01.enclave.internal", "intranet", "a.corp", "a.test", "10.20.1.11"])(
    "%s is nothing",
    (name) => {
      expect(new Scene().tls(AGENT, GPU, name).lines()).toEqual([]);
    },
  );

  it("counts the octets of each name on one connection", () => {
    const first = httpRequest("a.example.com");
    const scene = new Scene().talks(AGENT, GPU, 80, (talk) => {
      talk.open();
      talk.client(first);
      talk.server(httpResponse(200, "x"));
      talk.client(httpRequest("b.example.com"));
      talk.server(httpResponse(200, "x"));
    });
    const total = scene.seen().findings.reduce((sum, finding) => sum + finding.bytesOut, 0);
    expect(scene.lines()).toHaveLength(2);
    expect(total).toBe(2 * first.length);
  });
});

describe("what a mirror serves", () => {
  const file = enclave(
    [],
    [`mirrored: [{ name: "*.pypi.org", to: ${PROXY} }, { name: quay.io, to: 10.20.9.1 }]`],
  );

  it("may be asked of the mirror itself", () => {
    expect(through(GPU, connect("files.pypi.org:443", httpTunnelOpens())).lines(file)).toEqual([]);
  });

  it("is an outside destination to any other proxy", () => {
    expect(through(GPU, connect("quay.io:443", httpTunnelOpens())).lines(file)).toEqual([
      `name.proxy ${GPU} quay.io 443/tcp connected high x1`,
    ]);
    const get = through(GPU, (talk) => talk.client(httpRequest("quay.io", "http://quay.io/v2/")));
    expect(get.lines(file)).toEqual([`name.proxy ${GPU} quay.io 80/tcp attempted medium x1`]);
  });
});

describe("HTTP/0.9 with an absolute target", () => {
  const line = (outcome: string) => [`name.proxy ${GPU} evil.example.com 80/tcp ${outcome} x1`];

  it.each([
    ["GET http://evil.example.com/x\r\n", null, "attempted medium"],
    ["GET http://evil.example.com/x\n", "<html>", "transferred critical"],
    ["GET\thttp://evil.example.com \r\n", "x", "transferred critical"],
  ])("%j to an inside proxy is a request to it", (request, answer, outcome) => {
    const scene = through(GPU, (talk) => {
      for (const octet of Buffer.from(request)) talk.data("client", [octet]);
      if (answer !== null) talk.server(answer);
    });
    expect(scene.lines()).toEqual(line(outcome));
  });

  it("names its destination outside, and is nothing inside", () => {
    const across = new Scene().works().talks(GPU, OUTSIDE, 80, (talk) => {
      talk.open();
      talk.client("GET http://a.example.com/\r\n");
    });
    expect(across.lines()).toEqual([`egress.flow ${GPU} a.example.com 80/tcp transferred critical x1`]);
    expect(through(GPU, (talk) => talk.client("GET http://vllm.enclave.internal/\r\n")).lines()).toEqual([]);
    expect(through(GPU, (talk) => talk.client("GET /x\r\n")).seen().verdict).toBe("clean");
  });
});

describe("the proxying of packets over HTTP/1 (RFC 9298, RFC 9484)", () => {
  const asks = (path: string, protocol: string, status: number) =>
    through(GPU, (talk) => {
      talk.client(
        `GET ${path} HTTP/1.1\r\nHost: relay.enclave.internal\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
      );
      talk.server(`HTTP/1.1 ${status} X\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
      if (status === 101) talk.client("\0\x05\0data");
    });

  it.each([
    [
      "/.well-known/masque/udp/quic.example.com/443/",
      "connect-udp",
      101,
      "quic.example.com 443/udp transferred critical",
    ],
    [
      "/.well-known/masque/udp/quic.example.com/443/",
      "connect-udp",
      403,
      "quic.example.com 443/udp refused medium",
    ],
    [
      "/.well-known/masque/udp/2001%3Adb8%3A%3A9/53/",
      "connect-udp",
      101,
      "2001:db8::9 53/udp transferred critical",
    ],
    [
      "/.well-known/masque/ip/vpn.example.com/17/",
      "connect-ip",
      101,
      "vpn.example.com udp transferred critical",
    ],
  ])("%s is a request to the proxy", (path, protocol, status, line) => {
    expect(asks(path, protocol, status).lines()).toEqual([`name.proxy ${GPU} ${line} x1`]);
  });

  it("is not clean where the target is not said in a way that is known", () => {
    expect(asks("/.well-known/masque/ip/*/*/", "connect-ip", 101).seen().verdict).toBe("inconclusive");
    expect(asks("/proxy?h=a.example.com&p=53", "connect-udp", 101).seen().verdict).toBe("inconclusive");
  });

  it("for inside hosts is nothing", () => {
    const path = "/.well-known/masque/udp/vllm.enclave.internal/443/";
    expect(asks(path, "connect-udp", 101).seen()).toMatchObject({ verdict: "clean", findings: [] });
  });
});
