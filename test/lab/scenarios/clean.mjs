import { CURL, chrony, POD, PROXY } from "./scenario.mjs";

/** @type {import("./scenario.mjs").Scenario} */
export const clean = {
  about:
    "A working day on which nothing tries to get out, but for an exception that the enclave file allows.",
  exceptions: ["transfer-gate"],
  steps: [
    {
      host: "agent-01",
      run: [...CURL, "http://gpu-01.enclave.internal:8000/v1/models"],
      why: "a model server inside, by name",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, "-d", '{"prompt":"hello"}', "http://gpu-01.enclave.internal:8000/v1/chat/completions"],
      why: "a request to the model",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, "-6", "http://vector-01.enclave.internal:6333/collections"],
      why: "a vector store inside, over IPv6",
      expects: [],
    },
    {
      host: "gpu-01",
      run: [...CURL, "https://identity-01.enclave.internal/.well-known/openid-configuration"],
      why: "the identity provider inside, by TLS",
      expects: [],
    },
    { host: "vector-01", run: chrony("time-01.enclave.internal"), why: "time from inside", expects: [] },
    {
      host: "agent-01",
      run: ["getent", "ahosts", "minio.dev"],
      env: POD,
      why: "a search walk that ends at an inside service, though dev is a public suffix",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["getent", "ahosts", "vllm"],
      env: POD,
      why: "a single label and its walk",
      expects: [],
    },
    {
      host: "gpu-01",
      run: ["sh", "/run/kit/clients/apt-update.sh", "http://deb.debian.org/debian", "bookworm"],
      why: "an outside name that a mirror inside serves (`enclave.mirrored`)",
      expects: [],
    },
    {
      host: "vector-01",
      run: ["wget", "-qO-", "--no-check-certificate", "https://files.pythonhosted.org/packages/wheel.whl"],
      why: "the same by TLS",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "-x", "10.20.1.11"],
      why: "the reverse name of an inside address",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["dig", "+tcp", "+short", "identity-01.enclave.internal", "AAAA"],
      why: "DNS over TCP to the approved resolver",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, ...PROXY, "https://identity-01.enclave.internal/"],
      why: "through the proxy to an inside host",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["ping", "-c", "2", "-i", "0.2", "gpu-01.enclave.internal"],
      why: "a ping inside",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["ping", "-6", "-c", "1", "vector-01.enclave.internal"],
      why: "and one over IPv6",
      expects: [],
    },
    {
      host: "transfer-01",
      run: [...CURL, "https://203.0.113.10/manifest.json"],
      why: "the transfer gate, by its address (exception transfer-gate)",
      expects: [],
    },
    {
      host: "transfer-01",
      run: [...CURL, "https://patches.updates.example.org/2026-11.tar"],
      why: "the transfer gate, by a name that the exception allows",
      expects: [],
    },
  ],
};
