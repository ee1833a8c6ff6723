import { randomInt } from "node:crypto";
import type { FrameBatch } from "./capture/frame-batch.ts";
import { catalogueWith } from "./catalogue/built-in.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { decodeFrame } from "./decode/link.ts";
import { LINKTYPE_ETHERNET } from "./decode/link-types.ts";
import { Packet } from "./decode/packet.ts";
import { OK, STATUSES } from "./decode/status.ts";
import type { CoverageFacts } from "./findings/coverage.ts";
import type { KeptMemory } from "./findings/detectors/kept-memory.ts";
import type { HostOutflow } from "./findings/detectors/outflow.ts";
import type { ExceptionUse } from "./findings/exceptions.ts";
import type { Finding } from "./findings/finding.ts";
import { innerEndOf } from "./findings/flow-ends.ts";
import { FrameEvidence } from "./findings/frame-evidence.ts";
import { lookUp } from "./findings/identify.ts";
import { Judges } from "./findings/judges.ts";
import { LiveFindings } from "./findings/live-findings.ts";
import { type OpenFlow, openFlows } from "./findings/live-flows.ts";
import type { InputFacts, Observer } from "./findings/observer.ts";
import { PacketJudge } from "./findings/packet-judge.ts";
import type { PacketTap } from "./findings/packet-tap.ts";
import { type RatedFinding, rated, type Summary, summarise } from "./findings/summary.ts";
import { TroubleCounts } from "./findings/troubles.ts";
import type { AddressNames, NamedAddress } from "./flow/address-names.ts";
import { FLAGS, ROW_WORDS, UNSEEN } from "./flow/flow-row.ts";
import type { FlowTable } from "./flow/flow-table.ts";
import { FlowTracker } from "./flow/flow-tracker.ts";
import { initiatorOf, lastMoment } from "./flow/flow-view.ts";
import { takeSteadySegment } from "./flow/steady-segment.ts";
import type { Judge } from "./policy/judge.ts";
import type { EnclavePolicy } from "./policy/policy.ts";

/** Flows that are followed at once. */
const MAX_FLOWS = 1 << 22;

/** The loop: frames → headers → flows → names → judgement → findings. Owns every reused object. */
export class Sensor {
  readonly tracker: FlowTracker;
  private readonly table: FlowTable;
  private readonly pkt = new Packet();
  private readonly statusCounts = new Float64Array(STATUSES.length);
  private readonly troubles = new TroubleCounts();
  /** Says who a destination belongs to; read at the first finding. */
  catalogue: Catalogue = catalogueWith(null);
  private readonly judge: Judge;
  private readonly judges: Judges;
  private readonly layers: PacketJudge;
  private readonly observer: Observer | null;

  private live: LiveFindings | null = null;
  private readonly evidence: FrameEvidence;
  private packets = 0;
  private bytes = 0;
  private clockSec = -Infinity;
  private firstSec = Infinity;
  private longestGapSec = 0;

  /** `observer` is told of everything that is seen, or null; `maxFlows` are followed at once. */
  constructor(judge: Judge, observer: Observer | null, maxFlows: number = MAX_FLOWS) {
    this.judge = judge;
    this.observer = observer;
    this.tracker = new FlowTracker(maxFlows, randomInt(2 ** 32), (row) => this.flowEnded(row));
    this.table = this.tracker.table;
    this.table.byVlan = judge.policy.overlapping;
    this.judges = new Judges(this.tracker, judge, this.troubles, observer);
    this.layers = new PacketJudge(
      this.tracker,
      judge,
      this.judges,
      this.troubles,
      observer,
      this.statusCounts,
    );
    this.layers.fragments.byVlan = judge.policy.overlapping;
    this.evidence = new FrameEvidence(this.judges.ledger);
  }

  /**
   * Keeps findings as they stand while their flows are open, for `changes`; `tap` is given their packets, and so
   * are those of earlier calls.
   */
  watch(tap: PacketTap | null = null): void {
    if (tap !== null) this.evidence.taps.push(tap);
    this.live ??= new LiveFindings(this.table, this.judges.ledger, this.judges.accounts, (row) =>
      innerEndOf(this.table, row),
    );
    this.layers.live = this.live;
  }

  /** Tells when findings were added to, and how often: `sec` is packet time. */
  logAttempts(log: (finding: Finding, sec: number, attempts: number) => void): void {
    this.judges.ledger.onShare.push((finding, { first, attempts }) => log(finding, first.sec, attempts));
  }

  /** Among what `changes` would say is a finding that it never said. */
  get hasNewFindings(): boolean {
    return this.live?.hasNew ?? false;
  }

  /**
   * Findings that changed since the last call, as they stand, and ids that are none any more. Without `withLarge`
   * findings of very many open flows are left for a later call, once they were told.
   */
  changes(withLarge = true): { findings: RatedFinding[]; gone: string[] } {
    const { changed, gone } = this.live?.drain(withLarge) ?? { changed: [], gone: [] };
    const findings = changed.map((each) => rated(each, this.judge, lookUp(this.catalogue, each)));
    return { findings, gone };
  }

  /** Packet time, in whole seconds; -Infinity before the first packet. */
  get clock(): number {
    return this.clockSec;
  }

  /** Takes back what earlier runs learned of addresses, before the first packet is read. */
  restoreNames(entries: Iterable<readonly [address: string, named: NamedAddress]>): void {
    for (const [address, named] of entries) this.judges.names.restore(address, named);
  }

  /** Takes back what earlier runs counted of what left each host, before the first packet is read. */
  restoreOutflow(entries: Iterable<HostOutflow>): void {
    this.judges.outflow.restore(entries);
  }

  /** What left each host in all, where that changed since the last call. */
  outflowChanges(): HostOutflow[] {
    return this.judges.outflow.drain();
  }

  /** Takes back what detectors knew by `fromSec`, before the first packet is read; `memoryChanges` tells of it. */
  restoreMemory(kept: readonly KeptMemory[], fromSec: number): void {
    this.judges.beacons.restore(kept, fromSec);
    this.judges.dnsTunnels.restore(kept, fromSec);
  }

  /** What detectors learned and nobody was told yet, so much of each at the most. */
  memoryChanges(most: number): KeptMemory[] {
    return [...this.judges.beacons.takeChanged(most), ...this.judges.dnsTunnels.takeChanged(most)];
  }

  get names(): AddressNames {
    return this.judges.names;
  }

  get policy(): EnclavePolicy {
    return this.judge.policy;
  }

  /** Judges by this policy from now on, open flows included. What was found stays found. */
  adopt(policy: EnclavePolicy): void {
    this.judge.adopt(policy);
    this.table.byVlan = policy.overlapping;
    this.layers.fragments.byVlan = policy.overlapping;
    this.layers.mirrors.adopt();
    this.judges.adopt(policy);
  }

  /** The batches from now on come from this input. */
  beginInput(facts: InputFacts): void {
    this.observer?.input(facts);
  }

  /** Takes in the frames [from, to) of a batch; all of them unless told. */
  consume(batch: FrameBatch, from = 0, to = batch.count): void {
    const { view, offset, caplen, wireLen, tsSec, tsNsec, linkType } = batch;
    const pkt = this.pkt;
    for (let i = from; i < to; i++) {
      const at = offset[i];
      const sec = tsSec[i];
      if (sec > this.clockSec) this.tick(sec);
      if (this.takeSteady(view, at, caplen[i], wireLen[i], linkType[i], sec, tsNsec[i])) continue;
      const status = decodeFrame(pkt, view, at, at + caplen[i], wireLen[i], linkType[i]);
      this.bytes += wireLen[i];
      const judged = this.layers.judge(pkt, status, view, sec, tsNsec[i], wireLen[i]);
      this.statusCounts[judged]++;
      if (this.live !== null && this.live.touched.size > 0)
        this.evidence.take(batch, i, pkt, this.live.touched);
    }
    this.packets += to - from;
  }

  /** Most packets change nothing but counters of their flow (flow/steady-segment.ts). */
  private takeSteady(
    view: DataView,
    at: number,
    caplen: number,
    wireLen: number,
    linkType: number,
    sec: number,
    nsec: number,
  ): boolean {
    if (linkType !== LINKTYPE_ETHERNET || caplen !== wireLen) return false;
    if (!takeSteadySegment(this.table, this.pkt, view, at, caplen, sec, nsec, this.live !== null))
      return false;
    this.statusCounts[OK]++;
    this.bytes += wireLen;
    return true;
  }

  /** Ends all that is open and says what the run amounts to. */
  finish(inputs: CoverageFacts["inputs"], interrupted: boolean, watchedSec: number | null = null): Summary {
    this.layers.fragments.settleAll();
    this.layers.icmpErrors.settleDue(Infinity);
    this.tracker.endAll();
    this.judges.settleLast();
    const known = this.facts(inputs, interrupted);
    const facts = watchedSec === null ? known : { ...known, windowSec: watchedSec };
    return summarise(
      this.judge,
      this.catalogue,
      this.totals(),
      facts,
      this.judges.exceptions.all(),
      this.judges.ledger.all(),
    );
  }

  /** What is known so far of what could be seen. */
  facts(inputs: CoverageFacts["inputs"], interrupted: boolean): CoverageFacts {
    this.countCaps();
    return {
      inputs,
      statusCounts: this.statusCounts,
      noteCounts: this.layers.noteCounts,
      troubles: this.troubles,
      witness: this.judges.witness,
      dnsAsked: this.judges.dns.askedInside,
      dnsAnswered: this.judges.dns.answeredInside,
      tcpUnseen: this.tracker.gaps.unseen,
      windowSec: Math.max(0, this.clockSec - this.firstSec),
      longestGapSec: this.longestGapSec,
      interrupted,
    };
  }

  private flowEnded(row: number): void {
    this.judges.flowEnded(row);
    this.live?.ended(row);
    if ((this.table.words[row * ROW_WORDS + FLAGS] & UNSEEN) !== 0) return;
    const from = initiatorOf(this.table, row);
    this.observer?.flow({ table: this.table, row, from, at: lastMoment(this.table, row) });
  }

  /** Packet time has come to `sec`. */
  private tick(sec: number): void {
    if (this.firstSec === Infinity) this.firstSec = sec;
    else this.longestGapSec = Math.max(this.longestGapSec, sec - this.clockSec);
    this.clockSec = sec;
    this.layers.fragments.settleDue(sec);
    this.layers.icmpErrors.settleDue(sec);
    this.tracker.sweep(sec);
    this.judges.settleDue(sec);
    this.live?.touched.clear(); // what ended is no evidence of the packet at hand
  }

  private countCaps(): void {
    this.troubles.set("table.flows_full", this.tracker.atCap);
    this.judges.countCaps();
    this.troubles.set("table.fragments_full", this.layers.fragments.evicted);
    this.troubles.set("fragment.incomplete", this.layers.fragments.incomplete);
    this.troubles.set("fragment.overlap", this.layers.fragments.overlaps);
    this.troubles.set("fragment.invalid", this.layers.fragments.invalid);
    this.troubles.set("fragment.too_deep", this.layers.fragments.tooDeep);
    this.troubles.set("mirror.sequence_gap", this.layers.mirrors.sequence.missing);
  }

  /** Flows that are open now: toward outside first, then the latest. */
  openFlows(limit: number): OpenFlow[] {
    return openFlows(this.table, this.judge, this.judges.ledger, limit);
  }

  /** What rules allowed so far; open flows are not counted yet. */
  exceptionsUsed(): ExceptionUse[] {
    return this.judges.exceptions.all();
  }

  /** Counts so far. */
  totals(): Summary["totals"] {
    let undecoded = 0;
    for (const [i, { effect }] of STATUSES.entries())
      if (effect === "blind") undecoded += this.statusCounts[i];
    return {
      packets: this.packets,
      bytes: this.bytes,
      flows: this.tracker.opened,
      dnsQueries: this.judges.dnsTraffic.queries,
      tlsHellos: this.judges.heard.tlsHellos,
      quicInitials: this.judges.heard.quicInitials,
      httpRequests: this.judges.heard.httpRequests,
      undecoded,
      duplicates: this.tracker.copies + this.layers.fragments.copies,
    };
  }
}
