import { CURL, PROXY } from "./scenario.mjs";

const REQUESTS = ["/usr/bin/python3", "/run/kit/clients/http-requests.py"];
const PROXY_ENDPOINT = ["proxy-01.enclave.internal", "3128"];

/** @type {import("./scenario.mjs").Scenario} */
export const proxy = {
  about:
    "A forward proxy inside the enclave: CONNECT and absolute-form requests, allowed and refused by the proxy, with the proxy's outer leg on the same mirror.",
  exceptions: [],
  steps: [
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://identity-01.enclave.internal/"],
      why: "fine: CONNECT to an inside host",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "http://vector-01.enclave.internal:6333/"],
      why: "fine: an absolute-form request for an inside host",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://api.anthropic.com/v1/models"],
      why: "CONNECT to an outside name",
      expects: [
        ["name.proxy", "agent-01", "api.anthropic.com", "443/tcp", "transferred"],
        ["dns.name", "proxy-01", "api.anthropic.com", "53/udp", "answered"],
        ["egress.flow", "proxy-01", "api.anthropic.com", "443/tcp", "transferred"],
      ],
    },
    {
      host: "gpu-01",
      run: [...CURL, ...PROXY, "http://pypi.org/simple/"],
      why: "an absolute-form request for an outside name",
      expects: [
        ["name.proxy", "gpu-01", "pypi.org", "80/tcp", "transferred"],
        ["dns.name", "proxy-01", "pypi.org", "53/udp", "answered"],
        ["egress.flow", "proxy-01", "pypi.org", "80/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://api.openai.com/v1/models"],
      why: "CONNECT that the proxy refuses: it has no outer leg",
      expects: [["name.proxy", "agent-01", "api.openai.com", "443/tcp", "refused"]],
    },
    {
      host: "vector-01",
      run: [...CURL, ...PROXY, "-d", "{}", "http://telemetry.qdrant.io/"],
      why: "an absolute-form POST that the proxy refuses",
      expects: [["name.proxy", "vector-01", "telemetry.qdrant.io", "80/tcp", "refused"]],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://192.0.2.88/"],
      why: "CONNECT to an outside address",
      expects: [
        ["name.proxy", "agent-01", "192.0.2.88", "443/tcp", "transferred"],
        ["egress.flow", "proxy-01", "192.0.2.88", "443/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://license.n8n.io/"],
      why: "CONNECT that the proxy would allow, but the other side resets it: 502",
      expects: [
        ["name.proxy", "agent-01", "license.n8n.io", "443/tcp", "refused"],
        ["dns.name", "proxy-01", "license.n8n.io", "53/udp", "answered"],
        ["egress.flow", "proxy-01", "license.n8n.io", "443/tcp", "refused"],
      ],
    },
    {
      host: "vector-01",
      run: [
        ...REQUESTS,
        ...PROXY_ENDPOINT,
        "http://vector-01.enclave.internal:6333/",
        "http://dl.min.io/server",
        "http://ocsp.digicert.com/",
      ],
      why: "one connection, three requests: the first is inside, the others are not",
      expects: [
        ["name.proxy", "vector-01", "dl.min.io", "80/tcp", "transferred"],
        ["name.proxy", "vector-01", "ocsp.digicert.com", "80/tcp", "transferred"],
        ["dns.name", "proxy-01", "dl.min.io", "53/udp", "answered"],
        ["dns.name", "proxy-01", "ocsp.digicert.com", "53/udp", "answered"],
        ["egress.flow", "proxy-01", "dl.min.io", "80/tcp", "transferred"],
        ["egress.flow", "proxy-01", "ocsp.digicert.com", "80/tcp", "transferred"],
      ],
    },
  ],
};
