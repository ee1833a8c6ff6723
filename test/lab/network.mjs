// The shell script that builds the lab's network inside its own namespaces.
//
//   gpu-01 ... proxy-01        sensor             outside   closed
//      |           |              | mirror0          |         |
//   +--+-----------+--------------+---+           +--+---------+--+
//   |          switch (br0)           +-----------+    gateway    |
//   +---------------------------------+           +---------------+
//
// The mirror copies what enters any port of the switch. A packet enters a switch exactly once,
// so it is seen exactly once, whichever way it goes.
import { ENCLAVE, HOSTS, macOf, TREATMENTS } from "./topology.mjs";

const V4_LEN = ENCLAVE.v4.split("/")[1];
const V6_LEN = ENCLAVE.v6.split("/")[1];
export const SWITCH_PORTS = [...Object.keys(HOSTS), "gateway"];
/** Links between the gateway and what lies behind it; never seen on the mirror. */
const UPLINKS = [
  { name: "outside", v4: "192.0.2.252/31", v6: "2001:db8:ffff::" },
  { name: "closed", v4: "192.0.2.254/31", v6: "2001:db8:fffe::" },
];

/** @returns {string} input for `sh -eu` in the lab's own mount, PID and network namespaces */
export function networkScript() {
  return [
    ...["switch", "sensor", "gateway", ...UPLINKS.map((link) => link.name), ...Object.keys(HOSTS)].flatMap(
      namespace,
    ),
    ...switchAndSensor(),
    ...Object.entries(HOSTS).flatMap(([name, { v4, v6 }]) => enclavePort(name, v4, v6)),
    ...Object.keys(HOSTS).flatMap(defaultRoutes),
    ...enclavePort("gateway", ENCLAVE.gateway.v4, ENCLAVE.gateway.v6),
    ...gatewaySysctls(),
    ...UPLINKS.flatMap(uplink),
    ...TREATMENTS.map(([prefix, treatment]) => treatCommand(prefix, treatment)),
    plugMirrorScript(),
  ].join("\n");
}

/** @returns {string} connects the sensor to the switch, as a new interface */
export function plugMirrorScript() {
  return [
    "ip -n switch link add mirror-tx address 02:00:00:00:00:02 type veth" +
      " peer name mirror0 address 02:00:00:00:00:03 netns sensor",
    "ip -n switch link set mirror-tx up",
    "ip -n sensor link set mirror0 up promisc on",
    ...SWITCH_PORTS.map(
      (port) =>
        `tc -n switch filter add dev ${port} ingress protocol all u32 match u32 0 0` +
        " action mirred egress mirror dev mirror-tx",
    ),
  ].join("\n");
}

/** @returns {string} takes the sensor's interface away, as when a card is pulled or a guest moves */
export function unplugMirrorScript() {
  return [
    ...SWITCH_PORTS.map((port) => `tc -n switch filter del dev ${port} ingress`),
    "ip -n switch link del mirror-tx",
  ].join("\n");
}

/**
 * The command that makes the gateway treat a destination in the given way from now on.
 * @param {string} prefix
 * @param {import("./topology.mjs").Treatment} treatment
 */
export function treatCommand(prefix, treatment) {
  const routes = {
    answer: `via ${addressIn("outside", prefix)}`,
    closed: `via ${addressIn("closed", prefix)}`,
    drop: null,
    prohibit: null,
  };
  const kind = { answer: "", closed: "", drop: "blackhole ", prohibit: "prohibit " }[treatment];
  return `ip -n gateway route replace ${kind}${prefix} ${routes[treatment] ?? ""}`;
}

/** @param {string} name */
function namespace(name) {
  return [
    `ip netns add ${name}`,
    // Addresses at once (no duplicate detection), nothing learned from anybody's announcements.
    sysctls(name, {
      "ipv6/conf/all/accept_dad": 0,
      "ipv6/conf/default/accept_dad": 0,
      "ipv6/conf/default/accept_ra": 0,
      "ipv6/conf/default/router_solicitations": 0,
    }),
    `ip -n ${name} link set lo up`,
  ];
}

function switchAndSensor() {
  return [
    sysctls("switch", { "ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/default/disable_ipv6": 1 }),
    sysctls("sensor", { "ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/default/disable_ipv6": 1 }),
    "ip -n switch link add br0 address 02:00:00:00:00:01 type bridge stp_state 0 mcast_snooping 0",
    "ip -n switch link set br0 up",
  ];
}

/** @param {string} name @param {string} v4 @param {string} v6 */
function enclavePort(name, v4, v6) {
  return [
    `ip -n ${name} link add eth0 address ${macOf(v4)} type veth` +
      ` peer name ${name} address ${macOf(v4).replace("02:00", "02:01")} netns switch`,
    plainFrames(name, "eth0"),
    `ip -n switch link set ${name} master br0 up`,
    `tc -n switch qdisc add dev ${name} clsact`,
    `ip -n ${name} link set eth0 up`,
    `ip -n ${name} addr add ${v4}/${V4_LEN} dev eth0`,
    `ip -n ${name} addr add ${v6}/${V6_LEN} dev eth0`,
  ];
}

/** @param {string} name */
function defaultRoutes(name) {
  return [
    `ip -n ${name} route add default via ${ENCLAVE.gateway.v4}`,
    `ip -n ${name} route add default via ${ENCLAVE.gateway.v6}`,
  ];
}

function gatewaySysctls() {
  return [
    sysctls("gateway", {
      "ipv4/ip_forward": 1,
      "ipv6/conf/all/forwarding": 1,
      "ipv4/conf/all/rp_filter": 0,
      "ipv4/conf/all/send_redirects": 0,
      // Every refusal is told, so that a record does not depend on how fast it was made.
      "ipv4/icmp_ratemask": 0,
      "ipv6/icmp/ratelimit": 0,
    }),
  ];
}

/** @param {(typeof UPLINKS)[number]} link */
function uplink({ name, v4, v6 }) {
  const [near, prefixLen] = v4.split("/");
  return [
    `ip -n gateway link add ${name} type veth peer name eth0 netns ${name}`,
    plainFrames("gateway", name),
    plainFrames(name, "eth0"),
    `ip -n gateway link set ${name} up`,
    `ip -n gateway addr add ${near}/${prefixLen} dev ${name}`,
    `ip -n gateway addr add ${v6}/127 dev ${name}`,
    `ip -n ${name} link set eth0 up`,
    `ip -n ${name} addr add ${farEnd(near)}/${prefixLen} dev eth0`,
    `ip -n ${name} addr add ${v6}1/127 dev eth0`,
    `ip -n ${name} route add ${ENCLAVE.v4} via ${near}`,
    `ip -n ${name} route add ${ENCLAVE.v6} via ${v6}`,
    // Every other address is this machine's own: it answers for any.
    `ip -n ${name} route add local default dev lo table main`,
    `ip -n ${name} -6 route add local default dev lo table main`,
    sysctls(name, { "ipv6/ip_nonlocal_bind": 1, "ipv4/icmp_ratemask": 0, "ipv6/icmp/ratelimit": 0 }),
  ];
}

/** @param {string} near */
function farEnd(near) {
  return near.replace(/\d+$/, (last) => String(Number(last) + 1));
}

/** @param {string} uplinkName @param {string} prefix */
function addressIn(uplinkName, prefix) {
  const link = UPLINKS.find(({ name }) => name === uplinkName);
  if (link === undefined) throw new Error(`no uplink ${uplinkName}`);
  return prefix.includes(":") ? `${link.v6}1` : farEnd(link.v4.split("/")[0]);
}

/**
 * Frames as they would be on a cable: no segments of 64 KB, checksums filled in.
 * @param {string} name @param {string} device
 */
function plainFrames(name, device) {
  return `ip netns exec ${name} /usr/bin/python3 "$KIT/plain-frames.py" ${device}`;
}

/** @param {string} name @param {Record<string, string | number>} settings under /proc/sys/net */
function sysctls(name, settings) {
  const writes = Object.entries(settings).map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`);
  return `ip netns exec ${name} sh -euc '${writes.join("; ")}'`;
}
