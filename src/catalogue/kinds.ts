/** What an enclave depends on, in the order in which summaries tell it. */
export const DEPENDENCY_GROUPS = {
  identity: "identity",
  secrets: "secrets and cloud metadata",
  update: "update and packages",
  telemetry: "telemetry",
  model: "model and hub",
  licence: "licence",
  time: "time",
  certificates: "certificates",
  "remote-access": "remote access",
  other: "other",
} as const;

export type DependencyGroup = keyof typeof DEPENDENCY_GROUPS;

/** An enclave that still needs one of these from outside is not air-gapped, whatever its owner calls it. */
export const NOT_AIR_GAPPED: readonly DependencyGroup[] = ["identity", "secrets", "update"];

interface KindFacts {
  readonly group: DependencyGroup;
  /** For people: what such a host is. */
  readonly title: string;
}

/** Kinds of outside dependency. Names of kinds stay for good: reports and filters are written with them. */
export const DEPENDENCY_KINDS = {
  identity: { group: "identity", title: "identity provider" },
  "cloud-metadata": { group: "secrets", title: "cloud metadata and credentials" },
  "secret-store": { group: "secrets", title: "key or secret store" },
  update: { group: "update", title: "update check or update" },
  "package-registry": { group: "update", title: "package registry" },
  "container-registry": { group: "update", title: "container registry" },
  "code-hosting": { group: "update", title: "code hosting" },
  "security-feed": { group: "update", title: "security feed" },
  telemetry: { group: "telemetry", title: "telemetry" },
  "crash-reporting": { group: "telemetry", title: "crash reporting" },
  observability: { group: "telemetry", title: "hosted monitoring or tracing" },
  "model-api": { group: "model", title: "model API" },
  "model-hub": { group: "model", title: "model hub" },
  "vector-db-cloud": { group: "model", title: "hosted vector database" },
  "agent-registry": { group: "model", title: "registry of agents and tools" },
  "agent-tool": { group: "model", title: "tool that agents call" },
  licence: { group: "licence", title: "licence server" },
  time: { group: "time", title: "time" },
  "certificate-revocation": { group: "certificates", title: "certificate revocation" },
  "certificate-authority": { group: "certificates", title: "certificate authority" },
  "signature-service": { group: "certificates", title: "signature service" },
  "tunnel-remote-access": { group: "remote-access", title: "tunnel or remote access" },
  "connectivity-check": { group: "other", title: "connectivity check" },
  "doh-resolver": { group: "other", title: "public DNS resolver" },
  "ip-discovery": { group: "other", title: "own-address look-up" },
  "cloud-control-plane": { group: "other", title: "cloud API" },
  "object-storage": { group: "other", title: "object storage" },
  "asset-download": { group: "other", title: "asset download" },
  "data-drop": { group: "other", title: "way out for data or work" },
  messaging: { group: "other", title: "messaging and collaboration" },
  "os-vendor": { group: "other", title: "service of the system's vendor" },
  cdn: { group: "other", title: "content delivery" },
} as const satisfies Readonly<Record<string, KindFacts>>;

export type DependencyKind = keyof typeof DEPENDENCY_KINDS;

export function groupOf(kind: DependencyKind): DependencyGroup {
  return DEPENDENCY_KINDS[kind].group;
}
