import type { Packet } from "./packet.ts";
import { PROTO_ICMPV6, PROTO_IGMP } from "./protocols.ts";

const IGMP_HEADER_LEN = 8;
// RFC 2236 §2.1 (version 1 too), RFC 3376 §4
const IGMP_V1_REPORT = 0x12;
const IGMP_V2_REPORT = 0x16;
const IGMP_V3_REPORT = 0x22;
// RFC 2710 §3.1, RFC 3810 §5.2
const MLD_V1_REPORT = 131;
const MLD_V2_REPORT = 143;
/** Both versions 3 and 2 count their records in the header's last two octets. */
const REPORT_HEADER_LEN = 8;
/** Groups that are taken from one report; hosts join a handful. */
const MAX_GROUPS = 256;

/** How far a report could be read; everything but "ok" is counted by its name. */
export type GroupReportStatus = "ok" | "group.report_truncated" | "group.too_many_records";

/** Multicast groups that a host says it listens to. Reused by its owner. */
export class GroupReport {
  count = 0;
  /** Four words a group, IPv4 as v4-mapped. */
  readonly words: Int32Array = new Int32Array(4 * MAX_GROUPS);
}

/** Whether the packet is a membership report of IGMP or MLD, of any version. */
export function isGroupReport(pkt: Packet, view: DataView): boolean {
  if (pkt.l4Proto === PROTO_ICMPV6) return pkt.icmpType === MLD_V1_REPORT || pkt.icmpType === MLD_V2_REPORT;
  if (pkt.l4Proto !== PROTO_IGMP || pkt.l4End - pkt.l4At < 1) return false;
  const type = view.getUint8(pkt.l4At);
  return type === IGMP_V1_REPORT || type === IGMP_V2_REPORT || type === IGMP_V3_REPORT;
}

/** The groups of the report in view[at, end); `isV6` says whether it is MLD. */
export function readGroupReport(
  out: GroupReport,
  isV6: boolean,
  view: DataView,
  at: number,
  end: number,
): GroupReportStatus {
  out.count = 0;
  if (end - at < REPORT_HEADER_LEN) return "group.report_truncated";
  const type = view.getUint8(at);
  if (isV6 && type === MLD_V1_REPORT) return readSingle(out, isV6, view, at + REPORT_HEADER_LEN, end);
  if (!isV6 && type !== IGMP_V3_REPORT) return readSingle(out, isV6, view, at + 4, at + IGMP_HEADER_LEN);
  return readRecords(out, isV6, view, at, end);
}

function readSingle(
  out: GroupReport,
  isV6: boolean,
  view: DataView,
  at: number,
  end: number,
): GroupReportStatus {
  if (end - at < (isV6 ? 16 : 4)) return "group.report_truncated";
  addGroup(out, isV6, view, at);
  return "ok";
}

/** Group records: type, auxiliary length in words, number of sources, group, sources (RFC 3376 §4.2.4, RFC 3810 §5.2.4). */
function readRecords(
  out: GroupReport,
  isV6: boolean,
  view: DataView,
  at: number,
  end: number,
): GroupReportStatus {
  const addressLen = isV6 ? 16 : 4;
  const records = view.getUint16(at + 6);
  let next = at + REPORT_HEADER_LEN;
  for (let n = 0; n < records; n++) {
    if (n === MAX_GROUPS) return "group.too_many_records";
    if (end - next < 4 + addressLen) return "group.report_truncated";
    addGroup(out, isV6, view, next + 4);
    next += 4 + addressLen * (1 + view.getUint16(next + 2)) + 4 * view.getUint8(next + 1);
  }
  return "ok";
}

function addGroup(out: GroupReport, isV6: boolean, view: DataView, at: number): void {
  const w = 4 * out.count++;
  out.words[w] = isV6 ? view.getInt32(at) : 0;
  out.words[w + 1] = isV6 ? view.getInt32(at + 4) : 0;
  out.words[w + 2] = isV6 ? view.getInt32(at + 8) : 0xffff;
  out.words[w + 3] = view.getInt32(isV6 ? at + 12 : at);
}
