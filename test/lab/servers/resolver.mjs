// A name server over UDP and TCP. As `enclave` it answers what the topology says and NXDOMAIN for
// the rest; as `outside` it answers for every name that there could be.
// Arguments: enclave or outside, then the addresses to serve, each on sockets of its own, so that
// replies come from where they were asked for.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { decode, encode, streamDecode, streamEncode } from "dns-packet";
import { HOSTS, NAMES } from "../topology.mjs";

const NXDOMAIN = 3;
const NOT_IMPLEMENTED = 4;
const TTL = 300;
const FLAGS = 0x0480; // AA and RA: one server plays both parts (RFC 1035 section 4.1.1)
const answersFor = process.argv[2] === "outside" ? outsideAnswers : enclaveAnswers;

await Promise.all(process.argv.slice(3).flatMap((address) => [serveUdp(address), serveTcp(address)]));
process.stdout.write("ready\n");

/** @param {string} address */
function serveUdp(address) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (message, client) => {
    const reply = respond(message, decode, encode);
    if (reply !== null) socket.send(reply, client.port, client.address);
  });
  return new Promise((resolve) => socket.bind(53, address, () => resolve(socket)));
}

/** @param {string} address */
function serveTcp(address) {
  const server = createServer((connection) => {
    let pending = Buffer.alloc(0);
    connection.on("error", () => connection.destroy());
    connection.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const message = pending.subarray(0, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(message.length);
        const reply = respond(message, streamDecode, streamEncode);
        if (reply !== null) connection.write(reply);
      }
    });
  });
  return new Promise((resolve) => server.listen(53, address, () => resolve(server)));
}

/**
 * @param {Buffer} message @param {typeof decode} read @param {typeof encode} write
 * @returns {Buffer | null} null for no answer at all
 */
function respond(message, read, write) {
  try {
    const { id, questions = [], additionals = [] } = read(message);
    if (questions.length !== 1) return write({ id, type: "response", flags: FLAGS | NOT_IMPLEMENTED });
    const result = answersFor(questions[0].name.toLowerCase(), questions[0].type, questions[0].name);
    if (result === null) return null;
    const edns = additionals.some(({ type }) => type === "OPT");
    return write({
      id,
      type: "response",
      flags: FLAGS | result.rcode,
      questions,
      answers: result.answers,
      additionals: edns ? [{ type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [] }] : [],
    });
  } catch {
    return null; // some clients send what is no DNS at all
  }
}

/**
 * @param {string} name @param {string} type @param {string} asked the name in the case of the question
 * @returns {{ rcode: number, answers: object[] } | null} null for no answer at all
 */
function enclaveAnswers(name, type, asked) {
  if (type === "PTR") return reverseAnswers(name);
  const known = NAMES[name];
  if (known === undefined) return { rcode: NXDOMAIN, answers: [] };
  if ("silent" in known) return null;
  if ("rcode" in known) return { rcode: known.rcode, answers: [] };
  if (!("cname" in known)) return { rcode: 0, answers: addressRecords(asked, type, known) };
  const rest = enclaveAnswers(known.cname, type, known.cname);
  const alias = { type: "CNAME", name: asked, ttl: TTL, data: known.cname };
  return { rcode: 0, answers: [alias, ...(rest?.answers ?? [])] };
}

/** @param {string} name @param {string} type @param {string} asked */
function outsideAnswers(name, type, asked) {
  if (type === "A" || type === "AAAA") {
    const known = NAMES[name];
    const addresses = Array.isArray(known) ? known : ["192.0.2.99", "2001:db8:0:1::99"];
    return { rcode: 0, answers: addressRecords(asked, type, addresses) };
  }
  const answers = type === "TXT" ? [{ type, name: asked, ttl: TTL, data: "from the outside" }] : [];
  return { rcode: 0, answers };
}

/** @param {string} name @param {string} type @param {string[]} addresses */
function addressRecords(name, type, addresses) {
  const wanted = addresses.filter((address) => address.includes(":") === (type === "AAAA"));
  if (type !== "A" && type !== "AAAA") return [];
  return wanted.map((data) => ({ type, name, ttl: TTL, data }));
}

/** @param {string} name */
function reverseAnswers(name) {
  const address = name.replace(".in-addr.arpa", "").split(".").reverse().join(".");
  const host = Object.entries(HOSTS).find(([, { v4 }]) => v4 === address);
  if (host === undefined) return { rcode: NXDOMAIN, answers: [] };
  const data = `${host[0]}.enclave.internal`;
  return { rcode: 0, answers: [{ type: "PTR", name, ttl: TTL, data }] };
}
