import { GroupReport, isGroupReport, readGroupReport } from "../decode/group-report.ts";
import type { Packet } from "../decode/packet.ts";
import { readSourceRoute, SourceRoute } from "../decode/source-route.ts";
import { NO_ROW } from "../flow/flow-table.ts";
import type { FlowTracker } from "../flow/flow-tracker.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import type { Judge } from "../policy/judge.ts";
import type { TroubleCounts } from "./troubles.ts";

/** Outside addresses of one source route that get flows of their own: bounds what a hostile packet costs. */
const ROUTE_FLOWS = 4;
/** Groups outside that are taken from one membership report: each is a flow. */
const MAX_JOINS = 8;

/** Destinations that a packet names beside the one in its header: each is judged as a flow of its own. */
export class FurtherDestinations {
  private readonly route = new SourceRoute();
  private readonly groups = new GroupReport();
  private readonly tracker: FlowTracker;
  private readonly judge: Judge;
  private readonly troubles: TroubleCounts;
  private readonly seen: (row: number, pkt: Packet, view: DataView) => void;

  /** `seen` is told of each flow that was opened or added to, with the packet that has its addresses. */
  constructor(
    tracker: FlowTracker,
    judge: Judge,
    troubles: TroubleCounts,
    seen: (row: number, pkt: Packet, view: DataView) => void,
  ) {
    this.tracker = tracker;
    this.judge = judge;
    this.troubles = troubles;
    this.seen = seen;
  }

  /**
   * Every address of a source route is judged as if the packet went there, for it does: those that are outside, or
   * beyond what the source may reach.
   */
  ofRoute(pkt: Packet, view: DataView, sec: number, nsec: number): void {
    const { route, judge, tracker } = this;
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = pkt;
    const copies = tracker.copies;
    readSourceRoute(route, pkt, view);
    let flows = 0;
    for (let w = 0; w < 4 * route.count; w += 4) {
      const d0 = route.words[w];
      const d1 = route.words[w + 1];
      const d2 = route.words[w + 2];
      const d3 = route.words[w + 3];
      if (d3 === dst3 && d2 === dst2 && d1 === dst1 && d0 === dst0) continue;
      const isOutside = judge.addressClass(d0, d1, d2, d3) === OUTSIDE;
      if (!isOutside && judge.mayReach(src0, src1, src2, src3, d0, d1, d2, d3)) continue;
      route.isCut ||= flows === ROUTE_FLOWS;
      if (route.isCut) break;
      flows++;
      setDestination(pkt, d0, d1, d2, d3);
      this.observe(pkt, view, sec, nsec);
    }
    if (route.isCut) this.troubles.add("route.too_long");
    setDestination(pkt, dst0, dst1, dst2, dst3);
    tracker.copies = copies; // the packet itself was counted
  }

  /** Membership reports are judged as the groups that they name, whatever address they go to. */
  ofGroupReport(pkt: Packet, view: DataView, sec: number, nsec: number): void {
    const { groups } = this;
    if (!isGroupReport(pkt, view)) return;
    const status = readGroupReport(groups, pkt.ipVersion === 6, view, pkt.l4At, pkt.l4End);
    if (status !== "ok") this.troubles.add(status);
    pkt.payloadLen = 0; // its octets are counted already
    const { dst0, dst1, dst2, dst3 } = pkt;
    let joined = 0;
    for (let w = 0; w < 4 * groups.count; w += 4) {
      setDestination(pkt, groups.words[w], groups.words[w + 1], groups.words[w + 2], groups.words[w + 3]);
      if (this.judge.addressClass(pkt.dst0, pkt.dst1, pkt.dst2, pkt.dst3) !== OUTSIDE) continue;
      // Sent to the group itself, as reports of the older versions are: the packet's own flow.
      if (pkt.dst3 === dst3 && pkt.dst2 === dst2 && pkt.dst1 === dst1 && pkt.dst0 === dst0) continue;
      if (joined++ === MAX_JOINS) {
        this.troubles.add("group.too_many_records");
        return;
      }
      this.observe(pkt, view, sec, nsec);
    }
  }

  private observe(pkt: Packet, view: DataView, sec: number, nsec: number): void {
    const row = this.tracker.observe(pkt, sec, nsec, 0);
    if (row !== NO_ROW) this.seen(row, pkt, view);
  }
}

function setDestination(pkt: Packet, d0: number, d1: number, d2: number, d3: number): void {
  pkt.dst0 = d0;
  pkt.dst1 = d1;
  pkt.dst2 = d2;
  pkt.dst3 = d3;
}
