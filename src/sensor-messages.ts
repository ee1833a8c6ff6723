import type { PacketTime } from "./capture/frame-source.ts";
import type { InterfaceState, LiveStats } from "./capture/live-source.ts";
import type { LiveJob } from "./capture/live-sources.ts";
import type { CatalogueData } from "./catalogue/catalogue-data.ts";
import type { KeptMemory } from "./findings/detectors/kept-memory.ts";
import type { HostOutflow } from "./findings/detectors/outflow.ts";
import type { OpenFlow } from "./findings/live-flows.ts";
import type { TrafficChanges } from "./findings/live-traffic.ts";
import type { RatedFinding, Summary, Totals } from "./findings/summary.ts";
import type { NamedAddress } from "./flow/address-names.ts";
import type { RecordsPart } from "./records/alarm.ts";

/** What the watch command asks of the sensor's thread when it starts it. */
export interface SensorJob extends LiveJob {
  readonly enclavePath: string;
  readonly enclaveText: string;
  /** Of the catalogue files that the enclave file names. */
  readonly ownCatalogue: CatalogueData | null;
  /** Where the event log goes; null for none. */
  readonly events: string | null;
  /** Directory for the first packets of findings; null for none. */
  readonly evidence: string | null;
  /** What earlier runs learned of addresses. */
  readonly names: readonly NameEntry[];
  /** What left each host in earlier runs. */
  readonly outflow: readonly HostOutflow[];
  /** What detectors learned in earlier runs. */
  readonly memory: readonly KeptMemory[];
  /** A dashboard wants to know of names, hosts and flows. */
  readonly dashboard: boolean;
}

/** To the sensor's thread. */
export type SensorOrder =
  | {
      readonly type: "policy";
      readonly path: string;
      readonly text: string;
      readonly ownCatalogue: CatalogueData | null;
    }
  /** The event log was rotated away. */
  | { readonly type: "reopen" }
  /** The oldest of the findings sent that still wait for it are on disk, as far as it takes them: tell them. */
  | { readonly type: "kept" }
  /** The last report, and what was sent before it, was taken in: there may be another. */
  | { readonly type: "heard" }
  /** What of the traffic the dashboard shows now. */
  | { readonly type: "look"; readonly at: "hosts" | "flows" | null }
  | { readonly type: "stop" };

/** An interface as the sensor sees it. */
export interface InterfaceReport {
  readonly name: string;
  readonly state: InterfaceState;
  readonly stats: LiveStats;
  readonly seen: SeenFrames;
}

/** What was read of an interface. */
export interface SeenFrames {
  first: PacketTime | null;
  last: PacketTime | null;
  /** Captured octets. */
  bytes: number;
}

/** What of a rule was used, open flows aside. */
export interface UsedRule {
  readonly ruleId: string;
  /** Flows, requests and questions. */
  readonly attempts: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** Names and hosts that changed since the last report, and open flows while they are looked at. */
export interface TrafficReport extends TrafficChanges {
  readonly flows: readonly OpenFlow[] | null;
}

/** How the sensor stands: running totals. */
export interface SensorReport {
  readonly interfaces: readonly InterfaceReport[];
  readonly totals: Totals;
  readonly coverage: Readonly<Record<string, number>>;
  readonly reasons: readonly string[];
  readonly hostsSeen: readonly string[];
  readonly openFlows: number;
  /** Rules that were used so far. */
  readonly exceptions: readonly UsedRule[];
  /** For a dashboard; null where there is none. */
  readonly traffic: TrafficReport | null;
  readonly clockSteps: number;
}

/** A summary without what cannot be sent between threads: exceptions name their rule. */
export interface SentSummary extends Omit<Summary, "exceptions"> {
  readonly exceptions: readonly (Omit<Summary["exceptions"][number], "rule"> & { readonly ruleId: string })[];
}

/** A name that an answer gave for an address. */
export type NameEntry = readonly [address: string, named: NamedAddress];

/** From the sensor's thread. */
export type SensorMessage =
  | { readonly type: "evidence-deleted"; readonly finding: string; readonly bytes: number }
  /** Packets are judged by the policy of the last order from here on. */
  | { readonly type: "adopted" }
  | { readonly type: "alarm"; readonly part: RecordsPart; readonly message: string | null }
  | { readonly type: "outflow"; readonly entries: readonly HostOutflow[] }
  | { readonly type: "memory"; readonly entries: readonly KeptMemory[] }
  | { readonly type: "names"; readonly entries: readonly NameEntry[]; readonly nowSec: number }
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly message: string }
  | {
      readonly type: "findings";
      readonly findings: readonly RatedFinding[];
      readonly gone: readonly string[];
    }
  | { readonly type: "report"; readonly report: SensorReport }
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "event"; readonly interface: string; readonly text: string }
  | {
      readonly type: "ended";
      readonly summary: SentSummary;
      readonly report: SensorReport;
      readonly tsDigits: number;
    };
