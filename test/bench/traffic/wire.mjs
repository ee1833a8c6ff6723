const ETHERNET_LEN = 14;
const MIN_FRAME_LEN = 60; // IEEE 802.3 minimum without FCS: a mirror shows the padding
const EPOCH_SEC = Date.UTC(2026, 2, 2, 8) / 1000;

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

const EMPTY = new Uint8Array(0);

/** Puts datagrams on the generated wire: correct lengths and checksums, Ethernet padding, one clock. */
export class Wire {
  /** Microseconds of packet time since the capture began. */
  nowUsec = 0;
  /** Where the latest datagram lies in the writer's buffer. */
  lastIpAt = 0;

  constructor(writer) {
    this.writer = writer;
    this.bytes = writer.bytes;
    this.view = writer.view;
  }

  /** Writes Ethernet and IP headers and returns where `l4Len` octets of transport header and payload belong. */
  begin(from, to, v6, proto, l4Len) {
    const ipLen = (v6 ? 40 : 20) + l4Len;
    const len = Math.max(MIN_FRAME_LEN, ETHERNET_LEN + ipLen);
    const sec = EPOCH_SEC + Math.floor(this.nowUsec / 1e6);
    const at = this.writer.frame(sec, this.nowUsec % 1e6, len);
    const { bytes, view } = this;
    bytes.set(to.mac, at);
    bytes.set(from.mac, at + 6);
    view.setUint16(at + 12, v6 ? 0x86dd : 0x0800);
    bytes.fill(0, at + ETHERNET_LEN + ipLen, at + len);
    const ipAt = at + ETHERNET_LEN;
    this.lastIpAt = ipAt;
    if (v6) this.#ipv6(ipAt, from, to, proto, l4Len);
    else this.#ipv4(ipAt, from, to, proto, ipLen);
    return ipAt + ipLen - l4Len;
  }

  /** A copy of how the latest datagram begins, for ICMP errors to quote (RFC 792). */
  lastDatagram(len) {
    return this.bytes.slice(this.lastIpAt, this.lastIpAt + len);
  }

  udp(from, fromPort, to, toPort, v6, payload) {
    const l4Len = 8 + payload.length;
    const at = this.begin(from, to, v6, UDP, l4Len);
    const { bytes, view } = this;
    view.setUint16(at, fromPort);
    view.setUint16(at + 2, toPort);
    view.setUint16(at + 4, l4Len);
    view.setUint16(at + 6, 0);
    bytes.set(payload, at + 8);
    this.#sealWithPseudoHeader(at, at + 6, UDP, l4Len, v6);
  }

  /** ICMP (RFC 792) or ICMPv6 (RFC 4443): `rest` is the word after the checksum. */
  icmp(from, to, v6, type, code, rest, payload) {
    const l4Len = 8 + payload.length;
    const at = this.begin(from, to, v6, v6 ? ICMPV6 : ICMP, l4Len);
    const { bytes, view } = this;
    view.setUint16(at, (type << 8) | code);
    view.setUint16(at + 2, 0);
    view.setUint32(at + 4, rest);
    bytes.set(payload, at + 8);
    if (v6) this.#sealWithPseudoHeader(at, at + 2, ICMPV6, l4Len, true);
    else view.setUint16(at + 2, checksum(view, at, at + l4Len, 0));
  }

  /** A TCP segment (RFC 9293) with `payload[start, start + len)` and timestamps (RFC 7323). */
  tcp(from, fromPort, to, toPort, v6, header, payload = EMPTY, start = 0, len = 0) {
    const headerLen = header.flags & SYN ? 40 : header.flags & RST ? 20 : 32;
    const l4Len = headerLen + len;
    const at = this.begin(from, to, v6, TCP, l4Len);
    const { bytes, view } = this;
    view.setUint16(at, fromPort);
    view.setUint16(at + 2, toPort);
    view.setUint32(at + 4, header.seq);
    view.setUint32(at + 8, header.flags & ACK ? header.ack : 0);
    view.setUint16(at + 12, ((headerLen >> 2) << 12) | header.flags);
    view.setUint16(at + 14, header.flags & RST ? 0 : header.flags & SYN ? 64_240 : 501);
    view.setUint32(at + 16, 0);
    if (header.flags & SYN) {
      view.setUint32(at + 20, 0x0204_0000 | mssOf(v6));
      view.setUint32(at + 24, 0x0402_080a);
      this.#timestamps(at + 28, header);
      view.setUint32(at + 36, 0x0103_0307);
    } else if (headerLen === 32) {
      view.setUint32(at + 20, 0x0101_080a);
      this.#timestamps(at + 24, header);
    }
    if (len > 0) bytes.set(payload.subarray(start, start + len), at + headerLen);
    this.#sealWithPseudoHeader(at, at + 16, TCP, l4Len, v6);
  }

  #timestamps(at, header) {
    this.view.setUint32(at, header.tsVal);
    this.view.setUint32(at + 4, header.tsEcho);
  }

  #ipv4(at, from, to, proto, ipLen) {
    const { bytes, view } = this;
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, ipLen);
    from.ipId = (from.ipId + 1) & 0xffff;
    view.setUint16(at + 4, from.ipId);
    view.setUint16(at + 6, 0x4000);
    view.setUint16(at + 8, (64 << 8) | proto);
    view.setUint16(at + 10, 0);
    bytes.set(from.v4, at + 12);
    bytes.set(to.v4, at + 16);
    view.setUint16(at + 10, checksum(view, at, at + 20, 0));
  }

  #ipv6(at, from, to, proto, l4Len) {
    const { bytes, view } = this;
    view.setUint32(at, 0x6000_0000);
    view.setUint16(at + 4, l4Len);
    view.setUint16(at + 6, (proto << 8) | 64);
    bytes.set(from.v6, at + 8);
    bytes.set(to.v6, at + 24);
  }

  /** The addresses lie right before the transport header, so pseudo-header and segment are one run. */
  #sealWithPseudoHeader(at, fieldAt, proto, l4Len, v6) {
    const sum = checksum(this.view, at - (v6 ? 32 : 8), at + l4Len, proto + l4Len);
    this.view.setUint16(fieldAt, sum === 0 && proto === UDP ? 0xffff : sum);
  }
}

/** Largest payload of a segment with timestamps is 12 octets less. */
export function mssOf(v6) {
  return v6 ? 1440 : 1460;
}

/** Internet checksum (RFC 1071) of view[at, end), odd lengths padded with zero. */
function checksum(view, at, end, initial) {
  let sum = initial;
  for (; at + 1 < end; at += 2) sum += view.getUint16(at);
  if (at < end) sum += view.getUint8(at) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
