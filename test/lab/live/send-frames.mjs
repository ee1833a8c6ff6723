// Sends numbered frames on an interface as fast as told, and says how many the interface took, and in what time.
// Usage: node send-frames.mjs INTERFACE FRAMES OCTETS RATE [TPID:TCI [FLOWS]]
// RATE is in frames a second, 0 for as fast as possible. TPID and TCI are hexadecimal. Flows take turns, 1 unless told.
import koffi from "koffi";

const [, , device, ...numbers] = process.argv;
const [frames, octets, rate] = numbers.map(Number);
const flows = Number(numbers[4] ?? 1);
const tag = numbers[3] ? Buffer.from(numbers[3].replace(":", ""), "hex") : Buffer.alloc(0);

const BURST = 64;
const HEADER_LEN = 14;
const IPV4_LEN = 20;
const UDP_LEN = 8;
const FIRST_PORT = 0xc000;

const lib = koffi.load(null);
const socket = lib.func("int socket(int, int, int)");
const bind = lib.func("int bind(int, void *, uint32_t)");
const setsockopt = lib.func("int setsockopt(int, int, int, void *, uint32_t)");
const ioctl = lib.func("int ioctl(int, unsigned long, void *)");
const sendmmsg = lib.func("int sendmmsg(int, void *, unsigned int, int)");

const fd = socket(17, 3 | 0o2000000, 0); // AF_PACKET, SOCK_RAW | SOCK_CLOEXEC
if (fd === -1) fail("socket");
const ifreq = Buffer.alloc(40);
ifreq.write(device);
if (ioctl(fd, 0x8933, ifreq) === -1) fail("SIOCGIFINDEX");
const address = Buffer.alloc(20);
address.writeUInt16LE(17, 0);
address.writeInt32LE(ifreq.readInt32LE(16), 4);
if (bind(fd, address, address.length) === -1) fail("bind");
// PACKET_QDISC_BYPASS: a queue in between would lose frames on its own account.
if (setsockopt(fd, 263, 20, Buffer.from([1, 0, 0, 0]), 4) === -1) fail("PACKET_QDISC_BYPASS");

// One buffer, iovec and mmsghdr for each frame of a burst.
const buffers = Buffer.alloc(BURST * octets);
const iovecs = Buffer.alloc(BURST * 16);
const messages = Buffer.alloc(BURST * 64);
const numberAt = writeFrames();

const started = performance.now();
let sent = 0;
while (sent < frames) {
  const due = rate === 0 ? frames : Math.floor(((performance.now() - started) / 1000) * rate);
  const burst = Math.min(BURST, due - sent, frames - sent);
  if (burst <= 0) continue;
  for (let i = 0; i < burst; i++) {
    buffers.writeUInt32BE(sent + i, i * octets + numberAt);
    if (flows > 1) buffers.writeUInt16BE(FIRST_PORT + ((sent + i) % flows), i * octets + numberAt - UDP_LEN);
  }
  sent += sendAll(burst);
}
process.stdout.write(JSON.stringify({ sent, seconds: (performance.now() - started) / 1000 }));

/** @param {number} burst */
function sendAll(burst) {
  const done = sendmmsg(fd, messages, burst, 0);
  if (done === -1 && koffi.errno() !== 105) fail("sendmmsg"); // ENOBUFS: try again
  return Math.max(done, 0);
}

/** UDP from 10.9.0.1 to 10.9.0.2. @returns {number} where in a frame its number stands */
function writeFrames() {
  const payloadAt = HEADER_LEN + tag.length + IPV4_LEN + UDP_LEN;
  const ipLen = octets - HEADER_LEN - tag.length;
  const frame = Buffer.alloc(octets, 0x5a);
  Buffer.concat([
    Buffer.from("02000000000b02000000000a", "hex"),
    tag,
    Buffer.from("0800450000000000000040110000" + "0a0900010a090002" + "c000c00100000000", "hex"),
  ]).copy(frame);
  const ipAt = HEADER_LEN + tag.length;
  frame.writeUInt16BE(ipLen, ipAt + 2);
  frame.writeUInt16BE(checksum(frame.subarray(ipAt, ipAt + IPV4_LEN)), ipAt + 10);
  frame.writeUInt16BE(ipLen - IPV4_LEN, ipAt + IPV4_LEN + 4);
  for (let i = 0; i < BURST; i++) {
    frame.copy(buffers, i * octets);
    iovecs.writeBigUInt64LE(koffi.address(buffers) + BigInt(i * octets), i * 16);
    iovecs.writeBigUInt64LE(BigInt(octets), i * 16 + 8);
    messages.writeBigUInt64LE(koffi.address(iovecs) + BigInt(i * 16), i * 64 + 16);
    messages.writeBigUInt64LE(1n, i * 64 + 24);
  }
  return payloadAt;
}

/** RFC 1071. @param {Buffer} header */
function checksum(header) {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += header.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** @param {string} call */
function fail(call) {
  process.stderr.write(`${call}: errno ${koffi.errno()}\n`);
  process.exit(1);
}
