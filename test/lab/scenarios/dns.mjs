/** @type {import("./scenario.mjs").Scenario} */
export const dns = {
  about:
    "Questions and resolvers: approved and not, UDP and TCP, names that mean nothing outside, and a message with a broken tail.",
  exceptions: [],
  steps: [
    {
      host: "gpu-01",
      run: ["dig", "+short", "@192.0.2.53", "huggingface.co"],
      why: "a resolver outside",
      expects: [["dns.resolver", "gpu-01", "192.0.2.53", "53/udp", "answered"]],
    },
    {
      host: "gpu-01",
      run: ["dig", "+short", "+tcp", "@192.0.2.53", "TXT", "config.example.net"],
      why: "a resolver outside, over TCP",
      expects: [["dns.resolver", "gpu-01", "192.0.2.53", "53/tcp", "transferred"]],
    },
    {
      host: "gpu-01",
      run: ["dig", "+short", "@2001:db8:0:1::53", "AAAA", "registry-1.docker.io"],
      why: "a resolver outside, over IPv6",
      expects: [["dns.resolver", "gpu-01", "2001:db8:0:1::53", "53/udp", "answered"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "+time=1", "+tries=2", "@198.51.100.53", "github.com"],
      why: "a resolver outside that the gateway keeps away",
      expects: [["dns.resolver", "agent-01", "198.51.100.53", "53/udp", "attempted"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "+time=1", "+tries=1", "@10.20.1.31", "pypi.org"],
      why: "a resolver inside that is none (ICMP port unreachable)",
      expects: [["dns.resolver", "agent-01", "10.20.1.31", "53/udp", "refused"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "+time=1", "+tries=1", "-p", "5300", "@192.0.2.210", "github.com"],
      why: "DNS on another port, recognised by its form",
      expects: [["dns.resolver", "agent-01", "192.0.2.210", "5300/udp", "refused"]],
    },
    {
      host: "dns-01",
      run: ["dig", "+short", "@192.0.2.53", "api.openai.com"],
      why: "the approved resolver's own upstream",
      expects: [["dns.resolver", "dns-01", "192.0.2.53", "53/udp", "answered"]],
    },
    {
      host: "vector-01",
      run: ["dig", "+short", "cdn-lfs.huggingface.co"],
      why: "an alias outside",
      expects: [["dns.name", "vector-01", "cdn-lfs.huggingface.co", "53/udp", "answered"]],
    },
    {
      host: "vector-01",
      run: ["dig", "+short", "+tcp", "pypi.org"],
      why: "the approved resolver over TCP",
      expects: [["dns.name", "vector-01", "pypi.org", "53/tcp", "answered"]],
    },
    {
      host: "vector-01",
      run: [
        ...["/usr/bin/python3", "/run/kit/clients/dns-over-tcp.py", "10.20.0.53"],
        ...["gpu-01.enclave.internal", "dl.min.io", "telemetry.weaviate.io"],
      ],
      why: "three questions over one connection, the first of them inside",
      expects: [
        ["dns.name", "vector-01", "dl.min.io", "53/tcp", "answered"],
        ["dns.name", "vector-01", "telemetry.weaviate.io", "53/tcp", "named"],
      ],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "/run/kit/clients/dns-broken-tail.py", "10.20.0.53", "stats.grafana.org"],
      why: "the question stands although the rest of the message is cut off",
      expects: [["dns.name", "vector-01", "stats.grafana.org", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "mfrggzdfmztwq2lknnwg23tpobyxe43u.t.example.net"],
      why: "a name that is itself the message",
      expects: [
        ["dns.name", "agent-01", "mfrggzdfmztwq2lknnwg23tpobyxe43u.t.example.net", "53/udp", "named"],
      ],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "-x", "192.0.2.10"],
      why: "the reverse name of an outside address",
      expects: [["dns.name", "agent-01", "10.2.0.192.in-addr.arpa", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "legacy-api.enclave.internal"],
      why: "an inside name with an outside address",
      expects: [["dns.name", "agent-01", "legacy-api.enclave.internal", "53/udp", "answered"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "models.enclave.internal"],
      why: "an inside name that is an alias of an outside one",
      expects: [["dns.name", "agent-01", "models.enclave.internal", "53/udp", "answered"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "-x", "10.20.1.11"],
      why: "fine: the reverse name of an inside address",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "printer.local"],
      why: "fine: a name of the local link (RFC 6762)",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "router.home.arpa"],
      why: "fine: a home network's name (RFC 8375)",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "CH", "TXT", "version.bind"],
      why: "fine: CHAOS class",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", ".", "NS"],
      why: "fine: the root",
      expects: [],
    },
  ],
};
