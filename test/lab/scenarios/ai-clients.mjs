/**
 * A library's contact from a host: the question and the flow that it causes.
 * @param {string} host @param {string} client @param {string} why
 * @param {readonly (readonly [name: string, outcome: import("./scenario.mjs").Outcome])[]} contacts
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {import("./scenario.mjs").Step}
 */
function contact(host, client, why, contacts, env = {}) {
  return {
    host,
    run: ["node", "/run/kit/clients/ai-client.mjs", client],
    env: { ...env, NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    why,
    expects: contacts.flatMap(([name, outcome]) => [
      ["dns.name", host, name, "53/udp", "answered"],
      ["egress.flow", host, name, "443/tcp", outcome],
    ]),
  };
}

const TRACED = { LANGSMITH_TRACING: "true", LANGSMITH_API_KEY: "lab-key-that-opens-nothing" };

/** @type {import("./scenario.mjs").Scenario} */
export const aiClients = {
  about:
    "Client libraries of AI stacks as their vendors made them, with nothing configured but a made-up key.",
  packages: "clients/ai-packages.json",
  exceptions: [],
  steps: [
    contact("agent-01", "openai", "a model API, dropped", [["api.openai.com", "attempted"]]),
    contact("agent-01", "anthropic", "a model API, answered", [["api.anthropic.com", "transferred"]]),
    contact("agent-01", "gemini", "a model API", [["generativelanguage.googleapis.com", "transferred"]]),
    contact("agent-01", "mistral", "a model API", [["api.mistral.ai", "transferred"]]),
    contact("agent-01", "cohere", "a model API", [["api.cohere.com", "transferred"]]),
    contact("agent-01", "groq", "a model API", [["api.groq.com", "transferred"]]),
    contact("agent-01", "together", "a model API", [["api.together.ai", "transferred"]]),
    contact("agent-01", "replicate", "a model API", [["api.replicate.com", "transferred"]]),
    contact("agent-01", "bedrock", "a model API of a cloud, in a region", [
      ["bedrock-runtime.eu-central-1.amazonaws.com", "transferred"],
    ]),
    contact("agent-01", "vercel-ai-gateway", "a gateway to models of others", [
      ["ai-gateway.vercel.sh", "transferred"],
    ]),
    contact(
      "agent-01",
      "langchain",
      "tracing that an environment variable switches on, beside a model API",
      [
        ["api.openai.com", "attempted"],
        ["api.smith.langchain.com", "transferred"],
      ],
      TRACED,
    ),
    contact("agent-01", "langfuse", "tracing", [["cloud.langfuse.com", "transferred"]]),
    contact("agent-01", "tavily", "an agent's web search", [["api.tavily.com", "transferred"]]),
    contact("agent-01", "exa", "an agent's web search", [["api.exa.ai", "transferred"]]),
    contact("agent-01", "e2b", "an agent's sandbox, elsewhere", [["api.e2b.app", "transferred"]]),
    contact("gpu-01", "hugging-face-hub", "a model hub", [["huggingface.co", "transferred"]]),
    contact("gpu-01", "hugging-face-inference", "a model hub, for the provider of a model", [
      ["huggingface.co", "transferred"],
    ]),
    contact("gpu-01", "transformers", "a model hub, for a tokenizer", [["huggingface.co", "transferred"]]),
    contact("vector-01", "chroma", "a vector store's cloud", [["api.trychroma.com", "transferred"]]),
    contact("vector-01", "pinecone", "a vector store's cloud", [["api.pinecone.io", "transferred"]]),
    contact("vector-01", "posthog", "telemetry, dropped", [["us.i.posthog.com", "attempted"]]),
    contact("vector-01", "segment", "telemetry", [["api.segment.io", "transferred"]]),
    contact("vector-01", "amplitude", "telemetry", [["api2.amplitude.com", "transferred"]]),
    contact("vector-01", "mixpanel", "telemetry", [["api.mixpanel.com", "transferred"]]),
    contact("vector-01", "sentry", "crash reports", [["o0.ingest.sentry.io", "transferred"]]),
    contact("vector-01", "launchdarkly", "feature flags", [
      ["stream.launchdarkly.com", "transferred"],
      ["events.launchdarkly.com", "transferred"],
    ]),
    contact("vector-01", "update-notifier", "a check for updates", [["registry.npmjs.org", "transferred"]]),
    contact("identity-01", "azure-identity", "an identity provider, prohibited", [
      ["login.microsoftonline.com", "refused"],
    ]),
    {
      host: "gpu-01",
      run: ["node", "/run/kit/clients/ai-client.mjs", "google-metadata"],
      why: "a cloud's credentials from its metadata service, by name and by address",
      expects: [
        ["dns.name", "gpu-01", "metadata.google.internal", "53/udp", "named"],
        ["egress.flow", "gpu-01", "169.254.169.254", "80/tcp", "attempted"],
      ],
    },
  ],
};
