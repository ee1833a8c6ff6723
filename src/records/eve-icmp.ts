import type { Packet } from "../decode/packet.ts";
import { hasPorts, PROTO_ICMP, PROTO_ICMPV6 } from "../decode/protocols.ts";
import type { IcmpErrorSighting } from "../findings/observer.ts";
import { NO_ROW } from "../flow/flow-table.ts";
import type { AddressWords } from "../flow/flow-view.ts";
import { formatAddress } from "../policy/address-text.ts";
import { communityId } from "./community-id.ts";
import { eveProto } from "./eve-proto.ts";
import { flowId } from "./flow-id.ts";

/** The fields of an ICMP error, as JSON without braces. Its flow, as Suricata has it, is the one that it quotes. */
export function icmpErrorHead({ pkt, row, table }: IcmpErrorSighting): string {
  const proto = pkt.ipVersion === 6 ? PROTO_ICMPV6 : PROTO_ICMP;
  const { icmpType, icmpCode } = pkt;
  const community = communityId(pkt.ipVersion, proto, srcOf(pkt), dstOf(pkt), icmpType, icmpCode);
  const flow = row === NO_ROW ? "" : `"flow_id":${flowId(table, row)},`;
  return (
    `${flow}"event_type":"icmp","src_ip":"${formatAddress(srcOf(pkt))}",` +
    `"dest_ip":"${formatAddress(dstOf(pkt))}","proto":"${eveProto(proto)}",` +
    `"icmp_type":${icmpType},"icmp_code":${icmpCode},"community_id":"${community}"`
  );
}

/** What it quotes: no traffic of its own. */
export function icmpErrorBody({ quoted }: IcmpErrorSighting): object {
  if (quoted === null) return {};
  const { l4Proto, srcPort, dstPort } = quoted;
  const ports = hasPorts(l4Proto) ? { src_port: srcPort, dest_port: dstPort } : {};
  const [src_ip, dest_ip] = [srcOf(quoted), dstOf(quoted)].map(formatAddress);
  return { gapwatch: { quoted: { src_ip, dest_ip, ...ports, proto: eveProto(Math.max(0, l4Proto)) } } };
}

function srcOf({ src0, src1, src2, src3 }: Packet): AddressWords {
  return [src0, src1, src2, src3];
}

function dstOf({ dst0, dst1, dst2, dst3 }: Packet): AddressWords {
  return [dst0, dst1, dst2, dst3];
}
