import type { DependencyGroup, DependencyKind } from "../catalogue/kinds.ts";
import { TRANSFERRED } from "../flow/outcome.ts";
import type { FindingKind } from "./finding-kinds.ts";

/** The frameworks that findings are mapped to, with the version whose titles are used. */
export const FRAMEWORKS = {
  nhi: "OWASP Non-Human Identities Top 10 (2025)",
  agentic: "OWASP Top 10 for Agentic Applications (2026)",
  maestro: "CSA MAESTRO (2025)",
  attack: "MITRE ATT&CK for Enterprise (v17)",
  atlas: "MITRE ATLAS (2025)",
  nist: "NIST SP 800-53 Revision 5",
} as const;

export type FrameworkName = keyof typeof FRAMEWORKS;

export interface Control {
  readonly framework: FrameworkName;
  readonly title: string;
  /** What a finding with this id is evidence of, and where the evidence ends. */
  readonly says: string;
}

/**
 * Every id that a finding can carry. NHI-02, A2 and M1 are labels of practitioners' glossaries for this subject; the
 * official ids of the same matter stand beside them.
 */
export const CONTROLS = {
  "NHI-02": {
    framework: "nhi",
    title: "Secret Leakage (label of glossaries for NHI2:2025)",
    says: "a component asked for, or sent, credentials across the boundary; which ones is not on the wire",
  },
  "NHI2:2025": {
    framework: "nhi",
    title: "Secret Leakage",
    says: "a component asked for, or sent, credentials across the boundary; which ones is not on the wire",
  },
  "NHI3:2025": {
    framework: "nhi",
    title: "Vulnerable Third-Party NHI",
    says: "the enclave depends on an identity or service of a third party; its weaknesses are not on the wire",
  },
  A2: {
    framework: "agentic",
    title: "Tool Misuse and Exploitation (label of glossaries for ASI02)",
    says: "something inside reached a service that agents call; whether an agent did is not on the wire",
  },
  ASI02: {
    framework: "agentic",
    title: "Tool Misuse and Exploitation",
    says: "something inside reached a service that agents call; whether an agent did is not on the wire",
  },
  ASI04: {
    framework: "agentic",
    title: "Agentic Supply Chain Vulnerabilities",
    says: "packages, models or tools are fetched from outside at run time; what they contain is not on the wire",
  },
  M1: {
    framework: "maestro",
    title: "Deployment Infrastructure (label of glossaries for layer 4)",
    says: "the boundary of the deployment was crossed, or tried",
  },
  "MAESTRO-L4": {
    framework: "maestro",
    title: "Layer 4: Deployment & Infrastructure",
    says: "the boundary of the deployment was crossed, or tried",
  },
  "MAESTRO-L5": {
    framework: "maestro",
    title: "Layer 5: Evaluation & Observability",
    says: "telemetry of the stack goes to an outside party",
  },
  T1071: {
    framework: "attack",
    title: "Application Layer Protocol",
    says: "a way that command and control uses",
  },
  "T1071.004": {
    framework: "attack",
    title: "Application Layer Protocol: DNS",
    says: "questions that leave the enclave",
  },
  T1041: {
    framework: "attack",
    title: "Exfiltration Over C2 Channel",
    says: "payload left over a connection; its meaning is not known",
  },
  T1090: { framework: "attack", title: "Proxy", says: "a relay inside was asked for an outside party" },
  T1095: {
    framework: "attack",
    title: "Non-Application Layer Protocol",
    says: "a protocol below the application crossed the boundary",
  },
  T1133: { framework: "attack", title: "External Remote Services", says: "somebody outside reached in" },
  T1195: {
    framework: "attack",
    title: "Supply Chain Compromise",
    says: "code or models come from outside; whether they are sound is not on the wire",
  },
  T1200: {
    framework: "attack",
    title: "Hardware Additions",
    says: "an undeclared source was on the wire; a wrong enclave file explains it too",
  },
  T1219: {
    framework: "attack",
    title: "Remote Access Tools",
    says: "a tunnel or remote-access service was contacted",
  },
  T1571: {
    framework: "attack",
    title: "Non-Standard Port",
    says: "a protocol on a port that stands for another",
  },
  T1572: {
    framework: "attack",
    title: "Protocol Tunneling",
    says: "traffic of a form that carries other traffic",
  },
  "T1552.005": {
    framework: "attack",
    title: "Unsecured Credentials: Cloud Instance Metadata API",
    says: "the metadata service was asked; cloud SDKs do so of their own accord",
  },
  "AML.T0010": {
    framework: "atlas",
    title: "AI Supply Chain Compromise",
    says: "models or AI packages come from outside; whether they are sound is not on the wire",
  },
  "AML.T0025": {
    framework: "atlas",
    title: "Exfiltration via Cyber Means",
    says: "payload left the enclave; its meaning is not known",
  },
  "SC-7": {
    framework: "nist",
    title: "Boundary Protection",
    says: "communication at the boundary that is not approved",
  },
  "SC-7(4)": {
    framework: "nist",
    title: "External Telecommunications Services",
    says: "an exception is out of date or over its budget",
  },
  "SC-7(5)": {
    framework: "nist",
    title: "Deny by Default - Allow by Exception",
    says: "no exception allows it",
  },
  "SC-7(8)": {
    framework: "nist",
    title: "Route Traffic to Authenticated Proxy Servers",
    says: "a proxy was asked for an outside party that is not approved",
  },
  "SC-7(9)": {
    framework: "nist",
    title: "Restrict Threatening Outgoing Communications Traffic",
    says: "outgoing traffic that somebody inside has to answer for",
  },
  "SC-7(10)": {
    framework: "nist",
    title: "Prevent Exfiltration",
    says: "payload left, or left beyond its budget",
  },
  "SC-7(11)": {
    framework: "nist",
    title: "Restrict Incoming Communications Traffic",
    says: "incoming traffic from a source that is not approved",
  },
  "SC-21": {
    framework: "nist",
    title: "Secure Name/Address Resolution Service (Recursive or Caching Resolver)",
    says: "a resolver was used that is not approved",
  },
  "AC-4": {
    framework: "nist",
    title: "Information Flow Enforcement",
    says: "a flow between inside hosts beyond what is approved",
  },
  "AC-17": { framework: "nist", title: "Remote Access", says: "a remote-access service was contacted" },
  "SA-9": {
    framework: "nist",
    title: "External System Services",
    says: "the enclave relies on an outside service",
  },
  "SC-12": {
    framework: "nist",
    title: "Cryptographic Key Establishment and Management",
    says: "keys or secrets are held by an outside service",
  },
  "SC-45": { framework: "nist", title: "System Time Synchronization", says: "a clock outside is asked" },
  "IA-5": {
    framework: "nist",
    title: "Authenticator Management",
    says: "credentials come from, or go to, an outside party",
  },
  "CM-7": {
    framework: "nist",
    title: "Least Functionality",
    says: "a function reaches outside that an enclave does not need",
  },
  "SC-8": {
    framework: "nist",
    title: "Transmission Confidentiality and Integrity",
    says: "credentials could be read on the wire",
  },
  "SI-4(18)": {
    framework: "nist",
    title: "Analyze Traffic and Covert Exfiltration",
    says: "traffic of a form that hides data; what it hides is not known",
  },
  "SI-4(4)": {
    framework: "nist",
    title: "Inbound and Outbound Communications Traffic",
    says: "unusual traffic at the boundary, seen by monitoring",
  },
} as const satisfies Readonly<Record<string, Control>>;

export type ControlId = keyof typeof CONTROLS;

const BOUNDARY: readonly ControlId[] = ["M1", "MAESTRO-L4", "SC-7", "SC-7(5)", "SI-4(4)"];
const OUTGOING: readonly ControlId[] = [...BOUNDARY, "SC-7(9)", "CM-7"];

/** What each kind of finding is evidence for. */
export const CONTROLS_OF_KIND: Readonly<Record<FindingKind, readonly ControlId[]>> = {
  "egress.flow": [...OUTGOING, "T1071"],
  "ingress.flow": [...BOUNDARY, "SC-7(11)", "T1133"],
  "transit.flow": [...BOUNDARY, "T1200"],
  "inside.unapproved": ["AC-4", "SI-4(4)"],
  "dns.name": [...OUTGOING, "T1071.004"],
  "dns.resolver": [...OUTGOING, "SC-21", "T1071.004"],
  "dns.encrypted": [...OUTGOING, "SC-21", "T1071.004"],
  "name.proxy": [...OUTGOING, "SC-7(8)", "T1090"],
  "name.inside": [],
  "policy.expired": [...BOUNDARY, "SC-7(4)"],
  "volume.budget": ["SC-7", "SC-7(4)", "SC-7(10)", "SI-4(4)"],
  "tunnel.encapsulated": [...OUTGOING, "SC-7(10)", "T1572"],
  "tunnel.dns": [...OUTGOING, "SC-7(10)", "SI-4(18)", "T1071.004", "T1572"],
  "tunnel.icmp": [...OUTGOING, "SC-7(10)", "SI-4(18)", "T1095", "T1572"],
  "protocol.mismatch": [...OUTGOING, "T1571"],
  beacon: ["SI-4(4)", "T1071"],
  "secret.cleartext": ["NHI-02", "NHI2:2025", "IA-5", "SC-8"],
  "icmp.stray": [...BOUNDARY, "T1095"],
};

/** What the group of a known destination adds. */
export const CONTROLS_OF_GROUP: Readonly<Record<DependencyGroup, readonly ControlId[]>> = {
  identity: ["NHI3:2025", "IA-5", "SA-9"],
  secrets: ["NHI-02", "NHI2:2025", "IA-5", "SC-12"],
  update: ["ASI04", "AML.T0010", "T1195", "SA-9"],
  telemetry: ["MAESTRO-L5", "SA-9"],
  model: ["ASI04", "AML.T0010", "SA-9"],
  licence: ["SA-9"],
  time: ["SC-45"],
  certificates: ["SA-9"],
  "remote-access": ["AC-17", "T1219"],
  other: [],
};

/** What a kind of dependency adds beyond its group. */
export const CONTROLS_OF_DEPENDENCY: Readonly<Partial<Record<DependencyKind, readonly ControlId[]>>> = {
  "cloud-metadata": ["T1552.005"],
  "model-api": ["A2", "ASI02"],
  "agent-tool": ["A2", "ASI02"],
  "agent-registry": ["A2", "ASI02"],
};

/** What payload that left adds, for findings about a way out. */
export const CONTROLS_OF_TRANSFER: readonly ControlId[] = ["SC-7(10)", "T1041", "AML.T0025"];

/** Controls that a whole run supports, whatever it finds: gapwatch is a means of them. */
export const CONTROLS_OF_A_RUN: readonly (readonly [id: string, title: string, says: string])[] = [
  [
    "SI-4(4)",
    "Inbound and Outbound Communications Traffic",
    "the boundary is monitored, with stated coverage",
  ],
  ["CA-7", "Continuous Monitoring", "watch runs without end and says when it was blind"],
  ["AU-2", "Event Logging", "the kinds of finding are the events that are logged"],
  ["AU-3", "Content of Audit Records", "what, when, where from, where to, how far it came"],
  [
    "AU-9",
    "Protection of Audit Information",
    "records are chained and signed: changes show, they are not prevented",
  ],
  [
    "AU-12",
    "Audit Record Generation",
    "findings, policy changes and blind times are recorded as they happen",
  ],
];

/** What belongs to the subject and is claimed by no finding, because nothing on the wire would prove it. */
export const NOT_CLAIMED: readonly (readonly [id: string, title: string, why: string])[] = [
  ["ASI05", "Unexpected Code Execution (RCE)", "what is executed is not on the wire"],
  ["ASI10", "Rogue Agents", "who acts inside a host, and with what intent, is not on the wire"],
  ["NHI1:2025", "Improper Offboarding", "whether an identity should still exist is not on the wire"],
  ["NHI4:2025", "Insecure Authentication", "how a peer authenticates is encrypted, or not seen"],
  ["AML.T0024", "Exfiltration via AI Inference API", "it is about answers of the enclave's own models"],
  ["SC-7(5)", "as a whole", "that everything is denied by default no finite window can prove"],
];

const LEAVES: ReadonlySet<FindingKind> = new Set([
  "egress.flow",
  "name.proxy",
  "dns.resolver",
  "policy.expired",
]);

/** Answers that were given: there are no more than kinds of finding and of dependency make. */
const given = new Map<string, readonly ControlId[]>();

/** Ids that a finding is evidence for, each once. `outcome` is an index into OUTCOMES. */
export function frameworksOf(
  kind: FindingKind,
  outcome: number,
  known: { group: DependencyGroup; kind: DependencyKind } | null,
): readonly ControlId[] {
  const isTransfer = LEAVES.has(kind) && outcome === TRANSFERRED;
  const key = `${kind} ${isTransfer} ${known?.kind} ${known?.group}`;
  let ids = given.get(key);
  if (ids === undefined) {
    const ofNeed =
      known === null
        ? []
        : [...CONTROLS_OF_GROUP[known.group], ...(CONTROLS_OF_DEPENDENCY[known.kind] ?? [])];
    ids = [...new Set([...CONTROLS_OF_KIND[kind], ...ofNeed, ...(isTransfer ? CONTROLS_OF_TRANSFER : [])])];
    given.set(key, ids);
  }
  return ids;
}
