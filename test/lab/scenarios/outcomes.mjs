import { CURL, chrony } from "./scenario.mjs";

/** @type {import("./scenario.mjs").Scenario} */
export const outcomes = {
  about:
    "Every rung of the outcome ladder, over TCP, UDP and ping, IPv4 and IPv6: dropped, refused in several ways, answered.",
  exceptions: [],
  steps: [
    {
      host: "agent-01",
      run: ["getent", "ahostsv4", "data.streamlit.io"],
      why: "NXDOMAIN: named, and no more (the stub tries its search suffix as well)",
      expects: [["dns.name", "agent-01", "data.streamlit.io", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "t.bentoml.com"],
      why: "SERVFAIL",
      expects: [["dns.name", "agent-01", "t.bentoml.com", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "usage-stats.ray.io"],
      why: "REFUSED",
      expects: [["dns.name", "agent-01", "usage-stats.ray.io", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "+time=1", "+tries=2", "events.gfe.nvidia.com"],
      why: "no answer, asked twice",
      expects: [["dns.name", "agent-01", "events.gfe.nvidia.com", "53/udp", "named"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "https://api.openai.com/v1/models"],
      why: "TCP dropped; the SYN is repeated, one attempt",
      expects: [
        ["dns.name", "gpu-01", "api.openai.com", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "api.openai.com", "443/tcp", "attempted"],
      ],
    },
    {
      host: "gpu-01",
      run: [...CURL, "https://api.openai.com/v1/chat/completions"],
      why: "and again: two attempts, one finding",
      expects: [["egress.flow", "gpu-01", "api.openai.com", "443/tcp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "-6", "https://nvcr.io/v2/"],
      why: "TCP over IPv6 dropped",
      expects: [
        ["dns.name", "gpu-01", "nvcr.io", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "nvcr.io", "443/tcp", "attempted"],
      ],
    },
    {
      host: "time-01",
      run: chrony("ntp.ubuntu.com"),
      why: "UDP dropped",
      expects: [
        ["dns.name", "time-01", "ntp.ubuntu.com", "53/udp", "answered"],
        ["egress.flow", "time-01", "ntp.ubuntu.com", "123/udp", "attempted"],
      ],
    },
    {
      host: "gpu-01",
      run: ["ping", "-c", "2", "-i", "0.3", "-W", "1", "198.51.100.99"],
      why: "ping dropped",
      expects: [["egress.flow", "gpu-01", "198.51.100.99", "icmp", "attempted"]],
    },
    {
      host: "vector-01",
      run: [...CURL, "https://license.n8n.io/v1/renew"],
      why: "TCP reset by the other side",
      expects: [
        ["dns.name", "vector-01", "license.n8n.io", "53/udp", "answered"],
        ["egress.flow", "vector-01", "license.n8n.io", "443/tcp", "refused"],
      ],
    },
    {
      host: "vector-01",
      run: [...CURL, "-6", "https://crash.clickhouse.com/"],
      why: "TCP over IPv6 reset by the other side",
      expects: [
        ["dns.name", "vector-01", "crash.clickhouse.com", "53/udp", "answered"],
        ["egress.flow", "vector-01", "crash.clickhouse.com", "443/tcp", "refused"],
      ],
    },
    {
      host: "identity-01",
      run: [...CURL, "https://acme-v02.api.letsencrypt.org/directory"],
      why: "TCP prohibited by the gateway's ICMP, which quotes the SYN",
      expects: [
        ["dns.name", "identity-01", "acme-v02.api.letsencrypt.org", "53/udp", "answered"],
        ["egress.flow", "identity-01", "acme-v02.api.letsencrypt.org", "443/tcp", "refused"],
      ],
    },
    {
      host: "identity-01",
      run: [...CURL, "-6", "https://sts.amazonaws.com/"],
      why: "TCP prohibited by the gateway's ICMPv6",
      expects: [
        ["dns.name", "identity-01", "sts.amazonaws.com", "53/udp", "answered"],
        ["egress.flow", "identity-01", "sts.amazonaws.com", "443/tcp", "refused"],
      ],
    },
    {
      host: "agent-01",
      run: ["/usr/bin/python3", "/run/kit/clients/udp.py", "stun.l.google.com", "19302"],
      why: "UDP refused by the other side's ICMP port unreachable",
      expects: [
        ["dns.name", "agent-01", "stun.l.google.com", "53/udp", "answered"],
        ["egress.flow", "agent-01", "stun.l.google.com", "19302/udp", "refused"],
      ],
    },
    {
      host: "agent-01",
      run: ["ping", "-c", "1", "-W", "1", "203.0.113.199"],
      why: "ping prohibited by the gateway",
      expects: [["egress.flow", "agent-01", "203.0.113.199", "icmp", "refused"]],
    },
    {
      host: "time-01",
      run: chrony("192.0.2.30"),
      why: "UDP answered, to an address without a name",
      expects: [["egress.flow", "time-01", "192.0.2.30", "123/udp", "answered"]],
    },
    {
      host: "agent-01",
      run: ["ping", "-c", "1", "-W", "1", "192.0.2.99"],
      why: "ping answered",
      expects: [["egress.flow", "agent-01", "192.0.2.99", "icmp", "answered"]],
    },
    {
      host: "agent-01",
      run: ["ping", "-6", "-c", "1", "-W", "1", "2001:db8:0:1::99"],
      why: "ping over IPv6 answered",
      expects: [["egress.flow", "agent-01", "2001:db8:0:1::99", "icmpv6", "answered"]],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "/run/kit/clients/connect-only.py", "192.0.2.90", "443"],
      why: "a connection that says nothing",
      expects: [["egress.flow", "vector-01", "192.0.2.90", "443/tcp", "connected"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://captive.apple.com/hotspot-detect.html"],
      why: "a connectivity check that succeeds",
      expects: [
        ["dns.name", "gpu-01", "captive.apple.com", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "captive.apple.com", "80/tcp", "transferred"],
      ],
    },
  ],
};
