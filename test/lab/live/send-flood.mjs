// Sends UDP from 10.9.0.1 to 10.9.0.2 faster than frame by frame: the kernel cuts frames from datagrams that hold
// many (UDP_SEGMENT, Documentation/networking/segmentation-offloads.rst), some hundreds in a call. Says how many
// frames were sent, in what time, and what time on a processor that took. Usage: node send-flood.mjs FRAMES OCTETS RATE FLOWS
// RATE is in frames a second, 0 for as fast as possible. Flows take turns, each with as many frames as one datagram
// holds. The interface must have gso_max_segs 1, or it takes the datagrams whole.
import koffi from "koffi";

const [frames, octets, rate, flows] = process.argv.slice(2).map(Number);

const HEADERS_LEN = 42;
const MAX_DATAGRAM = 65_000;
/** UDP_MAX_SEGMENTS of older kernels. */
const MAX_SEGMENTS = 64;
const MESSAGES = 8;
const FIRST_PORT = 0xc000;
const DESTINATION = 0x0a090002;

const lib = koffi.load(null);
const socket = lib.func("int socket(int, int, int)");
const setsockopt = lib.func("int setsockopt(int, int, int, void *, uint32_t)");
const sendmmsg = lib.func("int sendmmsg(int, void *, unsigned int, int)");

const fd = socket(2, 2, 0); // AF_INET, SOCK_DGRAM
if (fd === -1) fail("socket");
const segmentLen = octets - HEADERS_LEN;
const option = Buffer.alloc(4);
option.writeInt32LE(segmentLen);
if (setsockopt(fd, 17, 103, option, 4) === -1) fail("UDP_SEGMENT");
const segments = Math.min(MAX_SEGMENTS, Math.floor(MAX_DATAGRAM / segmentLen));

// One payload for all; an address, iovec and mmsghdr for each flow.
const payload = Buffer.alloc(segments * segmentLen, 0x5a);
const iovec = Buffer.alloc(16);
iovec.writeBigUInt64LE(koffi.address(payload), 0);
iovec.writeBigUInt64LE(BigInt(payload.length), 8);
const addresses = Buffer.alloc(flows * 16);
const headers = Buffer.alloc(flows * 64);
for (let i = 0; i < flows; i++) {
  addresses.writeUInt16LE(2, i * 16);
  addresses.writeUInt16BE(FIRST_PORT + i, i * 16 + 2);
  addresses.writeUInt32BE(DESTINATION, i * 16 + 4);
  headers.writeBigUInt64LE(koffi.address(addresses) + BigInt(i * 16), i * 64);
  headers.writeUInt32LE(16, i * 64 + 8);
  headers.writeBigUInt64LE(koffi.address(iovec), i * 64 + 16);
  headers.writeBigUInt64LE(1n, i * 64 + 24);
}

const before = process.cpuUsage();
const started = performance.now();
let sent = 0;
for (let next = 0; sent < frames; ) {
  const due = rate === 0 ? frames : ((performance.now() - started) / 1000) * rate;
  const messages = Math.min(MESSAGES, flows - next, Math.floor((due - sent) / segments));
  if (messages <= 0 && rate !== 0) continue;
  const done = sendmmsg(fd, headers.subarray(next * 64), Math.max(1, messages), 0);
  if (done === -1) fail("sendmmsg");
  sent += done * segments;
  next = (next + done) % flows;
}
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ sent, seconds, cpuSec: (user + system) / 1e6 }));

/** @param {string} call */
function fail(call) {
  process.stderr.write(`${call}: errno ${koffi.errno()}\n`);
  process.exit(1);
}
