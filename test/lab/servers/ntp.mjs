// A time server (RFC 5905 section 7.3) that says what this machine's clock says.
// Arguments: the addresses to serve. Each has a socket, so that replies come from where they were
// asked for, also on a machine to which every address belongs.
import { createSocket } from "node:dgram";

const UNIX_TO_NTP_S = 2_208_988_800; // 1900-01-01 to 1970-01-01

await Promise.all(process.argv.slice(2).map(serve));
process.stdout.write("ready\n");

/** @param {string} address */
function serve(address) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (request, client) => {
    if (request.length >= 48) socket.send(replyTo(request), client.port, client.address);
  });
  return new Promise((resolve) => socket.bind(123, address, () => resolve(socket)));
}

/** @param {Buffer} request */
function replyTo(request) {
  const reply = Buffer.alloc(48);
  reply[0] = (0 << 6) | (((request[0] >> 3) & 7) << 3) | 4; // no leap second, version as asked, server
  reply[1] = 2; // stratum
  reply[2] = request[2]; // poll interval
  reply[3] = 0xec; // precision: 2^-20 s
  reply.writeUInt32BE(0x100, 4); // root delay, 1/256 s
  reply.writeUInt32BE(0x100, 8); // root dispersion
  reply.write("LAB\0", 12, "latin1");
  const now = ntpTime();
  now.copy(reply, 16); // reference
  request.copy(reply, 24, 40, 48); // origin: the client's transmit time
  now.copy(reply, 32); // receive
  ntpTime().copy(reply, 40); // transmit
  return reply;
}

function ntpTime() {
  const ms = performance.timeOrigin + performance.now();
  const time = Buffer.alloc(8);
  time.writeUInt32BE((Math.floor(ms / 1000) + UNIX_TO_NTP_S) >>> 0, 0);
  time.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32) >>> 0, 4);
  return time;
}
