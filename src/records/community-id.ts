import { hash } from "node:crypto";
import { hasPorts, PROTO_ICMP, PROTO_ICMPV6 } from "../decode/protocols.ts";
import { compareWords, type Words } from "../policy/address-text.ts";

// Messages that answer each other, as the specification takes them from Zeek: echo, timestamp, information
// (RFC 792), router discovery (RFC 1256), mask (RFC 950); echo (RFC 4443), listener discovery (RFC 2710),
// router and neighbour discovery (RFC 4861), node information (RFC 4620), home agent discovery (RFC 6275).
const ICMP_ANSWERS = bothWays([8, 0], [13, 14], [15, 16], [10, 9], [17, 18]);
const ICMPV6_ANSWERS = bothWays([128, 129], [130, 131], [133, 134], [135, 136], [139, 140], [144, 145]);

const ADDRESSES_AT = 2;
const PORTS_LEN = 4;
/** Seed, two addresses, protocol and padding, two ports; without ports the same but for its end. */
const keyV4 = Buffer.alloc(ADDRESSES_AT + 2 * 4 + 2 + PORTS_LEN);
const keyV6 = Buffer.alloc(ADDRESSES_AT + 2 * 16 + 2 + PORTS_LEN);
const portlessV4 = keyV4.subarray(0, -PORTS_LEN);
const portlessV6 = keyV6.subarray(0, -PORTS_LEN);

/**
 * Community ID, version 1, seed 0 (corelight/community-id-spec, README): the same for both directions of a
 * flow and in every tool that writes it. `version` is IP's. For ICMP type and code of a message from `src`
 * to `dst` stand for the ports; other protocols without ports have none.
 */
export function communityId(
  version: number,
  proto: number,
  src: Words,
  dst: Words,
  srcPort: number,
  dstPort: number,
): string {
  let farPort = dstPort;
  let mayFlip = true;
  const isIcmp = proto === PROTO_ICMP || proto === PROTO_ICMPV6;
  if (isIcmp) {
    const answer = (proto === PROTO_ICMP ? ICMP_ANSWERS : ICMPV6_ANSWERS).get(srcPort);
    // A message that nothing answers keeps its direction, and its code.
    if (answer === undefined) mayFlip = false;
    else farPort = answer;
  }
  const order = compareWords(src, dst) || srcPort - farPort;
  const withPorts = isIcmp || hasPorts(proto);
  if (mayFlip && order > 0) return digest(version, proto, dst, src, farPort, srcPort, withPorts);
  return digest(version, proto, src, dst, srcPort, farPort, withPorts);
}

function digest(
  version: number,
  proto: number,
  first: Words,
  second: Words,
  firstPort: number,
  secondPort: number,
  withPorts: boolean,
): string {
  const isV6 = version === 6;
  const key = isV6 ? keyV6 : keyV4;
  let at = ADDRESSES_AT;
  for (const words of [first, second]) {
    for (let i = isV6 ? 0 : 3; i < 4; i++) at = key.writeInt32BE(words[i], at);
  }
  key[at] = proto; // a zero follows
  if (withPorts) {
    key.writeUInt16BE(firstPort, at + 2);
    key.writeUInt16BE(secondPort, at + 4);
    return `1:${hash("sha1", key, "base64")}`;
  }
  return `1:${hash("sha1", isV6 ? portlessV6 : portlessV4, "base64")}`;
}

function bothWays(...pairs: readonly [number, number][]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
}
