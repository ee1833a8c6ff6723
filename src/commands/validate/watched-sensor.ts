import type { FrameBatch } from "../../capture/frame-batch.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { Activity } from "../../findings/activity.ts";
import { blindEvents, type CoverageFacts, coverageCounters } from "../../findings/coverage.ts";
import { InsideCensus } from "../../findings/inside-census.ts";
import type { InputFacts } from "../../findings/observer.ts";
import type { PacketTap } from "../../findings/packet-tap.ts";
import type { InterfaceLook, SensorLook } from "../../findings/sensor-states.ts";
import { INFO, severityOf } from "../../findings/severity.ts";
import type { RatedFinding, Summary } from "../../findings/summary.ts";
import type { Judge } from "../../policy/judge.ts";
import type { Evidence } from "../../records/evidence.ts";
import { Sensor } from "../../sensor.ts";

/** A sensor of which is also known when it saw what, and who was at work inside. */
export class WatchedSensor {
  readonly activity = new Activity();
  readonly census: InsideCensus;
  private readonly sensor: Sensor;
  private readonly evidence: Evidence | null;
  private blind = 0;

  /** `tap` is given the packets of findings; `evidence` keeps those that it is given, null for none. */
  constructor(judge: Judge, catalogue: Catalogue, tap: PacketTap | null, evidence: Evidence | null) {
    this.census = new InsideCensus(judge);
    this.evidence = evidence;
    this.sensor = new Sensor(judge, this.census);
    this.sensor.catalogue = catalogue;
    this.sensor.watch(tap);
    this.sensor.logAttempts((finding, sec, attempts) => {
      // What its destination is makes no finding one for information: that takes no look-up.
      if (severityOf(finding, { kinds: [], byPort: false }) > INFO) this.activity.attempts(sec, attempts);
    });
  }

  beginInput(facts: InputFacts): void {
    this.sensor.beginInput(facts);
  }

  /** Takes in the frames [first, end) of a batch, in pieces that lie in one bin of time each. */
  consume(batch: FrameBatch, first = 0, end = batch.count): void {
    for (let from = first; from < end; ) {
      const sec = batch.tsSec[from];
      this.activity.packets(sec, 0, 0);
      const until = this.activity.endOfBin(sec);
      let to = from + 1;
      while (to < end && batch.tsSec[to] >= sec && batch.tsSec[to] < until) to++;
      this.sensor.consume(batch, from, to);
      const blind = blindEvents(this.sensor.facts([], false));
      this.activity.packets(sec, to - from, blind - this.blind);
      this.blind = blind;
      from = to;
    }
    this.evidence?.flush();
  }

  /** Findings that changed since the last call. They pile up until somebody asks. */
  changes(): { findings: RatedFinding[]; gone: string[] } {
    return this.sensor.changes();
  }

  /** Running totals, for saying what keeps a live sensor from seeing. */
  look(countingMs: number, interfaces: readonly InterfaceLook[]): SensorLook {
    const facts = this.sensor.facts([], false);
    return {
      atMs: Date.now(),
      countingMs,
      interfaces,
      coverage: coverageCounters(facts),
      hostsSeen: facts.witness.hostsSeen,
    };
  }

  /** Ends what is open. `watchedSec`: how long was watched, where the clock says it and not the packets. */
  finish(inputs: CoverageFacts["inputs"], interrupted: boolean, watchedSec: number | null = null): Summary {
    const summary = this.sensor.finish(inputs, interrupted, watchedSec);
    this.evidence?.flush();
    return summary;
  }
}
