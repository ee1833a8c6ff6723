const ICMP = 1;
const ICMPV6 = 58;
/** The `proto` of `icmp`: ICMP of whichever family, which no packet carries as a number. */
export const ANY_ICMP = -1;
const PORT_PROTOCOLS: Record<string, number> = { tcp: 6, udp: 17, sctp: 132 };
const PORT_RANGE = /^([0-9]{1,5})(?:-([0-9]{1,5}))?\/(tcp|udp|sctp)$/;
const PROTOCOL = /^proto\/([0-9]{1,3})$/;

export const PORT_EXPECTED =
  "a port with its protocol such as 443/tcp, 8000-8010/tcp or 53/udp, or icmp, or proto/47";

/** A range of responder ports of one IP protocol; protocols without ports have 0 to 65535. */
export interface PortRange {
  readonly text: string;
  /** IP protocol number, or ANY_ICMP. */
  readonly proto: number;
  readonly low: number;
  readonly high: number;
}

/** Reads `443/tcp`, `8000-8010/tcp`, `icmp` (of both families) or `proto/N`; a string says what is wrong. */
export function parsePort(text: string): PortRange | string {
  if (text === "icmp") return { text, proto: ANY_ICMP, low: 0, high: 0xffff };
  const numbered = PROTOCOL.exec(text);
  if (numbered !== null) return parseProtocol(text, Number(numbered[1]));
  const match = PORT_RANGE.exec(text);
  if (match === null) return `${JSON.stringify(text)} is no port`;
  const low = Number(match[1]);
  const high = match[2] === undefined ? low : Number(match[2]);
  if (low > 0xffff || high > 0xffff) return `${JSON.stringify(text)} goes beyond port 65535`;
  if (low > high) return `${JSON.stringify(text)} is an empty range`;
  return { text, proto: PORT_PROTOCOLS[match[3]], low, high };
}

/** Whether the range holds this responder port; the port counts only for protocols that have ports. */
export function matchesPort(range: PortRange, proto: number, port: number): boolean {
  if (range.proto === ANY_ICMP) return proto === ICMP || proto === ICMPV6;
  return range.proto === proto && port >= range.low && port <= range.high;
}

/** Whether every port of `inner` is in `outer`. */
export function coversPort(outer: PortRange, inner: PortRange): boolean {
  if (inner.proto === ANY_ICMP) return outer.proto === ANY_ICMP;
  return matchesPort(outer, inner.proto, inner.low) && matchesPort(outer, inner.proto, inner.high);
}

function parseProtocol(text: string, proto: number): PortRange | string {
  if (proto > 255) return `${JSON.stringify(text)} goes beyond protocol 255`;
  for (const [name, number] of Object.entries(PORT_PROTOCOLS)) {
    if (number === proto) return `${JSON.stringify(text)} has ports: write them, such as 0-65535/${name}`;
  }
  return { text, proto, low: 0, high: 0xffff };
}
