import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { catalogueWith } from "../../src/catalogue/built-in.ts";
import type { CatalogueEntry } from "../../src/catalogue/entry.ts";

const HOSTS = parse(readFileSync(new URL("well-known-hosts.yaml", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, readonly string[]>>>
>;

/** What turns off what would otherwise happen without anybody asking for it. */
const TURNED_OFF_BY: readonly [host: string, component: string, setting: string][] = [
  ["huggingface.co", "Hugging Face Hub client", "HF_HUB_OFFLINE=1"],
  ["huggingface.co", "Hugging Face Hub telemetry", "HF_HUB_DISABLE_TELEMETRY=1"],
  ["cas-bridge.xethub.hf.co", "Hugging Face Xet storage", "HF_HUB_OFFLINE=1"],
  ["stats.vllm.ai", "vLLM usage stats", "VLLM_NO_USAGE_STATS=1"],
  ["usage-stats.ray.io", "Ray usage stats", "RAY_USAGE_STATS_ENABLED=0"],
  ["api.gradio.app", "Gradio analytics", "GRADIO_ANALYTICS_ENABLED=False"],
  ["data.streamlit.io", "Streamlit usage statistics", "STREAMLIT_BROWSER_GATHER_USAGE_STATS=false"],
  ["us.i.posthog.com", "mem0 telemetry", "MEM0_TELEMETRY=False"],
  ["telemetry.weaviate.io", "Weaviate telemetry", "DISABLE_TELEMETRY=true"],
  ["telemetry.qdrant.io", "Qdrant telemetry and error reports", "QDRANT__TELEMETRY_DISABLED=true"],
  ["api.smith.langchain.com", "LangSmith tracing", "LANGSMITH_TRACING=false"],
  ["cloud.langfuse.com", "Langfuse Cloud", "LANGFUSE_TRACING_ENABLED=False"],
  ["api.wandb.ai", "Weights & Biases API", "WANDB_MODE=offline"],
  ["api.mlflow-telemetry.io", "MLflow 3 telemetry", "MLFLOW_DISABLE_TELEMETRY=true"],
  ["telemetry.n8n.io", "n8n telemetry", "N8N_DIAGNOSTICS_ENABLED=false"],
  ["telemetry.crewai.com", "CrewAI telemetry", "CREWAI_DISABLE_TELEMETRY=true"],
  ["sens-o-matic.prefect.io", "Prefect server telemetry", "PREFECT_SERVER_ANALYTICS_ENABLED=false"],
  ["packages.unstructured.io", "Unstructured library ping", "SCARF_NO_ANALYTICS=true"],
  ["static.scarf.sh", "Scarf install analytics", "SCARF_ANALYTICS=false"],
  ["checkpoint-api.hashicorp.com", "HashiCorp checkpoint", "CHECKPOINT_DISABLE=1"],
  ["telemetry.nextjs.org", "Next.js telemetry", "NEXT_TELEMETRY_DISABLED=1"],
  ["statsig.anthropic.com", "Claude Code telemetry and errors", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"],
  ["api.openwebui.com", "Open WebUI", "OFFLINE_MODE=True"],
  ["pypi.org", "pip self-version check", "PIP_DISABLE_PIP_VERSION_CHECK=1"],
  ["openaipublic.blob.core.windows.net", "tiktoken encodings", "TIKTOKEN_CACHE_DIR"],
  ["stats.grafana.org", "Grafana usage stats", "GF_ANALYTICS_REPORTING_ENABLED=false"],
  ["mobile.events.data.microsoft.com", "ONNX Runtime telemetry", "ORT_DISABLE_TELEMETRY=1"],
  ["cafe.github.com", "GitHub CLI telemetry", "GH_TELEMETRY=false"],
  ["events.telemetry.data.nvidia.com", "NVIDIA NeMo tools telemetry", "NEMO_TELEMETRY_ENABLED=false"],
  ["kzrlppojinpcyyaipxnb.supabase.co", "LangGraph CLI analytics", "LANGGRAPH_CLI_NO_ANALYTICS=1"],
  ["eu.i.posthog.com", "mcp-use telemetry", "MCP_USE_ANONYMIZED_TELEMETRY=false"],
  ["play.googleapis.com", "Chrome DevTools MCP usage statistics", "--no-usage-statistics"],
  ["telemetry.onyx.app", "Onyx telemetry", "DISABLE_TELEMETRY=true"],
  ["telemetry.seaweedfs.com", "SeaweedFS telemetry", "-telemetry=false"],
  ["169.254.169.254", "AWS instance metadata (IMDS)", "AWS_EC2_METADATA_DISABLED=true"],
];

const catalogue = catalogueWith(null);

function entriesOf(host: string): CatalogueEntry[] {
  const destination = isIP(host) === 0 ? { name: host, ips: [] } : { name: null, ips: [host] };
  return catalogue.lookup({ ...destination, port: null, proto: null }).matches.map(({ entry }) => entry);
}

describe("well-known hosts", () => {
  const rows = Object.entries(HOSTS).flatMap(([kind, components]) =>
    Object.entries(components).flatMap(([component, hosts]) =>
      hosts.map((host) => ({ host, component, kind })),
    ),
  );
  it.each(rows)("$host is $component, $kind", ({ host, component, kind }) => {
    const [first] = entriesOf(host);
    expect([first?.component, first?.kind]).toEqual([component, kind]);
  });

  it.each(TURNED_OFF_BY)("%s: what turns off %s was read in its source", (host, component, setting) => {
    const entry = entriesOf(host).find((candidate) => candidate.component === component);
    expect(entry?.setting).toContain(setting);
    expect(entry?.settingChecked).toBe(true);
  });
});
