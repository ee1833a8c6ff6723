import type { InterfaceFacts } from "../../capture/interface-facts.ts";
import { type Check, failed, ok, warning } from "./check.ts";

/** What an interface is like; `facts` null when there is none of this name. */
export function checkInterface(
  name: string,
  facts: InterfaceFacts | null,
  addresses: readonly string[],
): Check[] {
  if (facts === null)
    return [failed(name, "there is no such interface", "ip -brief link shows what there is")];
  const checks = [state(name, facts), offloads(name, facts)];
  const { cardRing } = facts;
  if (cardRing !== null && cardRing.frames < cardRing.most) {
    const text = `the card holds ${cardRing.frames} frames, and could hold ${cardRing.most}`;
    checks.push(warning(name, text, `ethtool -G ${name} rx ${cardRing.most}`));
  }
  if (addresses.length > 0) {
    const text = `it has addresses of its own: ${addresses.join(", ")}`;
    checks.push(
      warning(name, text, `a mirror port needs none, and is quieter without: ip addr flush dev ${name}`),
    );
  }
  return checks;
}

function state(name: string, { isUp, hasLink }: InterfaceFacts): Check {
  if (!isUp) return failed(name, "it is down", `ip link set ${name} up`);
  if (!hasLink) return failed(name, "it has no carrier", "look at the cable and at the other end's port");
  return ok(name, "it is up and has a carrier");
}

function offloads(name: string, { gro, lro }: InterfaceFacts): Check {
  const on = [gro ? "gro" : "", lro ? "lro" : ""].filter((feature) => feature !== "");
  if (on.length > 0) {
    const text = `${on.join(" and ").toUpperCase()} joins segments before they are captured: packets are counted and timed as joined`;
    return warning(name, text, `ethtool -K ${name} ${on.map((feature) => `${feature} off`).join(" ")}`);
  }
  if (gro === null && lro === null) return ok(name, "its driver says nothing of offloads");
  return ok(name, "no offload joins segments before they are captured");
}
