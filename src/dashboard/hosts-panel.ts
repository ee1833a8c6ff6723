import { SEVERITIES } from "../findings/severity.ts";
import { formatAddress } from "../policy/address-text.ts";
import { numberText } from "../report/text-figures.ts";
import type { Area, Frame } from "./frame.ts";
import { drawEmpty, drawTable, type PlainColumn } from "./plain-table.ts";
import { BAD, DIM, GOOD, STRONG, severityRole, TEXT, WARN } from "./roles.ts";
import type { Snapshot } from "./snapshot.ts";
import { agoText } from "./times.ts";

/** A host that was not heard for so long is called silent. */
const SILENT_MS = 60_000;

interface HostRow {
  readonly name: string;
  readonly address: string;
  readonly mustBeSeen: boolean;
  readonly findings: number;
  /** -1 without findings. */
  readonly worst: number;
  readonly began: number;
  readonly reached: number;
  readonly names: number;
  readonly sides: "both" | "sends only" | "is sent to only" | "not seen";
  /** 0: never. */
  readonly lastMs: number;
}

/** Inside hosts, those of the inventory and others that were seen; the worst first. */
export function drawHosts(frame: Frame, area: Area): void {
  const rows = hostRows(frame);
  if (rows.length === 0) {
    drawEmpty(frame, area, "no inside host was seen yet");
    return;
  }
  drawTable(frame, area, "hosts", columnsOf(frame.snapshot), rows);
}

function columnsOf(snapshot: Snapshot): PlainColumn<HostRow>[] {
  const nowMs = snapshot.clockMs ?? 0;
  const dim = (): number => DIM;
  return [
    { title: "HOST", width: 12, text: ({ name }) => name, role: () => STRONG },
    { title: "ADDRESS", width: 0, text: ({ address }) => address, role: () => TEXT },
    {
      title: "FINDINGS",
      width: 8,
      right: true,
      text: ({ findings }) => (findings === 0 ? "-" : numberText(findings)),
      role: ({ worst }) => (worst < 0 ? DIM : severityRole(worst)),
    },
    {
      title: "WORST",
      width: 8,
      from: 96,
      text: ({ worst }) => (worst < 0 ? "" : SEVERITIES[worst]),
      role: ({ worst }) => (worst < 0 ? DIM : severityRole(worst)),
    },
    { title: "NAMES", width: 6, right: true, text: ({ names }) => numberText(names), role: dim },
    { title: "BEGAN", width: 7, right: true, from: 110, text: ({ began }) => numberText(began), role: dim },
    {
      title: "REACHED",
      width: 7,
      right: true,
      from: 110,
      text: ({ reached }) => numberText(reached),
      role: dim,
    },
    { title: "SEEN", width: 15, text: ({ sides }) => sides, role: sidesRole },
    {
      title: "LAST HEARD",
      width: 17,
      text: ({ lastMs }) => (lastMs === 0 ? "" : lastText(lastMs, nowMs)),
      role: ({ lastMs }) => (nowMs - lastMs > SILENT_MS ? WARN : DIM),
    },
  ];
}

function lastText(lastMs: number, nowMs: number): string {
  const silent = nowMs - lastMs > SILENT_MS;
  return silent ? `silent ${agoText(lastMs, nowMs)}` : `${agoText(lastMs, nowMs)} ago`;
}

function sidesRole({ sides, mustBeSeen }: HostRow): number {
  if (sides === "both") return GOOD;
  return sides === "not seen" && mustBeSeen ? BAD : sides === "not seen" ? DIM : WARN;
}

function hostRows({ snapshot, ui }: Frame): HostRow[] {
  const { enclave, hosts, rows } = snapshot;
  const found = new Map<string, { count: number; worst: number }>();
  for (const { finding } of rows.all()) {
    if (finding.source === null) continue;
    const known = found.get(finding.source) ?? { count: 0, worst: -1 };
    found.set(finding.source, { count: known.count + 1, worst: Math.max(known.worst, finding.severity) });
  }
  const listed = new Map<string, { name: string; mustBeSeen: boolean }>();
  for (const { name, addresses, mustBeSeen } of enclave.policy.hosts) {
    for (const words of addresses) listed.set(formatAddress(words), { name, mustBeSeen });
  }
  for (const { address, name } of hosts.values()) {
    if (!listed.has(address)) listed.set(address, { name: name ?? "", mustBeSeen: false });
  }
  return [...listed]
    .map(([address, host]) => hostRow(address, host, snapshot, found.get(address)))
    .filter(({ name, address }) => ui.filter.matches({ host: `${name} ${address}`.toLowerCase() }))
    .sort((a, b) => b.worst - a.worst || b.findings - a.findings || (a.name < b.name ? -1 : 1));
}

function hostRow(
  address: string,
  { name, mustBeSeen }: { readonly name: string; readonly mustBeSeen: boolean },
  { hosts }: Snapshot,
  found: { readonly count: number; readonly worst: number } | undefined,
): HostRow {
  const seen = hosts.get(address);
  const sides = sidesOf(seen?.spoke === true, seen?.heard === true);
  return {
    name: name === "" ? "-" : name,
    address,
    mustBeSeen,
    findings: found?.count ?? 0,
    worst: found?.worst ?? -1,
    began: seen?.began ?? 0,
    reached: seen?.reached ?? 0,
    names: seen?.names ?? 0,
    sides,
    lastMs: (seen?.lastSec ?? 0) * 1000,
  };
}

function sidesOf(spoke: boolean, heard: boolean): HostRow["sides"] {
  if (spoke && heard) return "both";
  if (spoke) return "sends only";
  return heard ? "is sent to only" : "not seen";
}
