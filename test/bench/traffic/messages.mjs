/** Builders of what conversations say: DNS, TLS, HTTP, RESP, NTP. Text goes in as ASCII. */

const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;
const NXDOMAIN = 3;

export function ascii(text) {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function u16(value) {
  return [value >> 8, value & 0xff];
}

/** A vector with a length prefix of two octets, as TLS and DNS like them. */
function vector16(bytes) {
  return [...u16(bytes.length), ...bytes];
}

function dnsName(name) {
  return [...name.split(".").flatMap((label) => [label.length, ...ascii(label)]), 0];
}

/** A DNS question (RFC 1035 §4.1) with an EDNS OPT record (RFC 6891 §6.1.2). */
export function dnsQuery(id, name, v6) {
  const question = [...dnsName(name), ...u16(v6 ? TYPE_AAAA : TYPE_A), 0, 1];
  const opt = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...u16(id), 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 1, ...question, ...opt]);
}

/**
 * The answer to `dnsQuery`: `addresses` (4 or 16 octets each), behind a CNAME to `alias` if given;
 * null for NXDOMAIN. Owner names are compression pointers (RFC 1035 §4.1.4).
 */
export function dnsAnswer(id, name, v6, addresses, alias = null) {
  const question = [...dnsName(name), ...u16(v6 ? TYPE_AAAA : TYPE_A), 0, 1];
  const records = [];
  let owner = 12;
  if (alias !== null && addresses !== null) {
    const target = dnsName(alias);
    records.push(...u16(0xc000 | owner), ...u16(TYPE_CNAME), 0, 1, 0, 0, 1, 44, ...vector16(target));
    owner = 12 + question.length + 12;
  }
  for (const address of addresses ?? []) {
    const type = address.length === 4 ? TYPE_A : TYPE_AAAA;
    records.push(...u16(0xc000 | owner), ...u16(type), 0, 1, 0, 0, 1, 44, ...vector16(address));
  }
  const rcode = addresses === null ? NXDOMAIN : 0;
  const count = (addresses?.length ?? 0) + (alias !== null && addresses !== null ? 1 : 0);
  return Uint8Array.from([
    ...u16(id),
    0x81,
    0x80 | rcode,
    0,
    1,
    ...u16(count),
    0,
    0,
    0,
    0,
    ...question,
    ...records,
  ]);
}

function handshakeRecord(recordVersion, type, body) {
  const message = [type, 0, ...u16(body.length), ...body];
  return Uint8Array.from([22, 3, recordVersion, ...vector16(message)]);
}

function extension(type, body) {
  return [...u16(type), ...vector16(body)];
}

const GROUP_X25519 = 0x001d;
const GROUP_X25519MLKEM768 = 0x11ec;

/** ClientHello (RFC 8446 §4.1.2) with SNI; `hybrid` adds a post-quantum key share, so that it spans two segments. */
export function clientHello(random, sni, hybrid) {
  const name = [0, ...vector16(ascii(sni))];
  const shares = [...u16(GROUP_X25519), ...vector16(random.fill(new Uint8Array(32)))];
  if (hybrid) shares.unshift(...u16(GROUP_X25519MLKEM768), ...vector16(random.fill(new Uint8Array(1216))));
  const groups = hybrid ? [GROUP_X25519MLKEM768, GROUP_X25519, 0x17, 0x18] : [GROUP_X25519, 0x17, 0x18];
  const suites = [0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xc02b, 0xc02f].flatMap(u16);
  const schemes = [0x0403, 0x0503, 0x0807, 0x0804, 0x0805, 0x0401].flatMap(u16);
  const extensions = [
    ...extension(0, vector16(name)),
    ...extension(11, [1, 0]),
    ...extension(10, vector16(groups.flatMap(u16))),
    ...extension(35, []),
    ...extension(16, vector16([2, ...ascii("h2"), 8, ...ascii("http/1.1")])),
    ...extension(23, []),
    ...extension(13, vector16(schemes)),
    ...extension(43, [4, 3, 4, 3, 3]),
    ...extension(45, [1, 1]),
    ...extension(51, vector16(shares)),
  ];
  const start = [3, 3, ...random.fill(new Uint8Array(32)), 32, ...random.fill(new Uint8Array(32))];
  return handshakeRecord(1, 1, [...start, ...vector16(suites), 1, 0, ...vector16(extensions)]);
}

/** ServerHello (RFC 8446 §4.1.3), ChangeCipherSpec and encrypted flight of `flightLen` octets. */
export function serverFlight(random, flightLen) {
  const share = [...u16(GROUP_X25519), ...vector16(random.fill(new Uint8Array(32)))];
  const extensions = [...extension(43, [3, 4]), ...extension(51, share)];
  const start = [3, 3, ...random.fill(new Uint8Array(32)), 32, ...random.fill(new Uint8Array(32))];
  const hello = handshakeRecord(3, 2, [...start, 0x13, 0x02, 0, ...vector16(extensions)]);
  return Uint8Array.from([...hello, 20, 3, 3, 0, 1, 1, ...applicationData(random, flightLen)]);
}

/** ChangeCipherSpec and encrypted Finished of the client. */
export function clientFinished(random) {
  return Uint8Array.from([20, 3, 3, 0, 1, 1, ...applicationData(random, 69)]);
}

/** One application data record (RFC 8446 §5.2) of `len` encrypted octets. */
export function applicationData(random, len) {
  const record = random.fill(new Uint8Array(5 + len));
  record.set([23, 3, 3, len >> 8, len & 0xff]);
  return record;
}

/** NTP (RFC 5905 §7.3): mode 3 asks, mode 4 answers. */
export function ntp(random, mode) {
  const packet = random.fill(new Uint8Array(48));
  packet.set([0x20 | mode, mode === 4 ? 2 : 0, 6, 0xe9]);
  return packet;
}
