import { isV4, MAPPED, parseAddress, type Words } from "./address-text.ts";
import { type AddressRange, PrefixTable } from "./prefix-table.ts";

/** Address classes; the sensor keeps them beside each flow as numbers. */
export const INSIDE = 0;
export const LOCAL = 1;
export const OUTSIDE = 2;

/**
 * Cloud metadata and platform addresses: AWS, GCP and Azure instance metadata, AWS container
 * credentials, AWS over IPv6, Alibaba, and Azure's wire server. They answer from outside the
 * enclave's own machines, whatever range they lie in.
 */
const METADATA = ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"];

const METADATA_RANGES: readonly AddressRange[] = METADATA.map((text) => {
  const words = parseAddress(text);
  if (words === null) throw new Error(`not an address: ${text}`);
  return { first: words, last: words };
});
const METADATA_TABLE = new PrefixTable(METADATA_RANGES);

const TRANSITION_TABLE = new PrefixTable([
  { first: [0x20020000, 0, 0, 0], last: [0x2002ffff, -1, -1, -1] },
  { first: [0x20010000, 0, 0, 0], last: [0x20010000, -1, -1, -1] },
  { first: [0x0064ff9b, 0, 0, 0], last: [0x0064ff9b, 0, 0, -1] },
]);

/** Whether the address is one of the cloud metadata addresses. */
export function isMetadata(w0: number, w1: number, w2: number, w3: number): boolean {
  return METADATA_TABLE.has(w0, w1, w2, w3);
}

/** Whether a metadata address lies in the range. */
export function holdsMetadata(range: AddressRange): boolean {
  return METADATA_TABLE.intersects(range);
}

/** Whether the address is in a transition format that carries an IPv4 address. */
export function carriesV4(w0: number, w1: number, w2: number): boolean {
  if (w0 >>> 16 === 0x2002) return true; // 6to4, RFC 3056 §2
  if (w0 === 0x20010000) return true; // Teredo, RFC 4380 §4
  return w0 === 0x0064ff9b && w1 === 0 && w2 === 0; // NAT64 well-known prefix, RFC 6052 §2.1
}

/** Whether a whole range is in a transition format. */
export function isTransitionRange(range: AddressRange): boolean {
  return TRANSITION_TABLE.covers(range);
}

/** The IPv4 word that a transition address carries; only where `carriesV4` holds. */
export function carriedV4(w0: number, w1: number, w3: number): number {
  if (w0 >>> 16 === 0x2002) return (w0 << 16) | (w1 >>> 16);
  if (w0 === 0x20010000) return ~w3; // RFC 4380 §4: the client's address with every bit turned
  return w3;
}

/** The address that decides: of a transition address the IPv4 address that it carries. */
export function judgedAddress(address: Words): Words {
  const [w0, w1, w2, w3] = address;
  const carries = !isV4(w0, w1, w2) && carriesV4(w0, w1, w2);
  return carries ? [0, 0, MAPPED, carriedV4(w0, w1, w3)] : address;
}

/**
 * Whether an address means only this link, this host or a group of local scope. Of 0.0.0.0/8 only
 * the unspecified address: Linux routes the rest like any unicast.
 */
export function isLocal(w0: number, w1: number, w2: number, w3: number): boolean {
  if (isV4(w0, w1, w2)) return isLocalV4(w3);
  if (w0 === 0 && w1 === 0 && w2 === 0) return w3 === 0 || w3 === 1; // RFC 4291 §2.5.2, §2.5.3
  if (w0 >>> 22 === 0xfe80 >>> 6) return true; // fe80::/10, RFC 4291 §2.5.6
  if (w0 >>> 24 !== 0xff) return false;
  const scope = (w0 >>> 16) & 0xf; // RFC 7346 §2: interface-local (1) to site-local (5)
  return scope >= 1 && scope <= 5;
}

function isLocalV4(w: number): boolean {
  const top = w >>> 24;
  if (top === 127) return true; // RFC 1122 §3.2.1.3
  if (top === 239) return true; // administratively scoped, RFC 2365
  if (w >>> 16 === 0xa9fe) return true; // 169.254.0.0/16, RFC 3927
  if (w >>> 8 === 0xe00000) return true; // 224.0.0.0/24, RFC 5771 §4
  return w === 0 || w === -1; // unspecified, limited broadcast
}

/** Every local range, for questions about prefixes and zones rather than addresses. */
export const LOCAL_RANGES: readonly AddressRange[] = localRanges();

function localRanges(): AddressRange[] {
  const v4 = (first: number, last: number): AddressRange => ({
    first: [0, 0, 0xffff, first | 0],
    last: [0, 0, 0xffff, last | 0],
  });
  const v6 = (first: number, last: number): AddressRange => ({
    first: [first | 0, 0, 0, 0],
    last: [last | 0, -1, -1, -1],
  });
  const ranges = [
    v4(0, 0),
    v4(0x7f000000, 0x7fffffff),
    v4(0xa9fe0000, 0xa9feffff),
    v4(0xe0000000, 0xe00000ff),
    v4(0xef000000, 0xefffffff),
    v4(0xffffffff, 0xffffffff),
    v6(0xfe800000, 0xfebfffff),
  ];
  for (let high = 0xff00; high <= 0xfff0; high += 0x10) {
    ranges.push(v6((high + 1) << 16, ((high + 5) << 16) | 0xffff));
  }
  ranges.push({ first: [0, 0, 0, 0], last: [0, 0, 0, 1] }); // unspecified and loopback
  return ranges;
}

/**
 * Class of an address (DESIGN §3). Metadata addresses come first, then what a transition address
 * carries, then the enclave's own prefixes, then local scope. A transition address that carries a
 * local IPv4 address is outside: it is itself routable, so nothing keeps it on the link.
 */
export function classifyAddress(inside: PrefixTable, w0: number, w1: number, w2: number, w3: number): number {
  if (isMetadata(w0, w1, w2, w3)) return OUTSIDE;
  if (!isV4(w0, w1, w2) && carriesV4(w0, w1, w2)) {
    const carried = carriedV4(w0, w1, w3);
    if (isMetadata(0, 0, 0xffff, carried)) return OUTSIDE;
    return inside.has(0, 0, 0xffff, carried) ? INSIDE : OUTSIDE;
  }
  if (inside.has(w0, w1, w2, w3)) return INSIDE;
  return isLocal(w0, w1, w2, w3) ? LOCAL : OUTSIDE;
}
