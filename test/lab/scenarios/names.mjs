import { CURL } from "./scenario.mjs";

const S_CLIENT = ["openssl", "s_client", "-connect"];

/** @type {import("./scenario.mjs").Scenario} */
export const names = {
  about:
    "What a name proves about an address: shared addresses, names that contradict, ClientHellos in pieces, outside names toward inside servers.",
  exceptions: ["transfer-gate"],
  steps: [
    {
      host: "transfer-01",
      run: [...CURL, "https://images.updates.example.org/os.img"],
      why: "fine: allowed by name, through an alias to a content network",
      expects: [],
    },
    {
      host: "transfer-01",
      run: [...CURL, "https://fonts.gstatic.com/s/roboto.woff2"],
      why: "another name at the same address of that network",
      expects: [
        ["dns.name", "transfer-01", "fonts.gstatic.com", "53/udp", "answered"],
        ["egress.flow", "transfer-01", "fonts.gstatic.com", "443/tcp", "transferred"],
      ],
    },
    {
      host: "transfer-01",
      run: ["/usr/bin/python3", "/run/kit/clients/connect-only.py", "192.0.2.60", "443"],
      why: "no name at all toward that address, which now carries an allowed and another name: ambiguous",
      expects: [["egress.flow", "transfer-01", "192.0.2.60", "443/tcp", "connected"]],
    },
    {
      host: "transfer-01",
      run: [...CURL, "--resolve", "files.example.com:443:203.0.113.20", "https://files.example.com/"],
      why: "an address that only the allowed name has, but the ClientHello names another",
      expects: [["egress.flow", "transfer-01", "files.example.com", "443/tcp", "transferred"]],
    },
    {
      host: "transfer-01",
      run: [...CURL, "http://203.0.113.10/manifest.json"],
      why: "the exception's address on a port that it does not name",
      expects: [["egress.flow", "transfer-01", "203.0.113.10", "80/tcp", "transferred"]],
    },
    {
      host: "gpu-01",
      run: ["getent", "ahostsv4", "pypi.org"],
      why: "one host asks ...",
      expects: [["dns.name", "gpu-01", "pypi.org", "53/udp", "answered"]],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "/run/kit/clients/connect-only.py", "192.0.2.19", "443"],
      why: "... and another goes there: the name is known from somebody else's answer",
      expects: [["egress.flow", "vector-01", "pypi.org", "443/tcp", "connected"]],
    },
    {
      host: "gpu-01",
      run: ["/usr/bin/python3", "/run/kit/clients/small-segments.py", "registry-1.docker.io"],
      why: "a ClientHello in segments of 128 octets",
      expects: [
        ["dns.name", "gpu-01", "registry-1.docker.io", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "registry-1.docker.io", "443/tcp", "transferred"],
      ],
    },
    {
      host: "gpu-01",
      run: [...CURL, "-6", "https://huggingface.co/api/models"],
      why: "TLS over IPv6",
      expects: [
        ["dns.name", "gpu-01", "huggingface.co", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "huggingface.co", "443/tcp", "transferred"],
      ],
    },
    {
      host: "gpu-01",
      run: [...S_CLIENT, "192.0.2.21:8443", "-servername", "github.com", "-tls1_2"],
      why: "TLS 1.2 on another port, to an address that nobody asked for",
      expects: [["egress.flow", "gpu-01", "github.com", "8443/tcp", "transferred"]],
    },
    {
      host: "gpu-01",
      run: [...S_CLIENT, "192.0.2.91:443", "-noservername", "-alpn", "h2,http/1.1"],
      why: "TLS without a name",
      expects: [["egress.flow", "gpu-01", "192.0.2.91", "443/tcp", "transferred"]],
    },
    {
      host: "agent-01",
      run: ["node", "-e", "fetch('https://dl.min.io/').then((r) => console.log(r.status))"],
      env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
      why: "Node's fetch",
      expects: [
        ["dns.name", "agent-01", "dl.min.io", "53/udp", "answered"],
        ["egress.flow", "agent-01", "dl.min.io", "443/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [
        ...["/usr/bin/python3", "/run/kit/clients/http-requests.py", "--pipelined", "192.0.2.41", "80"],
        ...["captive.apple.com/", "telemetry.crewai.com/v1/traces"],
      ],
      why: "two pipelined requests to one server, each for a host of its own",
      expects: [
        ["egress.flow", "agent-01", "captive.apple.com", "80/tcp", "transferred"],
        ["egress.flow", "agent-01", "telemetry.crewai.com", "80/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [...CURL, "http://legacy-api.enclave.internal/v1"],
      why: "an inside name at an outside address",
      expects: [
        ["dns.name", "agent-01", "legacy-api.enclave.internal", "53/udp", "answered"],
        ["egress.flow", "agent-01", "legacy-api.enclave.internal", "80/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [...CURL, "--resolve", "api.openai.com:443:10.20.9.20", "https://api.openai.com/v1/models"],
      why: "an outside name toward an inside server: a stand-in, or an interception",
      expects: [["name.inside", "agent-01", "api.openai.com", "443/tcp", "transferred"]],
    },
    {
      host: "agent-01",
      run: [...CURL, "-H", "Host: huggingface.co", "http://mirror-01.enclave.internal/api/models"],
      why: "the same in readable HTTP",
      expects: [["name.inside", "agent-01", "huggingface.co", "80/tcp", "transferred"]],
    },
    {
      host: "agent-01",
      run: [...CURL, "https://deb.debian.org/debian/"],
      why: "fine: a name that a mirror inside serves",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, "--resolve", "deb.debian.org:443:192.0.2.22", "https://deb.debian.org/debian/"],
      why: "the same name, but outside",
      expects: [["egress.flow", "agent-01", "deb.debian.org", "443/tcp", "transferred"]],
    },
  ],
};
