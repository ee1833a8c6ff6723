import type { LiveStats } from "../../capture/live-source.ts";
import type { EnclavePolicy } from "../../policy/policy.ts";
import { type Check, counted, failed, ok, warning } from "./check.ts";
import type { InterfaceTraffic, TrafficLook } from "./traffic-look.ts";

/** The share of one-sided conversations that makes a run inconclusive. */
const MAX_ONE_WAY_SHARE = 0.05;
const UNDECODED_NAMED = 3;

const MIRROR_REMEDY =
  "look at the mirror session (SPAN) of the switch: sources, direction both, this port as target";

/** What came in on one interface within so many seconds. */
export function checkTraffic(
  name: string,
  seen: InterfaceTraffic,
  stats: LiveStats,
  seconds: number,
): Check[] {
  const checks = [mirror(name, seen, seconds)];
  if (seen.own > 0 && seen.mirrored > 0) {
    const text = `${counted(seen.own, "frame")} of this host's own: a sensor on a watched host can be passed by`;
    checks.push(warning(name, text, "put the sensor on a machine of its own, behind a mirror port or a tap"));
  }
  const undecoded = [...seen.undecoded];
  if (undecoded.length > 0) {
    const named = undecoded.slice(0, UNDECODED_NAMED).map(([status, count]) => `${count} ${status}`);
    const text = `frames that cannot be decoded: ${named.join(", ")}`;
    checks.push(warning(name, text, "such frames make every run inconclusive: find out who sends them"));
  }
  if (stats.dropped > 0) {
    const text = `${stats.dropped} of ${stats.received} frames were lost while it was looked at`;
    checks.push(warning(name, text, "take a larger ring (--ring-mb), or a faster or less busy machine"));
  }
  if (stats.cut > 0) {
    const text = `${counted(stats.cut, "frame")} longer than what could be captured`;
    checks.push(warning(name, text, `ethtool -K ${name} gro off lro off`));
  }
  return checks;
}

function mirror(name: string, { frames, own, group, mirrored }: InterfaceTraffic, seconds: number): Check {
  const topic = name;
  if (frames === 0) {
    return failed(topic, `no frame in ${seconds} s`, `${MIRROR_REMEDY}; a quiet port may need --for 60s`);
  }
  if (mirrored > 0)
    return ok(topic, `${counted(frames, "frame")} in ${seconds} s, ${mirrored} between other hosts`);
  if (own > 0)
    return failed(
      topic,
      `${counted(own, "frame")} in ${seconds} s, all of them this host's own`,
      MIRROR_REMEDY,
    );
  return failed(
    topic,
    `${counted(group, "frame")} in ${seconds} s, only such as every port gets`,
    MIRROR_REMEDY,
  );
}

/** What all interfaces together show. */
export function checkConversations(look: TrafficLook, seconds: number): Check {
  const topic = "both directions";
  const { all, oneWay } = look.directions();
  if (all === 0) {
    const text = `no TCP conversation in ${seconds} s, by which it could be told`;
    return warning(topic, text, "look for longer: --for 60s");
  }
  const text = `${oneWay} of ${all} TCP conversations show one direction only`;
  if (oneWay === all) return failed(topic, text, MIRROR_REMEDY);
  return oneWay > MAX_ONE_WAY_SHARE * all ? warning(topic, text, MIRROR_REMEDY) : ok(topic, text);
}

/** Whether the enclave file speaks of what is seen. */
export function checkInside(look: TrafficLook, policy: EnclavePolicy): Check {
  const topic = "inside prefixes";
  const inside = policy.inside.map((prefix) => prefix.text).join(", ");
  const hosts = look.insideHosts.size;
  if (hosts === 0) {
    const text = `no host of ${inside} was seen to speak`;
    return failed(topic, text, "enclave.inside must name what is watched, and the mirror must show it");
  }
  const text = `${counted(hosts, "host")} of ${inside} seen`;
  if (look.transit === 0) return ok(topic, text);
  const remedy = "is a prefix missing in enclave.inside? packets between two outside hosts are transit.flow";
  return warning(topic, `${text}; ${counted(look.transit, "packet")} without an inside end`, remedy);
}
