import { ACK, FIN, mssOf, PSH, RST, SYN } from "./wire.mjs";

const TIMESTAMP_OPTION_LEN = 12;

export const CLIENT = 0;
export const SERVER = 1;

/**
 * Both ends of a TCP connection as a mirror sees them: numbers, acknowledgements and timestamps agree.
 * The generators yield microseconds to wait, see Timeline.
 */
export class TcpConnection {
  constructor(wire, random, client, server, serverPort, v6) {
    this.wire = wire;
    this.ends = [client, server];
    this.ports = [nextPort(client), serverPort];
    this.v6 = v6;
    this.mss = mssOf(v6) - TIMESTAMP_OPTION_LEN;
    this.next = [random.uint32(), random.uint32()];
    this.clockBase = [random.uint32(), random.uint32()];
    this.lastTsVal = [0, 0];
    this.rttUsec = random.between(80, 900);
    this.header = { seq: 0, ack: 0, flags: 0, tsVal: 0, tsEcho: 0 };
  }

  segment(side, flags, payload, start = 0, len = 0) {
    const { header, wire } = this;
    const other = 1 - side;
    header.seq = this.next[side];
    header.ack = this.next[other];
    header.flags = flags;
    header.tsVal = (this.clockBase[side] + Math.floor(wire.nowUsec / 1000)) >>> 0;
    header.tsEcho = this.lastTsVal[other];
    this.lastTsVal[side] = header.tsVal;
    wire.tcp(
      this.ends[side],
      this.ports[side],
      this.ends[other],
      this.ports[other],
      this.v6,
      header,
      payload,
      start,
      len,
    );
    this.next[side] = (header.seq + len + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
  }

  *open() {
    this.segment(CLIENT, SYN);
    yield this.rttUsec / 2;
    this.segment(SERVER, SYN | ACK);
    yield this.rttUsec / 2;
    this.segment(CLIENT, ACK);
    yield 20;
  }

  /** The same SYN again and again, as Linux retries when a firewall drops it. */
  *openInVain(tries) {
    const isn = this.next[CLIENT];
    for (let n = 0; n < tries; n++) {
      this.next[CLIENT] = isn;
      this.segment(CLIENT, SYN);
      yield 1e6 * 2 ** n;
    }
  }

  /** What a port scanner leaves behind at an open port. */
  *openHalf() {
    this.segment(CLIENT, SYN);
    yield this.rttUsec / 2;
    this.segment(SERVER, SYN | ACK);
    yield this.rttUsec / 2;
    this.segment(CLIENT, RST);
  }

  *openRefused() {
    this.segment(CLIENT, SYN);
    yield this.rttUsec / 2;
    this.next[SERVER] = 0;
    this.segment(SERVER, RST | ACK);
  }

  /** Sends a message in segments; the other side acknowledges every second one, and the last if `ackLast`. */
  *send(side, message, ackLast) {
    let unacked = 0;
    for (let at = 0; at < message.length; ) {
      const len = Math.min(this.mss, message.length - at);
      const last = at + len === message.length;
      this.segment(side, last ? PSH | ACK : ACK, message, at, len);
      at += len;
      unacked++;
      yield last ? this.rttUsec / 2 : 12;
      if (unacked === 2 || (last && ackLast && unacked > 0)) {
        this.segment(1 - side, ACK);
        unacked = 0;
        yield 8;
      }
    }
  }

  *close(byReset) {
    if (byReset) {
      this.segment(CLIENT, RST | ACK);
      return;
    }
    this.segment(CLIENT, FIN | ACK);
    yield this.rttUsec / 2;
    this.segment(SERVER, FIN | ACK);
    yield this.rttUsec / 2;
    this.segment(CLIENT, ACK);
  }
}

/** The next ephemeral port of a host (the range of Linux). */
export function nextPort(host) {
  const port = host.nextPort;
  host.nextPort = port === 60_999 ? 32_768 : port + 1;
  return port;
}
