import { CURL, chrony, POD, PROXY } from "./scenario.mjs";

const PYTHON_GET = [
  "import ssl, sys, urllib.request",
  "context = ssl._create_unverified_context()",
  "print(urllib.request.urlopen(sys.argv[1], timeout=1.5, context=context).status)",
].join("\n");

/** @type {import("./scenario.mjs").Scenario} */
export const quickstart = {
  about:
    "An AI stack that was called air-gapped: inside traffic, one allowed exception, and what still tries to leave.",
  exceptions: ["transfer-gate"],
  steps: [
    {
      host: "agent-01",
      run: [...CURL, "http://gpu-01.enclave.internal:8000/v1/models"],
      why: "fine: a model server inside",
      expects: [],
    },
    {
      host: "gpu-01",
      run: ["/usr/bin/python3", "-c", PYTHON_GET, "https://huggingface.co/api/models/org/model"],
      why: "a model hub is asked although the weights are here",
      expects: [
        ["dns.name", "gpu-01", "huggingface.co", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "huggingface.co", "443/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [...CURL, "https://api.openai.com/v1/models"],
      why: "a hosted model; the gateway drops it",
      expects: [
        ["dns.name", "agent-01", "api.openai.com", "53/udp", "answered"],
        ["egress.flow", "agent-01", "api.openai.com", "443/tcp", "attempted"],
      ],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "-c", PYTHON_GET, "https://us.i.posthog.com/batch/"],
      why: "telemetry; the gateway drops it",
      expects: [
        ["dns.name", "vector-01", "us.i.posthog.com", "53/udp", "answered"],
        ["egress.flow", "vector-01", "us.i.posthog.com", "443/tcp", "attempted"],
      ],
    },
    {
      host: "gpu-01",
      run: ["/usr/bin/python3", "-c", PYTHON_GET, "https://stats.vllm.ai/"],
      why: "telemetry of the model server; the gateway drops it",
      expects: [
        ["dns.name", "gpu-01", "stats.vllm.ai", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "stats.vllm.ai", "443/tcp", "attempted"],
      ],
    },
    {
      host: "vector-01",
      run: chrony("time-01.enclave.internal"),
      why: "fine: time from inside",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["getent", "ahosts", "minio.dev"],
      env: POD,
      why: "fine: a search walk that ends inside",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["getent", "ahosts", "api.gradio.app"],
      env: POD,
      why: "a search walk for an outside name, which nobody knows: the question is the attempt",
      expects: [["dns.name", "agent-01", "api.gradio.app", "53/udp", "named"]],
    },
    {
      host: "identity-01",
      run: [...CURL, "https://login.microsoftonline.com/common/discovery/keys"],
      why: "an identity provider that leans on another, outside; the gateway prohibits it",
      expects: [
        ["dns.name", "identity-01", "login.microsoftonline.com", "53/udp", "answered"],
        ["egress.flow", "identity-01", "login.microsoftonline.com", "443/tcp", "refused"],
      ],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://169.254.169.254/latest/meta-data/"],
      why: "cloud metadata",
      expects: [["egress.flow", "gpu-01", "169.254.169.254", "80/tcp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: ["sh", "/run/kit/clients/apt-update.sh", "http://deb.debian.org/debian", "bookworm"],
      why: "fine: an outside name that a mirror inside serves",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["npm", "view", "left-pad", "version", "--no-update-notifier", "--strict-ssl=false"],
      why: "npm's own client asks the public registry",
      expects: [
        ["dns.name", "agent-01", "registry.npmjs.org", "53/udp", "answered"],
        ["egress.flow", "agent-01", "registry.npmjs.org", "443/tcp", "transferred"],
      ],
    },
    {
      host: "mirror-01",
      run: ["git", "-c", "http.sslVerify=false", "ls-remote", "https://github.com/org/plugin"],
      why: "a mirror that refreshes itself",
      expects: [
        ["dns.name", "mirror-01", "github.com", "53/udp", "answered"],
        ["egress.flow", "mirror-01", "github.com", "443/tcp", "transferred"],
      ],
    },
    {
      host: "vector-01",
      run: ["dig", "+short", "@192.0.2.53", "telemetry.qdrant.io"],
      why: "a resolver that somebody typed in",
      expects: [["dns.resolver", "vector-01", "192.0.2.53", "53/udp", "answered"]],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://api.anthropic.com/v1/models"],
      why: "a hosted model through the proxy inside, whose outer leg is seen too",
      expects: [
        ["name.proxy", "agent-01", "api.anthropic.com", "443/tcp", "transferred"],
        ["dns.name", "proxy-01", "api.anthropic.com", "53/udp", "answered"],
        ["egress.flow", "proxy-01", "api.anthropic.com", "443/tcp", "transferred"],
      ],
    },
    {
      host: "vector-01",
      run: [...CURL, "https://checkpoint-api.hashicorp.com/v1/check/consul"],
      why: "a version check; the other side resets it",
      expects: [
        ["dns.name", "vector-01", "checkpoint-api.hashicorp.com", "53/udp", "answered"],
        ["egress.flow", "vector-01", "checkpoint-api.hashicorp.com", "443/tcp", "refused"],
      ],
    },
    {
      host: "identity-01",
      run: ["wget", "-qO-", "-T", "3", "-t", "1", "http://ocsp.digicert.com/"],
      why: "certificate revocation",
      expects: [
        ["dns.name", "identity-01", "ocsp.digicert.com", "53/udp", "answered"],
        ["egress.flow", "identity-01", "ocsp.digicert.com", "80/tcp", "transferred"],
      ],
    },
    {
      host: "time-01",
      run: chrony("pool.ntp.org"),
      why: "the time server's own time",
      expects: [
        ["dns.name", "time-01", "pool.ntp.org", "53/udp", "answered"],
        ["egress.flow", "time-01", "pool.ntp.org", "123/udp", "answered"],
      ],
    },
    {
      host: "transfer-01",
      run: [...CURL, "https://patches.updates.example.org/2026-11.tar"],
      why: "fine: the exception transfer-gate, by name",
      expects: [],
    },
    {
      host: "transfer-01",
      run: [...CURL, "https://203.0.113.10/manifest.json"],
      why: "fine: the exception transfer-gate, by address",
      expects: [],
    },
    {
      host: "gpu-01",
      run: [...CURL, "https://203.0.113.10/manifest.json"],
      why: "the exception's destination, from a host that it does not cover",
      expects: [["egress.flow", "gpu-01", "203.0.113.10", "443/tcp", "transferred"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "-6", "https://registry-1.docker.io/v2/"],
      why: "a container registry over IPv6",
      expects: [
        ["dns.name", "gpu-01", "registry-1.docker.io", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "registry-1.docker.io", "443/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: ["ping", "-c", "1", "-W", "1", "198.51.100.99"],
      why: "is there a world outside?",
      expects: [["egress.flow", "agent-01", "198.51.100.99", "icmp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "https://identity-01.enclave.internal/.well-known/openid-configuration"],
      why: "fine: the identity provider inside",
      expects: [],
    },
  ],
};
