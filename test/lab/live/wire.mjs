// Two hosts and a cable between them: what "sender" sends on tx0, "sensor" sees on rx0.
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import koffi from "koffi";
import { createEmptyLab } from "../lab.mjs";

const SEND_FRAMES = fileURLToPath(new URL("send-frames.mjs", import.meta.url));
const SEND_FLOOD = fileURLToPath(new URL("send-flood.mjs", import.meta.url));

/** @typedef {import("../lab.mjs").Lab} Lab */

/** @returns {Promise<Lab>} */
export async function createWire() {
  const lab = await createEmptyLab();
  lab.mirror = { host: "sensor", interface: "rx0" };
  try {
    await lab.run("mount -t tmpfs lab /run; mkdir -p /run/netns");
    for (const host of ["sender", "sensor"]) await lab.run(hostScript(host));
    await plugCable(lab);
  } catch (error) {
    await lab.destroy();
    throw error;
  }
  return lab;
}

/** @param {Lab} lab @param {number} [mtu] */
export async function plugCable(lab, mtu = 1500) {
  await lab.run(`
ip -n sender link add tx0 mtu ${mtu} address 02:00:00:00:00:0a type veth \\
  peer name rx0 mtu ${mtu} address 02:00:00:00:00:0b netns sensor
ip -n sender link set tx0 up
ip -n sensor link set rx0 up
`);
}

/**
 * Starts the sender, which stops by itself.
 * @param {Lab} lab
 * @param {{ frames: number, octets: number, rate?: number, vlan?: string, flows?: number }} what
 * @returns {Promise<{ sent: number, seconds: number }>} once all were sent
 */
export async function sendFrames(lab, { frames, octets, rate = 0, vlan = "", flows = 1 }) {
  return await send(lab, [SEND_FRAMES, "tx0", `${frames}`, `${octets}`, `${rate}`, vlan, `${flows}`]);
}

/** Makes the sender a host that can send to the sensor, and lets the kernel cut frames before they go out. @param {Lab} lab */
export async function prepareFlood(lab) {
  await lab.run(`
ip -n sender addr add 10.9.0.1/24 dev tx0
ip -n sender neigh add 10.9.0.2 lladdr 02:00:00:00:00:0b dev tx0
ip -n sender link set tx0 gso_max_segs 1
`);
}

/**
 * As `sendFrames`, several times as fast, after `prepareFlood`; `cpu` is the core that it has.
 * @param {Lab} lab
 * @param {{ frames: number, octets: number, rate: number, flows: number, cpu: number }} what
 */
export async function sendFlood(lab, { frames, octets, rate, flows, cpu }) {
  return await send(
    lab,
    [SEND_FLOOD, `${frames}`, `${octets}`, `${rate}`, `${flows}`],
    ["taskset", "-c", `${cpu}`],
  );
}

/**
 * Gives the work of taking in what comes on rx0 to a processor (receive packet steering), or back to the sender's.
 * @param {Lab} lab @param {number | null} cpu
 */
export async function steer(lab, cpu) {
  const mask = cpu === null ? "0" : (1 << cpu).toString(16);
  await lab.run(`ip netns exec sensor sh -c 'echo ${mask} > /sys/class/net/rx0/queues/rx-0/rps_cpus'`);
}

/**
 * @param {Lab} lab @param {readonly string[]} args @param {readonly string[]} [before]
 * @returns {Promise<{ sent: number, seconds: number, cpuSec: number }>} the last of a flood only
 */
async function send(lab, args, before = []) {
  const child = lab.spawn("sender", [...before, process.execPath, ...args]);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  child.stderr.pipe(process.stderr);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the sender ended with ${code}`);
  return JSON.parse(said);
}

const libc = koffi.load(null);
const setns = libc.func("int setns(int, int)");

/**
 * Runs `inside` with this thread in a host's network. A socket stays in the network that it was made in.
 * @template T @param {Lab} lab @param {string} host @param {() => Promise<T>} inside
 * @returns {Promise<T>}
 */
export async function withNetworkOf(lab, host, inside) {
  const home = openSync("/proc/thread-self/ns/net", "r");
  const there = openSync(lab.netOf(host), "r");
  try {
    if (setns(there, 0) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
    return await inside();
  } finally {
    if (setns(home, 0) !== 0) process.abort(); // nothing may go on in the wrong network
    closeSync(there);
    closeSync(home);
  }
}

/** @param {string} host */
function hostScript(host) {
  // No address and no neighbour discovery: nothing but what is sent on purpose.
  return `
ip netns add ${host}
ip netns exec ${host} sh -euc 'for what in all default; do echo 1 > /proc/sys/net/ipv6/conf/$what/disable_ipv6; done'
`;
}
