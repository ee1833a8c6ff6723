import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RatedFinding } from "../../src/findings/summary.ts";
import { captured, inRepository } from "../captured-frames.ts";
import { judgeFrom, watch } from "../sensor-run.ts";

const ENCLAVE = readFileSync(inRepository("allowlists/quickstart.yaml"), "utf8");

/** Whom real client libraries contacted, and what component it must be called. */
const COMPONENTS: Readonly<Record<string, string>> = {
  "api.openai.com": "OpenAI API",
  "api.anthropic.com": "Anthropic API",
  "generativelanguage.googleapis.com": "Google Gemini API",
  "api.mistral.ai": "Mistral API",
  "api.cohere.com": "Cohere API",
  "api.groq.com": "Groq API",
  "api.together.ai": "Together AI API (api.together.ai)",
  "api.replicate.com": "Replicate API",
  "bedrock-runtime.eu-central-1.amazonaws.com": "Amazon Bedrock",
  "ai-gateway.vercel.sh": "Vercel AI Gateway",
  "api.smith.langchain.com": "LangSmith tracing",
  "cloud.langfuse.com": "Langfuse Cloud",
  "api.tavily.com": "Tavily search",
  "api.exa.ai": "Exa search",
  "api.e2b.app": "E2B sandboxes",
  "huggingface.co": "Hugging Face Hub client",
  "api.trychroma.com": "Chroma Cloud",
  "api.pinecone.io": "Pinecone",
  "api.segment.io": "Segment",
  "api2.amplitude.com": "Amplitude",
  "api.mixpanel.com": "Mixpanel",
  "o0.ingest.sentry.io": "Sentry",
  "events.launchdarkly.com": "LaunchDarkly",
  "stream.launchdarkly.com": "LaunchDarkly",
  "registry.npmjs.org": "npm / Yarn / pnpm",
  "us.i.posthog.com": "PostHog Cloud",
  "login.microsoftonline.com": "Microsoft Entra ID",
  "169.254.169.254": "AWS instance metadata (IMDS)",
  "metadata.google.internal": "Google Cloud metadata server",
};

/** The first component, or another that uses the same host: which of them it was is not on the wire. */
function candidates({ catalogue }: RatedFinding): string[] {
  return catalogue === null ? [] : [catalogue.component, ...catalogue.also.map(({ component }) => component)];
}

describe("captures/ai-clients.pcapng", () => {
  it("has no contact that the catalogue does not name", async () => {
    const frames = await captured(inRepository("captures/ai-clients.pcapng"));
    const { findings, dependencies } = watch(judgeFrom(ENCLAVE), [frames]);
    for (const finding of findings) {
      expect([finding.destination, candidates(finding)]).toEqual([
        finding.destination,
        expect.arrayContaining([COMPONENTS[finding.destination]]),
      ]);
    }
    expect(new Set(findings.map(({ destination }) => destination))).toEqual(new Set(Object.keys(COMPONENTS)));
    expect(dependencies.unknown).toEqual([]);
    expect(dependencies.notAirGapped).toEqual(["identity", "secrets", "update"]);
  });
});
