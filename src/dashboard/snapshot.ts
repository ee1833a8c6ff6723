import type { OpenFlow } from "../findings/live-flows.ts";
import type { SeenHost, SeenName } from "../findings/live-traffic.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import type { AttemptHistory } from "./attempt-history.ts";
import type { FindingRows } from "./finding-rows.ts";
import type { LampView } from "./lamp.ts";

/** An interface, or a capture that is read. */
export interface InputView {
  readonly name: string;
  /** "up", "down", "gone", "ended"; of a capture how it stands. */
  readonly state: string;
  readonly packets: number;
  readonly dropped: number;
}

/** A line of the log view. */
export interface LogEntry {
  readonly atMs: number;
  readonly level: "info" | "warn" | "bad" | "good";
  readonly text: string;
}

/** How the reading of a capture stands. */
export interface ReplayView {
  /** Times real time; Infinity: as fast as it goes. */
  readonly speed: number;
  readonly isPaused: boolean;
  readonly isEnded: boolean;
  /** Share of the input that was read, 0 to 1; null where it is not known. */
  readonly share: number | null;
}

/** The enclave file in force. */
export interface EnclaveView {
  readonly policy: EnclavePolicy;
  readonly sha256: string;
  readonly path: string;
  /** Wall time; null in a replay, where it says nothing. */
  readonly loadedMs: number | null;
}

/** A reason of the coverage view: since when it is given, and how its figures grew. */
export interface ReasonView {
  readonly text: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What of a rule was used. */
export interface ExceptionView {
  readonly ruleId: string;
  readonly attempts: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** All that a screen is drawn from, beside what the user chose (ui-state.ts). */
export interface Snapshot {
  readonly mode: "live" | "replay";
  /** The screen's clock: wall time, or packet time in a replay; null before the first packet of one. */
  readonly clockMs: number | null;
  readonly enclave: EnclaveView;
  readonly lamp: LampView;
  readonly inputs: readonly InputView[];
  readonly packetsPerSec: number;
  readonly bitsPerSec: number;
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly reasons: readonly ReasonView[];
  readonly coverage: Readonly<Record<string, number>>;
  readonly exceptions: readonly ExceptionView[];
  readonly rows: FindingRows;
  /** By host and name, the one that was seen last at the end. */
  readonly names: ReadonlyMap<string, SeenName>;
  /** Inside hosts that were seen, by address. */
  readonly hosts: ReadonlyMap<string, SeenHost>;
  readonly openFlows: readonly OpenFlow[];
  readonly attempts: AttemptHistory;
  readonly log: readonly LogEntry[];
  /** What does not work now and has to be seen to: a disk that is full, a receiver that is gone. */
  readonly alarms: readonly string[];
  readonly replay: ReplayView | null;
  /** Exit code once the run is over. */
  readonly exitCode: number | null;
  /** Directory of evidence files; null where none are kept. */
  readonly evidence: string | null;
}
