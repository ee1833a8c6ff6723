import type { RatedFinding } from "../findings/summary.ts";
import { formatAddress, parseAddress } from "../policy/address-text.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { registrableDomain } from "../policy/public-suffix.ts";
import { plain } from "./text-plain.ts";

const CUT = "...";

/**
 * A name in at most `width` characters, cut in the middle if it must be: what was registered, and who
 * therefore owns it, is never hidden. A name whose registered part alone is too long is left whole.
 */
export function fitName(name: string, width: number): string {
  if (name.length <= width) return name;
  const owner = registrableDomain(name) ?? name.split(".").slice(-2).join(".");
  const tail = Math.max(owner.length, Math.floor((width - CUT.length) / 2));
  const head = width - CUT.length - tail;
  return head < 1 ? name : name.slice(0, head) + CUT + name.slice(-tail);
}

/** Inventory names by address as findings write it. */
export function inventoryNames(policy: EnclavePolicy): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const host of policy.hosts) {
    for (const words of host.addresses) names.set(formatAddress(words), host.name);
  }
  return names;
}

/** `gpu-01 (10.20.1.11)`, or the address alone. */
export function hostText(ip: string, name: string | null | undefined): string {
  return name === null || name === undefined ? ip : `${plain(name)} (${ip})`;
}

/** What was contacted: its best name or address, an inside host with its inventory name, or a rule. */
export function destinationText(
  finding: RatedFinding,
  inventory: ReadonlyMap<string, string>,
  width: number,
): string {
  const { destination } = finding;
  if (finding.kind === "volume.budget")
    return finding.rule === null ? "the size of the crown jewels" : `rule ${plain(destination)}`;
  if (destination === "*") return "many addresses";
  if (parseAddress(destination) !== null) return hostText(destination, inventory.get(destination));
  return fitName(plain(destination), width);
}
