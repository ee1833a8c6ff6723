import { hasPorts, PROTO_ICMP, PROTO_ICMPV6 } from "../decode/protocols.ts";
import { ICMP_VLAN, PROTO, ROW_WORDS } from "../flow/flow-row.ts";
import type { FlowTable } from "../flow/flow-table.ts";
import { addressOf, type End, portOf } from "../flow/flow-view.ts";
import { formatAddress } from "../policy/address-text.ts";
import { communityId } from "./community-id.ts";
import { eveProto } from "./eve-proto.ts";
import { flowId } from "./flow-id.ts";

/** Types of record about a flow; each but `icmp`, whose type and code stand in the head, has an object of that name. */
export type FlowEventType = "flow" | "dns" | "tls" | "quic" | "http" | "ssh" | "icmp";

/** Of a packet whose ICMP header was cut off before its type. */
const NO_ICMP_TYPE = 0xff;

/**
 * The fields that all records about a flow have, as JSON without braces: numbers, addresses and our own
 * words, so that nothing needs an escape. `src`: the end that is the source.
 */
export function flowHead(type: FlowEventType, table: FlowTable, row: number, src: End): string {
  const words = table.words;
  const w = row * ROW_WORDS;
  const proto = words[w + PROTO] & 0xff;
  const version = (words[w + PROTO] >>> 8) & 0xff;
  const vlan = words[w + ICMP_VLAN] >>> 16;
  const icmpType = (words[w + ICMP_VLAN] >>> 8) & 0xff;
  const icmpCode = words[w + ICMP_VLAN] & 0xff;
  const addressA = addressOf(table, row, 0);
  const addressB = addressOf(table, row, 1);
  const isIcmp = proto === PROTO_ICMP || proto === PROTO_ICMPV6;
  // A is the end that sent the first packet, and the ICMP type is that packet's.
  const nearPort = isIcmp ? icmpType : portOf(table, row, 0);
  const farPort = isIcmp ? icmpCode : portOf(table, row, 1);
  const community = communityId(version, proto, addressA, addressB, nearPort, farPort);
  const vlanText = vlan === 0 ? "" : `"vlan":[${vlan - 1}],`;
  const srcPort = hasPorts(proto) ? `"src_port":${portOf(table, row, src)},` : "";
  const destPort = hasPorts(proto) ? `"dest_port":${portOf(table, row, src === 0 ? 1 : 0)},` : "";
  const icmp = isIcmp && icmpType !== NO_ICMP_TYPE ? `"icmp_type":${icmpType},"icmp_code":${icmpCode},` : "";
  const srcIp = formatAddress(src === 0 ? addressA : addressB);
  const destIp = formatAddress(src === 0 ? addressB : addressA);
  return (
    `"flow_id":${flowId(table, row)},"event_type":"${type}",${vlanText}"src_ip":"${srcIp}",${srcPort}` +
    `"dest_ip":"${destIp}",${destPort}"proto":"${eveProto(proto)}",${icmp}"community_id":"${community}"`
  );
}
