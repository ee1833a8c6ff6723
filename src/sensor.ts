import { randomInt } from "node:crypto";
import type { FrameBatch } from "./capture/frame-batch.ts";
import { catalogueWith } from "./catalogue/built-in.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { encryptedTunnel, encryptedTunnelOverTcp } from "./decode/encrypted-tunnels.ts";
import { isIcmpError } from "./decode/icmp.ts";
import { decodeFrame, decodeInner } from "./decode/link.ts";
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from "./decode/link-types.ts";
import { NO_INNER, Packet, resetPacket } from "./decode/packet.ts";
import { PROTO_ESP, PROTO_ICMP, PROTO_ICMPV6, PROTO_IGMP, PROTO_TCP, PROTO_UDP } from "./decode/protocols.ts";
import { IPV4_FRAGMENT, IPV6_FRAGMENT, NOTES, OK, STATUSES, type Status } from "./decode/status.ts";
import { NO_TUNNEL, TUNNEL_IPSEC, TUNNELS } from "./decode/tunnels.ts";
import type { CoverageFacts } from "./findings/coverage.ts";
import type { HostOutflow } from "./findings/detectors/outflow.ts";
import type { ExceptionUse } from "./findings/exceptions.ts";
import type { Finding } from "./findings/finding.ts";
import { innerEndOf } from "./findings/flow-ends.ts";
import { FrameEvidence } from "./findings/frame-evidence.ts";
import { FurtherDestinations } from "./findings/further-destinations.ts";
import { IcmpErrors } from "./findings/icmp-errors.ts";
import { lookUp } from "./findings/identify.ts";
import { Judges } from "./findings/judges.ts";
import { LiveFindings } from "./findings/live-findings.ts";
import { type OpenFlow, openFlows } from "./findings/live-flows.ts";
import { Mirrors } from "./findings/mirrors.ts";
import type { InputFacts, Observer } from "./findings/observer.ts";
import type { PacketTap } from "./findings/packet-tap.ts";
import { type RatedFinding, rated, type Summary, summarise } from "./findings/summary.ts";
import { TroubleCounts } from "./findings/troubles.ts";
import type { AddressNames, NamedAddress } from "./flow/address-names.ts";
import { isMulticast } from "./flow/direction.ts";
import {
  BUDGETED,
  FLAGS,
  GATE_OPEN,
  GENERATION,
  IS_TUNNEL,
  JUDGED,
  JUDGED_FINDING,
  JUDGED_PENDING,
  JUDGED_REF,
  PACKETS_A,
  ROW_WORDS,
} from "./flow/flow-row.ts";
import { type FlowTable, NO_ROW } from "./flow/flow-table.ts";
import { FlowTracker } from "./flow/flow-tracker.ts";
import { type End, initiatorOf, lastMoment } from "./flow/flow-view.ts";
import type { IpDatagram } from "./flow/ip-datagram.ts";
import { type DatagramSink, IpFragments, type LaidOut } from "./flow/ip-fragments.ts";
import { takeSteadySegment } from "./flow/steady-segment.ts";
import type { Judge } from "./policy/judge.ts";
import type { EnclavePolicy } from "./policy/policy.ts";

/** Flows that are followed at once. */
const MAX_FLOWS = 1 << 22;
/** Datagrams of a flow that are looked at for an encrypted tunnel. */
const TUNNEL_LOOKS = 16;

/** The loop: frames → headers → flows → names → judgement → findings. Owns every reused object. */
export class Sensor {
  readonly tracker: FlowTracker;
  private readonly table: FlowTable;
  private pkt = new Packet();
  /** Packets for datagrams that are judged while another is at hand: to make room, or inside it. */
  private readonly sparePackets: Packet[] = [];
  private outermostRow: number = NO_ROW;
  private readonly further: FurtherDestinations;
  private readonly statusCounts = new Float64Array(STATUSES.length);
  private readonly noteCounts = new Float64Array(NOTES.length);
  private readonly troubles = new TroubleCounts();
  /** Says who a destination belongs to; read at the first finding. */
  catalogue: Catalogue = catalogueWith(null);
  private readonly icmpErrors: IcmpErrors;
  private readonly mirrors: Mirrors;
  private readonly judge: Judge;
  private readonly judges: Judges;
  private readonly observer: Observer | null;
  private readonly fragments: IpFragments;

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
    this.fragments = new IpFragments(randomInt(2 ** 32), this.datagramSink());
    this.fragments.byVlan = judge.policy.overlapping;
    this.judges = new Judges(this.tracker, judge, this.troubles, observer);
    this.icmpErrors = new IcmpErrors(this.table, this.fragments, judge, this.judges.ledger);
    this.mirrors = new Mirrors(judge);
    this.evidence = new FrameEvidence(this.judges.ledger);
    this.further = new FurtherDestinations(this.tracker, judge, this.troubles, (row, pkt, view) => {
      if (this.tracker.isNew) this.flowBegan(row, pkt, view);
      this.touch(row);
    });
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
  }

  /** Tells when findings were added to, and how often: `sec` is packet time. */
  logAttempts(log: (finding: Finding, sec: number, attempts: number) => void): void {
    this.judges.ledger.onShare.push((finding, { first, attempts }) => log(finding, first.sec, attempts));
  }

  /** Findings that changed since the last call, as they stand, and ids that are none any more. */
  changes(): { findings: RatedFinding[]; gone: string[] } {
    const { changed, gone } = this.live?.drain() ?? { changed: [], gone: [] };
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
    this.fragments.byVlan = policy.overlapping;
    this.mirrors.adopt();
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
      const judged = this.judgeLayers(status, view, sec, tsNsec[i], wireLen[i]);
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
    if (!takeSteadySegment(this.table, view, at, caplen, sec, nsec, this.live !== null)) return false;
    this.statusCounts[OK]++;
    this.bytes += wireLen;
    return true;
  }

  /** Ends all that is open and says what the run amounts to. */
  finish(inputs: CoverageFacts["inputs"], interrupted: boolean, watchedSec: number | null = null): Summary {
    this.fragments.settleAll();
    this.icmpErrors.settleDue(Infinity);
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
      noteCounts: this.noteCounts,
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

  /** What becomes of fragments (flow/ip-fragments.ts). */
  private datagramSink(): DatagramSink {
    return {
      begun: (datagram, pkt, view) => this.datagramBegan(datagram, pkt, view),
      read: (datagram, octets) => this.datagramRead(datagram, octets),
      orphaned: (datagram) => this.fragmentsOrphaned(datagram),
      copied: (datagram) => this.fragmentsCopied(datagram),
    };
  }

  /** The first fragment `pkt` of a datagram is judged at once; it is counted with the others. */
  private datagramBegan(datagram: IpDatagram, pkt: Packet, view: DataView): void {
    const isRead = pkt.payloadAt !== 0 || pkt.srcPort !== 0 || pkt.dstPort !== 0;
    if (!isRead || isError(pkt)) return;
    if (pkt.innerType !== NO_INNER && this.mirrors.isTransport(pkt)) return;
    const row = this.tracker.announce(pkt, datagram.sec, datagram.nsec);
    if (row === NO_ROW) return;
    if (this.tracker.isNew) this.opened(row, pkt, view);
    this.touch(row);
    this.keepRow(datagram, row);
  }

  /** A datagram that was put together goes on as if it had come whole. */
  private datagramRead(datagram: IpDatagram, octets: LaidOut): void {
    const atHand = this.pkt;
    this.pkt = this.sparePackets.pop() ?? new Packet();
    this.readDatagram(datagram, octets);
    this.sparePackets.push(this.pkt);
    this.pkt = atHand;
  }

  private readDatagram(datagram: IpDatagram, { view, at, end, wireEnd, macAt }: LaidOut): void {
    const { pkt } = this;
    const { frames, wireLen, sec, nsec } = datagram;
    const status = decodeFrame(pkt, view, at, end, wireEnd - at, LINKTYPE_RAW);
    pkt.vlan = datagram.vlan;
    pkt.vni = datagram.vni;
    if (datagram.isInner) pkt.layerAt = Math.max(1, at);
    pkt.macOffset = macAt;
    pkt.frames = frames;
    datagram.frames = 0;
    datagram.wireLen = 0;
    const judged = this.judgeLayers(status, view, sec, nsec, wireLen);
    if (judged !== OK && !isFragment(judged)) this.statusCounts[judged]++; // else its fragments were counted
    if (this.outermostRow !== NO_ROW) this.keepRow(datagram, this.outermostRow);
  }

  /** Fragments without their first: only addresses and protocol are known. */
  private fragmentsOrphaned(datagram: IpDatagram): void {
    const { tracker } = this;
    const pkt = this.sparePackets.pop() ?? new Packet();
    resetPacket(pkt, 0);
    datagram.address(pkt);
    if (this.mirrors.mayBeTransport(pkt)) {
      this.sparePackets.push(pkt);
      return;
    }
    const row = tracker.observe(pkt, datagram.sec, datagram.nsec, datagram.wireLen);
    datagram.frames = 0;
    datagram.wireLen = 0;
    datagram.uncounted = 0;
    if (row !== NO_ROW && tracker.isNew) this.opened(row, pkt, datagram.macView);
    if (row !== NO_ROW) this.touch(row);
    this.sparePackets.push(pkt);
  }

  private fragmentsCopied(datagram: IpDatagram): void {
    const { row, generation, frames, wireLen } = datagram;
    datagram.frames = 0;
    datagram.wireLen = 0;
    if (this.table.isStill(row, generation)) this.tracker.countCopies(row, datagram.fromB, frames, wireLen);
  }

  private keepRow(datagram: IpDatagram, row: number): void {
    datagram.row = row;
    datagram.generation = this.table.words[row * ROW_WORDS + GENERATION];
    datagram.fromB = this.table.direction === 1;
  }

  /** The finding that the flow is, if it is one, changed. */
  private touch(row: number): void {
    if (this.live === null) return;
    if (this.table.words[row * ROW_WORDS + JUDGED] === JUDGED_FINDING) this.live.touch(row);
  }

  private opened(row: number, pkt: Packet, view: DataView): void {
    // The packet at hand is no evidence of a flow that ended to make room for it; it is of what carried it.
    if (pkt.layerAt === 0) this.live?.touched.clear();
    this.flowBegan(row, pkt, view);
  }

  /**
   * Judges a packet that was decoded with `status`, and what it carries; returns the status of the innermost.
   * `outermostRow` is then the row of its flow, or NO_ROW where it belongs to none.
   */
  private judgeLayers(status: Status, view: DataView, sec: number, nsec: number, wireLen: number): Status {
    const { pkt } = this;
    if (this.mirrors.namesPorts) this.mirrors.openNamedPort(pkt, view);
    if (pkt.innerType === NO_INNER || isFragment(status)) {
      this.outermostRow = this.layer(status, view, sec, nsec, wireLen);
      return status;
    }
    return this.judgeTunnels(view, sec, nsec, wireLen);
  }

  /**
   * The packet at hand carries another: all are judged, each by its own addresses, down to the innermost. A
   * mirror's own transport is not. Each is a packet of its own flow, but the frame is one frame: a copy at most
   * once.
   */
  private judgeTunnels(view: DataView, sec: number, nsec: number, wireLen: number): Status {
    const { pkt, mirrors, tracker } = this;
    const copies = tracker.copies;
    let outermost: number = NO_ROW;
    let isOutermost = true;
    let status = OK;
    let len = wireLen;
    while (pkt.innerType !== NO_INNER && !isFragment(status)) {
      if (pkt.mirrorSeqAt !== 0) mirrors.sequence.take(pkt, view);
      const { tunnel, innerDoubtful } = pkt;
      const isTransport = mirrors.isTransport(pkt);
      if (isTransport) this.countNotes(pkt.notes);
      const row = isTransport ? NO_ROW : this.layer(status, view, sec, nsec, len);
      if (isOutermost) outermost = row;
      isOutermost = false;
      status = decodeInner(pkt, view);
      const isTunnel = innerDoubtful === 0 || pkt.ipVersion !== 0;
      if (row !== NO_ROW && isTunnel) this.judges.flows.isTunnel(row, TUNNELS[tunnel]);
      len = pkt.frameWireEnd - pkt.layerAt;
      if (mirrors.namesPorts) mirrors.openNamedPort(pkt, view);
    }
    this.layer(status, view, sec, nsec, len);
    tracker.copies = Math.min(tracker.copies, copies + 1);
    this.outermostRow = outermost;
    return status;
  }

  /** One packet, with addresses or without: the row of its flow, or NO_ROW where it belongs to none. */
  private layer(status: Status, view: DataView, sec: number, nsec: number, wireLen: number): number {
    const { pkt } = this;
    if (pkt.notes !== 0) this.countNotes(pkt.notes);
    if (pkt.ipVersion === 0) return NO_ROW;
    if (!isFragment(status)) {
      const row = this.packet(view, sec, nsec, wireLen);
      if (pkt.routeAt !== 0) this.further.ofRoute(pkt, view, sec, nsec);
      return row;
    }
    this.fragments.take(pkt, view, sec, nsec, wireLen);
    return NO_ROW;
  }

  /** A packet with addresses: the row of its flow, or NO_ROW where it belongs to none. */
  private packet(view: DataView, sec: number, nsec: number, wireLen: number): number {
    const pkt = this.pkt;
    const proto = pkt.l4Proto;
    if (isError(pkt)) {
      this.icmpErrors.take(pkt, view, { sec, nsec });
      return NO_ROW;
    }
    const row = this.tracker.observe(pkt, sec, nsec, wireLen);
    if (row === NO_ROW) return NO_ROW;
    if (this.tracker.isNew) this.opened(row, pkt, view);
    else if (this.tracker.hasTurned) this.judges.flows.begin(row);
    const from: End = this.table.direction === 0 ? 0 : 1;
    const w = row * ROW_WORDS;
    if (pkt.payloadLen > 0) {
      if (this.table.words[w + JUDGED] >= JUDGED_PENDING) this.lookForTunnel(row, view);
      if (proto === PROTO_TCP) {
        if ((this.table.words[w + FLAGS] & GATE_OPEN) !== 0)
          this.judges.conversations.segment(row, from, pkt, view);
      } else if (proto === PROTO_UDP && (pkt.innerType === NO_INNER || pkt.innerDoubtful === 1)) {
        this.judges.datagrams.take(row, from, pkt, view, sec, nsec);
      } else if (proto === PROTO_ICMP || proto === PROTO_ICMPV6) {
        this.judges.icmpTunnels.take(pkt, view, sec, nsec);
      }
      if (this.table.words[w + JUDGED] === JUDGED_PENDING && initiatorOf(this.table, row) !== from) {
        this.judges.flows.settle(row);
      }
    }
    if ((this.table.words[w + FLAGS] & BUDGETED) !== 0) this.judges.flows.countBudget(row);
    this.touch(row);
    if (proto === PROTO_IGMP || proto === PROTO_ICMPV6) this.further.ofGroupReport(pkt, view, sec, nsec);
    return row;
  }

  /** Payload of a flow across the boundary that nothing allows yet: its first ones say what tunnel it is, if any. */
  private lookForTunnel(row: number, view: DataView): void {
    const { words } = this.table;
    const w = row * ROW_WORDS;
    if ((words[w + FLAGS] & IS_TUNNEL) !== 0) return;
    if (words[w + PACKETS_A] + words[w + PACKETS_A + 1] > TUNNEL_LOOKS) return;
    const { pkt } = this;
    let tunnel = NO_TUNNEL;
    if (pkt.l4Proto === PROTO_TCP) tunnel = encryptedTunnelOverTcp(pkt, view);
    else if (pkt.l4Proto === PROTO_UDP) tunnel = encryptedTunnel(pkt, view);
    if (tunnel !== NO_TUNNEL) this.judges.flows.isTunnel(row, TUNNELS[tunnel]);
  }

  private flowBegan(row: number, pkt: Packet, view: DataView): void {
    this.observer?.flowBegan(row);
    if (pkt.innerType !== NO_INNER && pkt.innerDoubtful === 0)
      this.judges.flows.isTunnel(row, TUNNELS[pkt.tunnel]);
    else if (pkt.l4Proto === PROTO_ESP) this.judges.flows.isTunnel(row, TUNNELS[TUNNEL_IPSEC]);
    this.judges.flows.begin(row);
    this.judges.witness.began(row, isMulticast(pkt));
    const w = row * ROW_WORDS;
    if (this.table.words[w + JUDGED] === JUDGED_FINDING && pkt.macOffset >= 0) {
      const finding = this.judges.ledger.get(this.table.words[w + JUDGED_REF]);
      // Destination address first, then source.
      finding.mac ??= macText(view, pkt.macOffset + (initiatorOf(this.table, row) === 0 ? 6 : 0));
    }
  }

  private flowEnded(row: number): void {
    this.judges.flowEnded(row);
    this.live?.ended(row);
    const from = initiatorOf(this.table, row);
    this.observer?.flow({ table: this.table, row, from, at: lastMoment(this.table, row) });
  }

  /** Packet time has come to `sec`. */
  private tick(sec: number): void {
    if (this.firstSec === Infinity) this.firstSec = sec;
    else this.longestGapSec = Math.max(this.longestGapSec, sec - this.clockSec);
    this.clockSec = sec;
    this.fragments.settleDue(sec);
    this.icmpErrors.settleDue(sec);
    this.tracker.sweep(sec);
    this.judges.settleDue(sec);
    this.live?.touched.clear(); // what ended is no evidence of the packet at hand
  }

  private countNotes(notes: number): void {
    for (let bit = 0; bit < NOTES.length; bit++) if ((notes & (1 << bit)) !== 0) this.noteCounts[bit]++;
  }

  private countCaps(): void {
    this.troubles.set("table.flows_full", this.tracker.atCap);
    this.judges.countCaps();
    this.troubles.set("table.fragments_full", this.fragments.evicted);
    this.troubles.set("fragment.incomplete", this.fragments.incomplete);
    this.troubles.set("fragment.overlap", this.fragments.overlaps);
    this.troubles.set("fragment.invalid", this.fragments.invalid);
    this.troubles.set("fragment.too_deep", this.fragments.tooDeep);
    this.troubles.set("mirror.sequence_gap", this.mirrors.sequence.missing);
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
      duplicates: this.tracker.copies + this.fragments.copies,
    };
  }
}

function isFragment(status: Status): boolean {
  return status === IPV4_FRAGMENT || status === IPV6_FRAGMENT;
}

function macText(view: DataView, at: number): string {
  const octets = [0, 1, 2, 3, 4, 5].map((i) =>
    view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, "0"),
  );
  return octets.join(":");
}

/** An ICMP or ICMPv6 error: it quotes a packet, and is no traffic of its own. */
function isError({ l4Proto, ipVersion, icmpType }: Packet): boolean {
  return (l4Proto === PROTO_ICMP || l4Proto === PROTO_ICMPV6) && isIcmpError(ipVersion, icmpType);
}
