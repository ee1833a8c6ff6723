// One contact of an AI client library, as its vendor made it: no address is configured, the library's own
// default is what shows. Keys are made up. Whether anybody answers sensibly does not matter here.
// Usage: node ai-client.mjs NAME; record.mjs installs the packages of ai-packages.json for it.
const KEY = "lab-key-that-opens-nothing";
const PROMPT = [{ role: "user", content: "hello" }];

/** @type {Readonly<Record<string, (load: (name: string) => Promise<any>) => Promise<unknown>>>} */
const CONTACTS = {
  openai: async (load) => {
    const { default: OpenAI } = await load("openai");
    return new OpenAI({ apiKey: KEY, maxRetries: 0 }).models.list();
  },
  anthropic: async (load) => {
    const { default: Anthropic } = await load("@anthropic-ai/sdk");
    const client = new Anthropic({ apiKey: KEY, maxRetries: 0 });
    return client.messages.create({ model: "lab", max_tokens: 1, messages: PROMPT });
  },
  "hugging-face-hub": async (load) => {
    const { fileExists } = await load("@huggingface/hub");
    return fileExists({ repo: "org/model", path: "config.json" });
  },
  "hugging-face-inference": async (load) => {
    const { InferenceClient } = await load("@huggingface/inference");
    return new InferenceClient(KEY).chatCompletion({
      model: "org/model",
      provider: "hf-inference",
      messages: PROMPT,
    });
  },
  transformers: async (load) => {
    const { AutoTokenizer } = await load("@huggingface/transformers");
    return AutoTokenizer.from_pretrained("org/model");
  },
  langchain: async (load) => {
    // Tracing is switched on by the environment, as the documentation has it.
    const { ChatOpenAI } = await load("@langchain/openai");
    return new ChatOpenAI({ apiKey: KEY, model: "lab", maxRetries: 0 }).invoke("hello");
  },
  langsmith: async (load) => {
    const { Client } = await load("langsmith");
    const client = new Client({ apiKey: KEY });
    return client.createProject({ projectName: "lab" });
  },
  chroma: async (load) => {
    const { CloudClient } = await load("chromadb");
    return new CloudClient({ apiKey: KEY, tenant: "lab", database: "lab" }).listCollections();
  },
  pinecone: async (load) => {
    const { Pinecone } = await load("@pinecone-database/pinecone");
    return new Pinecone({ apiKey: KEY }).listIndexes();
  },
  cohere: async (load) => {
    const { CohereClient } = await load("cohere-ai");
    return new CohereClient({ token: KEY }).models.list({}, { maxRetries: 0 });
  },
  mistral: async (load) => {
    const { Mistral } = await load("@mistralai/mistralai");
    return new Mistral({ apiKey: KEY }).models.list();
  },
  groq: async (load) => {
    const { default: Groq } = await load("groq-sdk");
    return new Groq({ apiKey: KEY, maxRetries: 0 }).models.list();
  },
  gemini: async (load) => {
    const { GoogleGenAI } = await load("@google/genai");
    return new GoogleGenAI({ apiKey: KEY }).models.generateContent({ model: "lab", contents: "hello" });
  },
  replicate: async (load) => {
    const { default: Replicate } = await load("replicate");
    return new Replicate({ auth: KEY }).models.list();
  },
  together: async (load) => {
    const { default: Together } = await load("together-ai");
    return new Together({ apiKey: KEY, maxRetries: 0 }).models.list();
  },
  bedrock: async (load) => {
    const { BedrockRuntimeClient, ConverseCommand } = await load("@aws-sdk/client-bedrock-runtime");
    const client = new BedrockRuntimeClient({
      region: "eu-central-1",
      maxAttempts: 1,
      credentials: { accessKeyId: "lab", secretAccessKey: KEY },
    });
    return client.send(
      new ConverseCommand({ modelId: "lab", messages: [{ role: "user", content: [{ text: "hello" }] }] }),
    );
  },
  "azure-identity": async (load) => {
    const { ClientSecretCredential } = await load("@azure/identity");
    const tenant = "00000000-0000-0000-0000-000000000000";
    const credential = new ClientSecretCredential(tenant, tenant, KEY, { retryOptions: { maxRetries: 0 } });
    return credential.getToken("https://cognitiveservices.azure.com/.default");
  },
  "google-metadata": async (load) => {
    const { GoogleAuth } = await load("google-auth-library");
    return new GoogleAuth().getAccessToken();
  },
  posthog: async (load) => {
    const { PostHog } = await load("posthog-node");
    const client = new PostHog("phc_lab", { fetchRetryCount: 0 });
    client.capture({ distinctId: "lab", event: "started" });
    return client.shutdown(2000);
  },
  sentry: async (load) => {
    const sentry = await load("@sentry/node");
    // The documentation's form of an address; the organisation and the project do not exist.
    sentry.init({ dsn: "https://00000000000000000000000000000000@o0.ingest.sentry.io/0" });
    sentry.captureMessage("started");
    return sentry.flush(2000);
  },
  segment: async (load) => {
    const { Analytics } = await load("@segment/analytics-node");
    const analytics = new Analytics({ writeKey: KEY, maxRetries: 0 });
    analytics.track({ userId: "lab", event: "started" });
    return analytics.closeAndFlush({ timeout: 2000 });
  },
  amplitude: async (load) => {
    const { init, track, flush } = await load("@amplitude/analytics-node");
    await init(KEY, { flushMaxRetries: 1 }).promise;
    track("started", undefined, { user_id: "lab" });
    return flush().promise;
  },
  mixpanel: async (load) => {
    const { default: Mixpanel } = await load("mixpanel");
    return new Promise((resolve) => Mixpanel.init(KEY).track("started", { distinct_id: "lab" }, resolve));
  },
  launchdarkly: async (load) => {
    const { default: LaunchDarkly } = await load("launchdarkly-node-server-sdk");
    return LaunchDarkly.init(KEY, {
      logger: LaunchDarkly.basicLogger({ level: "none" }),
    }).waitForInitialization();
  },
  langfuse: async (load) => {
    const { Langfuse } = await load("langfuse");
    const client = new Langfuse({ publicKey: KEY, secretKey: KEY, fetchRetryCount: 0 });
    client.trace({ name: "lab" });
    return client.shutdownAsync();
  },
  "vercel-ai-gateway": async (load) => {
    const { generateText } = await load("ai");
    process.env["AI_GATEWAY_API_KEY"] = KEY;
    return generateText({ model: "openai/lab", prompt: "hello", maxRetries: 0 });
  },
  "update-notifier": async (load) => {
    const { default: updateNotifier } = await load("update-notifier");
    return updateNotifier({ pkg: { name: "left-pad", version: "0.0.1" } }).fetchInfo();
  },
  tavily: async (load) => {
    const { tavily } = await load("@tavily/core");
    return tavily({ apiKey: KEY }).search("hello");
  },
  exa: async (load) => {
    const { default: Exa } = await load("exa-js");
    return new Exa(KEY).search("hello");
  },
  e2b: async (load) => {
    const { Sandbox } = await load("e2b");
    return Sandbox.create({ apiKey: "e2b_0000000000000000000000000000000000000000", requestTimeoutMs: 2000 });
  },
};

const [name] = process.argv.slice(2);
const contact = CONTACTS[name];
if (contact === undefined) {
  process.stderr.write(`no client ${name}; there are ${Object.keys(CONTACTS).join(", ")}\n`);
  process.exit(127);
}
process.on("unhandledRejection", (reason) => process.stderr.write(`${reason}\n`));
setTimeout(() => process.exit(1), 8000); // some go on for ever
try {
  await contact((packageName) => import(packageName));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? `${error.message} ${error.cause ?? ""}` : error}\n`);
}
process.exit();
