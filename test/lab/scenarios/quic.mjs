/** ngtcp2's client: one request over HTTP/3, and little patience. */
const CLIENT = ["gtlsclient", "-q", "--exit-on-all-streams-close", "--handshake-timeout=2s", "--timeout=2s"];

/** Resolves by the system's resolver, and looks for nothing else at its start. */
const CHROMIUM = [
  "chromium",
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-features=AsyncDns,DnsOverHttps,UseDnsHttpsSvcb",
  "--ignore-certificate-errors",
  "--user-data-dir=/run/scratch/home/chromium",
  "--dump-dom",
];

/** @type {import("./scenario.mjs").Scenario} */
export const quic = {
  about:
    "HTTP/3 by ngtcp2 and Chromium: answered, after a Retry, in another version, dropped, refused, and inside.",
  prepare: [
    ["outside", "sh /run/kit/servers/quic.sh 443"],
    ["outside", "sh /run/kit/servers/quic.sh 8443 --validate-addr"],
    ["mirror-01", "sh /run/kit/servers/quic.sh 443"],
  ],
  exceptions: [],
  steps: [
    {
      host: "gpu-01",
      run: [...CLIENT, "api.anthropic.com", "443", "https://api.anthropic.com/v1/models"],
      why: "answered over IPv4",
      expects: [
        ["dns.name", "gpu-01", "api.anthropic.com", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "api.anthropic.com", "443/udp", "transferred"],
      ],
    },
    {
      host: "gpu-01",
      run: [...CLIENT, "2001:db8:0:1::10", "443", "https://huggingface.co/api/models"],
      why: "answered over IPv6: to an address it asks for localhost",
      expects: [["egress.flow", "gpu-01", "localhost", "443/udp", "transferred"]],
    },
    {
      host: "agent-01",
      run: [...CLIENT, "registry.npmjs.org", "8443", "https://registry.npmjs.org:8443/"],
      why: "after a Retry, with the keys of the server's connection id",
      expects: [
        ["dns.name", "agent-01", "registry.npmjs.org", "53/udp", "answered"],
        ["egress.flow", "agent-01", "registry.npmjs.org", "8443/udp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [...CLIENT, "--version=v2draft", "github.com", "443", "https://github.com/"],
      why: "in a draft of version 2",
      expects: [
        ["dns.name", "agent-01", "github.com", "53/udp", "answered"],
        ["egress.flow", "agent-01", "github.com", "443/udp", "transferred"],
      ],
    },
    {
      host: "vector-01",
      run: [...CLIENT, "--version=0x1a2a3a4a", "pypi.org", "443", "https://pypi.org/"],
      why: "in a version that nobody has: the server names its own, the client gives up",
      expects: [
        ["dns.name", "vector-01", "pypi.org", "53/udp", "answered"],
        ["egress.flow", "vector-01", "pypi.org", "443/udp", "answered"],
      ],
    },
    {
      host: "vector-01",
      run: [...CLIENT, "api.openai.com", "443", "https://api.openai.com/"],
      why: "dropped: the Initial is repeated, one attempt",
      expects: [
        ["dns.name", "vector-01", "api.openai.com", "53/udp", "answered"],
        ["egress.flow", "vector-01", "api.openai.com", "443/udp", "attempted"],
      ],
    },
    {
      host: "vector-01",
      run: [...CLIENT, "checkpoint-api.hashicorp.com", "443", "https://checkpoint-api.hashicorp.com/"],
      why: "refused by ICMP",
      expects: [
        ["dns.name", "vector-01", "checkpoint-api.hashicorp.com", "53/udp", "answered"],
        ["egress.flow", "vector-01", "checkpoint-api.hashicorp.com", "443/udp", "refused"],
      ],
    },
    {
      host: "agent-01",
      run: [...CLIENT, "files.pythonhosted.org", "443", "https://files.pythonhosted.org/"],
      why: "an outside name that an inside mirror serves",
      expects: [],
    },
    {
      host: "agent-01",
      run: [
        ...CHROMIUM,
        "--origin-to-force-quic-on=dl.min.io:443",
        "--host-resolver-rules=MAP dl.min.io 192.0.2.42, MAP * ~NOTFOUND",
        "https://dl.min.io/",
      ],
      why: "a browser: its hello spans two datagrams, in shuffled pieces; it does not like the certificate",
      expects: [["egress.flow", "agent-01", "dl.min.io", "443/udp", "connected"]],
    },
  ],
};
