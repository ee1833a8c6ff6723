import type { CaptureInputs } from "../capture/capture-inputs.ts";
import type { PacketTap } from "../findings/packet-tap.ts";
import { PacketTaps } from "../findings/packet-taps.ts";
import type { RatedFinding, Summary } from "../findings/summary.ts";
import { EarlierFindings } from "../records/earlier-findings.ts";
import { Evidence } from "../records/evidence.ts";
import { FindingChanges } from "../records/finding-changes.ts";
import { State } from "../records/state.ts";
import { resolveStatePaths } from "../records/state-paths.ts";
import type { Sensor } from "../sensor.ts";
import type { EnclaveFile } from "./enclave-option.ts";
import { say } from "./say.ts";
import { version } from "./version.ts";

/** What a replay with `--state` keeps: its findings, their first packets, and what answers said of addresses. */
export class ReplayRecords {
  private readonly state: State;
  private readonly evidence: Evidence;
  private readonly before: RatedFinding[];

  private constructor(state: State, evidence: Evidence) {
    this.state = state;
    this.evidence = evidence;
    this.before = state.loadFindings();
  }

  /** Throws StateError when the directory cannot be used: a replay that was to be kept is not done without. */
  static async open(directory: string): Promise<ReplayRecords> {
    const paths = resolveStatePaths(directory);
    const alarm = (part: string, message: string | null): void =>
      say(message === null ? `${part}: works again` : `ALARM ${part}: ${message}`);
    const state = await State.open(paths, alarm);
    const evidence = new Evidence(paths.evidence, {
      alarm,
      deleted: (file) => state.evidenceDeleted(file),
    });
    return new ReplayRecords(state, evidence);
  }

  /**
   * Before the first packet is read. What was answered later than that explains nothing in these captures. `also`:
   * who else wants the packets of findings, or null.
   */
  begin(
    sensor: Sensor,
    { paths, first }: CaptureInputs,
    { policy, sha256 }: EnclaveFile,
    also: PacketTap | null,
  ): void {
    this.state.started({ version: version(), inputs: paths });
    this.state.policyLoaded({ name: policy.name, sha256, diff: [] });
    const fromSec = first?.sec ?? Number.NEGATIVE_INFINITY;
    sensor.restoreNames(this.state.loadNames().filter(([, { answeredSec }]) => answeredSec <= fromSec));
    sensor.names.noteChanges();
    // Captures that were read before are not added up a second time.
    sensor.restoreOutflow(this.state.loadOutflow().filter(({ untilSec }) => untilSec <= fromSec));
    sensor.restoreMemory(this.state.loadMemory(), fromSec);
    sensor.watch(also === null ? this.evidence : new PacketTaps([this.evidence, also]));
  }

  /** Keeps what was found: on disk before it is reported. */
  end(sensor: Sensor, { findings, verdict, reasons }: Summary): void {
    const earlier = new EarlierFindings(this.before);
    const changes = new FindingChanges(this.before);
    this.state.findings(
      changes.take(
        findings.map((finding) => earlier.with(finding)),
        [],
      ),
    );
    this.evidence.flush();
    if (Number.isFinite(sensor.clock)) this.state.saveNames(sensor.names.takeChanged(), sensor.clock);
    this.state.saveOutflow(sensor.outflowChanges());
    this.state.saveMemory(sensor.memoryChanges(Infinity));
    this.state.stopped({ verdict, reasons });
    this.state.flush();
  }

  close(): void {
    this.state.close();
  }
}
