// What stands in the lab: hosts, addresses, and the names that its resolver knows. Data only.
//
// Every outside address is from a documentation range (RFC 5737, RFC 3849) or is a cloud metadata
// address, so that no record of this lab points at anybody's machine.

/** The enclave's switch as an address plan; allowlists/quickstart.yaml declares the same prefixes. */
export const ENCLAVE = {
  v4: "10.20.0.0/16",
  v6: "fd20:5eed::/48",
  gateway: { v4: "10.20.0.1", v6: "fd20:5eed::1" },
  resolver: "10.20.0.53",
  search: "enclave.internal",
};

/**
 * Hosts on the enclave's switch: name to IPv4 and IPv6 address.
 * @type {Readonly<Record<string, { v4: string, v6: string }>>}
 */
export const HOSTS = {
  "dns-01": { v4: ENCLAVE.resolver, v6: "fd20:5eed::53" },
  "time-01": { v4: "10.20.0.123", v6: "fd20:5eed::123" },
  "gpu-01": { v4: "10.20.1.11", v6: "fd20:5eed::1:11" },
  "agent-01": { v4: "10.20.1.21", v6: "fd20:5eed::1:21" },
  "vector-01": { v4: "10.20.1.31", v6: "fd20:5eed::1:31" },
  "transfer-01": { v4: "10.20.4.10", v6: "fd20:5eed::4:10" },
  "mirror-01": { v4: "10.20.9.10", v6: "fd20:5eed::9:10" },
  "identity-01": { v4: "10.20.9.20", v6: "fd20:5eed::9:20" },
  "proxy-01": { v4: "10.20.9.30", v6: "fd20:5eed::9:30" },
};

/**
 * What becomes of traffic to the outside, longest prefix first where they overlap.
 * `answer`: a server listens on the usual ports, for every address. `closed`: a machine without
 * servers (RST, ICMP port unreachable). `drop`: the gateway swallows it. `prohibit`: the gateway
 * says so by ICMP (type 3 code 13; ICMPv6 type 1 code 1).
 * @typedef {"answer" | "closed" | "drop" | "prohibit"} Treatment
 * @type {readonly (readonly [prefix: string, Treatment])[]}
 */
export const TREATMENTS = [
  ["0.0.0.0/0", "answer"],
  ["192.0.2.192/26", "closed"],
  ["198.51.100.0/24", "drop"],
  ["203.0.113.128/25", "prohibit"],
  ["169.254.0.0/16", "drop"],
  ["168.63.129.16/32", "drop"],
  ["100.100.100.200/32", "drop"],
  ["::/0", "answer"],
  ["2001:db8:0:2::/64", "drop"],
  ["2001:db8:0:3::/64", "prohibit"],
  ["2001:db8:0:4::/64", "closed"],
  ["fd00:ec2::/32", "drop"],
];

/** The outside's own resolver, which answers for every name that there could be. */
export const OUTSIDE_RESOLVER = ["192.0.2.53", "2001:db8:0:1::53"];
export const OUTSIDE_TIME = ["192.0.2.30", "192.0.2.31"];

/**
 * What the enclave's resolver answers. A list of addresses is an answer (A and AAAA as they are),
 * `cname` an alias, `rcode` a refusal by number (RFC 1035 section 4.1.1), `silent` no answer at all.
 * Any other name is NXDOMAIN.
 * @type {Readonly<Record<string, string[] | { cname: string } | { rcode: number } | { silent: true }>>}
 */
export const NAMES = {
  ...Object.fromEntries(
    Object.entries(HOSTS).map(([name, { v4, v6 }]) => [`${name}.${ENCLAVE.search}`, [v4, v6]]),
  ),
  "minio.dev.svc.cluster.local": [HOSTS["mirror-01"].v4],
  "vllm.default.svc.cluster.local": [HOSTS["gpu-01"].v4],
  "qdrant.default.svc.cluster.local": [HOSTS["vector-01"].v4],
  // An inside name that leads out, by address and by alias.
  [`legacy-api.${ENCLAVE.search}`]: ["192.0.2.77"],
  [`models.${ENCLAVE.search}`]: { cname: "huggingface.co" },
  // Outside names that a mirror inside serves.
  "deb.debian.org": [HOSTS["mirror-01"].v4],
  "files.pythonhosted.org": [HOSTS["mirror-01"].v4],
  // The allowed exception.
  "patches.updates.example.org": ["203.0.113.20"],
  "images.updates.example.org": { cname: "edge.cdn.example.net" },
  "edge.cdn.example.net": ["192.0.2.60"],
  "fonts.gstatic.com": ["192.0.2.60"],
  // Answered by the outside.
  "huggingface.co": ["192.0.2.10", "2001:db8:0:1::10"],
  "cdn-lfs.huggingface.co": { cname: "cdn-lfs-us-1.huggingface.co" },
  "cdn-lfs-us-1.huggingface.co": ["192.0.2.11"],
  "api.anthropic.com": ["192.0.2.15"],
  "pypi.org": ["192.0.2.19"],
  "registry.npmjs.org": ["192.0.2.20"],
  "github.com": ["192.0.2.21"],
  "security.debian.org": ["192.0.2.22"],
  "registry-1.docker.io": ["192.0.2.23", "2001:db8:0:1::23"],
  "pool.ntp.org": OUTSIDE_TIME,
  "ocsp.digicert.com": ["192.0.2.40"],
  "captive.apple.com": ["192.0.2.41"],
  "dl.min.io": ["192.0.2.42"],
  // What libraries of AI stacks contact by their own defaults.
  ...Object.fromEntries(
    [
      "ai-gateway.vercel.sh",
      "api.cohere.com",
      "api.e2b.app",
      "api.exa.ai",
      "api.groq.com",
      "api.mistral.ai",
      "api.mixpanel.com",
      "api.pinecone.io",
      "api.replicate.com",
      "api.segment.io",
      "api.smith.langchain.com",
      "api.tavily.com",
      "api.together.ai",
      "api.trychroma.com",
      "api2.amplitude.com",
      "bedrock-runtime.eu-central-1.amazonaws.com",
      "cloud.langfuse.com",
      "events.launchdarkly.com",
      "generativelanguage.googleapis.com",
      "o0.ingest.sentry.io",
      "stream.launchdarkly.com",
    ].map((name, i) => [name, [`192.0.2.${100 + i}`]]),
  ),
  // Somebody answers the phone only to hang up.
  "checkpoint-api.hashicorp.com": ["192.0.2.200"],
  "license.n8n.io": ["192.0.2.201"],
  "stun.l.google.com": ["192.0.2.202"],
  "crash.clickhouse.com": ["2001:db8:0:4::10"],
  // Dropped at the gateway.
  "api.openai.com": ["198.51.100.10"],
  "us.i.posthog.com": ["198.51.100.20"],
  "stats.vllm.ai": ["198.51.100.21"],
  "ntp.ubuntu.com": ["198.51.100.30"],
  "nvcr.io": ["2001:db8:0:2::10"],
  // Prohibited at the gateway.
  "login.microsoftonline.com": ["203.0.113.130"],
  "acme-v02.api.letsencrypt.org": ["203.0.113.140"],
  "sts.amazonaws.com": ["2001:db8:0:3::10"],
  // Not even a name.
  "t.bentoml.com": { rcode: 2 },
  "usage-stats.ray.io": { rcode: 5 },
  "events.gfe.nvidia.com": { silent: true },
};

/**
 * A locally administered MAC address that tells the host's IPv4 address: records stay comparable.
 * @param {string} v4
 */
export function macOf(v4) {
  const octets = v4.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return `02:00:${octets.join(":")}`;
}
