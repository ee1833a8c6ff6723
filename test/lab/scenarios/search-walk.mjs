import { CURL, POD } from "./scenario.mjs";

/** @type {import("./scenario.mjs").Scenario} */
export const searchWalk = {
  about:
    "Stub resolvers that append search suffixes (ndots:5, as in a pod): walks that end inside, and walks whose stem is an outside name.",
  exceptions: [],
  steps: [
    {
      host: "agent-01",
      run: ["getent", "ahosts", "minio.dev"],
      env: POD,
      why: "fine: minio.dev.svc.cluster.local is answered",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["getent", "ahosts", "qdrant"],
      env: POD,
      why: "fine: a single label",
      expects: [],
    },
    {
      host: "agent-01",
      run: ["getent", "ahosts", "qdrnt"],
      env: POD,
      why: "fine: a single label that nobody knows, asked bare at last",
      expects: [],
    },
    {
      host: "agent-01",
      run: [...CURL, "http://vllm.default:8000/v1/models"],
      env: POD,
      why: "fine: a service and its namespace, then a flow to it",
      expects: [],
    },
    {
      host: "gpu-01",
      run: [...CURL, "https://huggingface.co/api/models"],
      env: POD,
      why: "a walk through four suffixes, then the name itself, then the flow",
      expects: [
        ["dns.name", "gpu-01", "huggingface.co", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "huggingface.co", "443/tcp", "transferred"],
      ],
    },
    {
      host: "vector-01",
      run: ["getent", "ahosts", "telemetry.qdrant.io"],
      env: POD,
      why: "a walk for an outside name that nobody knows",
      expects: [["dns.name", "vector-01", "telemetry.qdrant.io", "53/udp", "named"]],
    },
    {
      host: "vector-01",
      run: ["dig", "+short", "telemetry.crewai.com.enclave.internal"],
      why: "only the suffixed name is ever asked: its stem is an outside name",
      expects: [["dns.name", "vector-01", "telemetry.crewai.com", "53/udp", "named"]],
    },
    {
      host: "vector-01",
      run: ["dig", "+short", "app.posthog.com.monitoring.svc.cluster.local"],
      why: "the same under a suffix that only `*.svc.cluster.local` matches",
      expects: [["dns.name", "vector-01", "app.posthog.com", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["getent", "ahostsv4", "data.streamlit.io"],
      why: "a plain host (ndots:1): the name first, then its suffix",
      expects: [["dns.name", "agent-01", "data.streamlit.io", "53/udp", "named"]],
    },
    {
      host: "agent-01",
      run: ["dig", "+short", "grafana.monitoring.enclave.internal"],
      why: "fine: an inside name that does not exist; its stem has no public suffix (grafana.monitoring)",
      expects: [],
    },
  ],
};
