import type { Words } from "./address-text.ts";
import type { Hours } from "./hours.ts";
import type { NamePattern } from "./name-set.ts";
import type { PortRange } from "./ports.ts";
import type { Prefix } from "./prefix.ts";

/** Who initiates, seen from the enclave. */
export const OUT = 0;
export const IN = 1;

/** One entry of the exception register. Texts are as written in the file. */
export interface Rule {
  readonly id: string;
  readonly reason: string | null;
  readonly owner: string | null;
  /** The outside party. */
  readonly toPrefixes: readonly Prefix[];
  readonly toNames: readonly NamePattern[];
  /** Ports of the responder; null: any. */
  readonly ports: readonly PortRange[] | null;
  /** The inside party; null: any inside host. */
  readonly from: readonly Prefix[] | null;
  readonly direction: typeof OUT | typeof IN;
  /** First Unix second at which the rule no longer holds; Infinity: never. */
  readonly expiresSec: number;
  readonly hours: Hours | null;
  /** Budgets in bytes per UTC day; null: none. */
  readonly maxBytesOut: number | null;
  readonly maxBytesIn: number | null;
  readonly text: RuleText;
}

/** A rule for people: what reports and `policy explain` print. */
export interface RuleText {
  readonly to: string;
  readonly ports: string;
  readonly from: string;
  readonly direction: "out" | "in";
  /** null: the file states none, so the rule holds for ever. */
  readonly expires: string | null;
  readonly hours: string;
  readonly maxBytesOut: string;
  readonly maxBytesIn: string;
}

export interface InventoryHost {
  readonly name: string;
  readonly addresses: readonly Words[];
  readonly mustBeSeen: boolean;
  /** Inside prefixes that this host may reach; null: all. */
  readonly mayReach: readonly Prefix[] | null;
}

export interface InventoryService {
  readonly role: string;
  readonly address: Words;
  readonly port: PortRange;
  readonly mustBeUsed: boolean;
}

export interface NatEntry {
  readonly address: Words;
  /** Hosts that stand behind the address. */
  readonly hosts: readonly Prefix[];
}

export interface MirroredName {
  readonly name: NamePattern;
  readonly to: readonly Prefix[];
}

/** The mirror's own transport: only between these outer endpoints is it trusted. */
export interface MirrorTransport {
  readonly kind: "vxlan" | "geneve" | "gre" | "erspan" | "ipip";
  /** UDP port of VXLAN and Geneve; null for the others. */
  readonly port: number | null;
  readonly from: Prefix;
  readonly to: Prefix;
}

/** Limits that the enclave file states for what the sensor must see; null: none stated. */
export interface CoverageLimits {
  readonly maxGapSec: number | null;
  readonly maxSilenceSec: number | null;
  readonly minWindowSec: number | null;
}

/** A loaded enclave file. */
export interface EnclavePolicy {
  readonly name: string;
  readonly stage: "production" | "staging";
  readonly inside: readonly Prefix[];
  readonly resolvers: readonly Prefix[];
  readonly names: readonly string[];
  /** Suffixes that stub resolvers append; a first label `*` stands for exactly one label. */
  readonly search: readonly string[];
  readonly mirrored: readonly MirroredName[];
  readonly hosts: readonly InventoryHost[];
  readonly services: readonly InventoryService[];
  readonly relays: readonly Prefix[];
  readonly nat: readonly NatEntry[];
  readonly mirrors: readonly MirrorTransport[];
  readonly coverage: CoverageLimits;
  readonly crownJewelsBytes: number | null;
  /** Two networks may use the same addresses: VLAN and VNI are part of a flow's identity. */
  readonly overlapping: boolean;
  readonly dnsGraceSec: number;
  /** Paths of the user's own catalogue files, as written. */
  readonly catalogue: readonly string[];
  readonly rules: readonly Rule[];
}
