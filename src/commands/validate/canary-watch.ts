import type { PacketTap, TappedPacket } from "../../findings/packet-tap.ts";
import { INFO } from "../../findings/severity.ts";
import type { RatedFinding, Summary } from "../../findings/summary.ts";
import { REFUSED } from "../../flow/outcome.ts";
import { formatAddress, parseAddress } from "../../policy/address-text.ts";
import {
  type CanaryRun,
  PATHS,
  type Path,
  placeOf,
  RUN_NUMBERS,
  readToken,
  TOKEN_LEN,
  tokenIn,
} from "../canary/token.ts";

/** What the clocks of canary and sensor may differ by. Scanning for a run costs some hashes for each second of it. */
const MAX_SKEW_SEC = 120;
/** SYNs that are looked at that closely, and findings whose packets are kept. */
const MAX_SCANS = 32;
const MAX_FINDINGS = 1024;
const MAX_PACKETS = 2;
const ALL_PATHS = 2 ** PATHS.length - 1;
/** More than a probe of the path has, by the first word of its name: what else went there is no probe. */
const MAX_BYTES_OUT: Readonly<Record<string, number>> = { dns: 128, tcp: 0, udp: 64, quic: 1300, icmp: 128 };
/** What a finding is about, in the words that come with its packets: a flow to an address for documentation. */
const DOCUMENTATION = /^egress\.flow ((192\.0\.2|198\.51\.100|203\.0\.113)\.\d+|2001:db8:\S*)$/;

/** A probe as the monitor saw it. */
export interface SeenProbe {
  readonly path: Path;
  readonly run: CanaryRun;
  /** Since the canary began, by both clocks. */
  readonly afterSec: number;
  readonly source: string;
  /** The finding that it would be, and whether it is nothing else. */
  readonly finding: RatedFinding;
  readonly isExempt: boolean;
}

/**
 * Recognises the probes of canaries among findings. A finding is exempt where it is exactly one probe, of a path
 * and a run of which no other was seen: one attempt, to the expected documentation address or name, at its time,
 * that nobody accepted. Everything else stays a finding.
 */
export class CanaryWatch implements PacketTap {
  private readonly secret: Uint8Array;
  private readonly next: PacketTap | null;
  /** First packets of findings that go to a documentation address, by finding. */
  private readonly packets = new Map<string, Buffer[]>();
  /** Findings that go elsewhere: as many as there are findings. */
  private readonly others = new Set<string>();
  private scans = 0;

  /** `next` is given all that this one is. */
  constructor(secret: Uint8Array, next: PacketTap | null) {
    this.secret = secret;
    this.next = next;
  }

  wants(finding: string): boolean {
    return this.needs(finding) || this.next?.wants(finding) === true;
  }

  add(finding: string, packet: TappedPacket, what: string): void {
    if (!DOCUMENTATION.test(what)) this.others.add(finding);
    else if (this.needs(finding)) {
      const kept = this.packets.get(finding) ?? [];
      this.packets.set(finding, [...kept, Buffer.from(packet.octets)]);
    }
    if (this.next?.wants(finding) === true) this.next.add(finding, packet, what);
  }

  /** The probes among the findings of a finished run, in the order of their time. */
  probes(summary: Summary): SeenProbe[] {
    const byTime = [...summary.findings].sort(
      (a, b) => a.firstSeen.sec - b.firstSeen.sec || a.firstSeen.nsec - b.firstSeen.nsec,
    );
    const probes: SeenProbe[] = [];
    const taken = new Set<string>();
    // Those that carry a whole token first: they say which runs there are.
    const known: CanaryRun[] = [];
    const rest: RatedFinding[] = [];
    for (const finding of byTime) {
      const found = this.byToken(finding);
      if (found === null) rest.push(finding);
      else {
        if (!known.some((run) => isSame(run, found.run))) known.push(found.run);
        probes.push(this.seen(finding, found.path, found.run, taken));
      }
    }
    for (const finding of rest) {
      const found = this.bySyn(finding, known);
      if (found !== null) probes.push(this.seen(finding, found.path, found.run, taken));
    }
    return probes;
  }

  private needs(finding: string): boolean {
    if (this.others.has(finding)) return false;
    const kept = this.packets.get(finding);
    return kept === undefined ? this.packets.size < MAX_FINDINGS : kept.length < MAX_PACKETS;
  }

  private seen(finding: RatedFinding, path: Path, run: CanaryRun, taken: Set<string>): SeenProbe {
    const key = `${run.sec} ${run.run} ${path}`;
    const isExempt = !taken.has(key) && this.isProbe(finding, path, run);
    taken.add(key);
    const { sec, nsec } = finding.firstSeen;
    return {
      path,
      run,
      afterSec: sec - run.sec + nsec / 1e9,
      source: finding.source ?? "",
      finding,
      isExempt,
    };
  }

  /** A name or packet of the finding carries a token. */
  private byToken(finding: RatedFinding): { run: CanaryRun; path: Path } | null {
    for (const name of [finding.name, ...finding.asked]) {
      const token = name === null ? null : tokenIn(name);
      const found = token === null ? null : readToken(this.secret, token);
      if (found !== null && isFresh(found.run, finding)) return found;
    }
    for (const octets of this.packets.get(finding.id) ?? []) {
      const found = this.tokenAmong(octets, finding);
      if (found !== null) return found;
    }
    return null;
  }

  /** A token stands where its time does: only such places are worth a hash. */
  private tokenAmong(octets: Buffer, finding: RatedFinding): { run: CanaryRun; path: Path } | null {
    for (let at = 0; at + TOKEN_LEN <= octets.length; at++) {
      if (Math.abs(octets.readUInt32BE(at) - finding.firstSeen.sec) > MAX_SKEW_SEC) continue;
      const found = readToken(this.secret, octets.subarray(at, at + TOKEN_LEN));
      if (found !== null) return found;
    }
    return null;
  }

  /** Address and ports of a SYN are those of a run: of a known one, else of any about its time. */
  private bySyn(finding: RatedFinding, known: readonly CanaryRun[]): { run: CanaryRun; path: Path } | null {
    const [octets] = this.packets.get(finding.id) ?? [];
    if (octets === undefined || finding.proto !== "tcp") return null;
    const path: Path = finding.destination.includes(":") ? "tcp-ipv6" : "tcp-ipv4";
    const fits = (run: Pick<CanaryRun, "sec" | "run">): boolean => octets.includes(this.synOctets(run, path));
    const run = known.find((each) => isFresh(each, finding) && fits(each));
    if (run !== undefined) return { run, path };
    if (this.scans++ >= MAX_SCANS) return null;
    const { sec } = finding.firstSeen;
    for (let at = sec - MAX_SKEW_SEC; at <= sec + MAX_SKEW_SEC; at++) {
      for (let number = 0; number < RUN_NUMBERS; number++) {
        if (fits({ sec: at, run: number })) return { run: { sec: at, run: number, paths: ALL_PATHS }, path };
      }
    }
    return null;
  }

  /** Destination address and ports as they follow one another where an IP header without options ends. */
  private synOctets(run: Pick<CanaryRun, "sec" | "run">, path: Path): Buffer {
    const { octets, port, sourcePort } = placeOf(this.secret, run, path);
    const ports = Buffer.alloc(4);
    ports.writeUInt16BE(sourcePort, 0);
    ports.writeUInt16BE(port, 2);
    return Buffer.concat([octets, ports]);
  }

  /** The finding is this probe and nothing else. */
  private isProbe(finding: RatedFinding, path: Path, run: CanaryRun): boolean {
    if (finding.attempts !== 1 || finding.source === null) return false;
    if (path === "tls-inside") return finding.kind === "name.inside" && finding.severity === INFO;
    if (finding.outcome > REFUSED || finding.bytesOut > MAX_BYTES_OUT[path.split("-")[0]]) return false;
    if (finding.ips.length > 1 || finding.asked.length > 1) return false;
    if (path === "dns-resolver") return finding.kind === "dns.name" && finding.ips.length === 0;
    const place = placeOf(this.secret, run, path);
    const isKind = finding.kind === (path.startsWith("dns") ? "dns.resolver" : "egress.flow");
    const isPort = !path.startsWith("udp") || finding.port === place.port;
    return isKind && isPort && finding.ips[0] === addressText(place.address);
  }
}

/** As findings write it. */
function addressText(address: string): string {
  const words = parseAddress(address);
  return words === null ? address : formatAddress(words);
}

function isSame(a: CanaryRun, b: CanaryRun): boolean {
  return a.sec === b.sec && a.run === b.run;
}

function isFresh(run: CanaryRun, { firstSeen }: RatedFinding): boolean {
  return Math.abs(run.sec - firstSeen.sec) <= MAX_SKEW_SEC;
}

/** A run of a canary, and what was seen of each path. */
export interface CanaryResult {
  readonly run: CanaryRun;
  readonly paths: readonly {
    readonly path: Path;
    readonly status: "seen" | "missed" | "not exercised";
    readonly probe: SeenProbe | null;
  }[];
}

/** The runs that probes were seen of. */
export function canaryResults(probes: readonly SeenProbe[]): CanaryResult[] {
  const runs: CanaryRun[] = [];
  for (const { run } of probes) if (!runs.some((each) => isSame(each, run))) runs.push(run);
  return runs.map((run) => {
    const own = probes.filter((probe) => isSame(probe.run, run));
    const paths = PATHS.map((path, i) => {
      const probe = own.find((each) => each.path === path) ?? null;
      const isSent = (run.paths & (1 << i)) !== 0;
      const status =
        probe !== null ? ("seen" as const) : isSent ? ("missed" as const) : ("not exercised" as const);
      return { path, status, probe };
    });
    return { run, paths };
  });
}

/** Why the control failed: paths on which probes were sent and not seen; a stable name and a sentence each. */
export function canaryReasons(results: readonly CanaryResult[]): string[] {
  if (results.length === 0) return ["canary.missed: no probe of a canary with this secret was seen"];
  return results.flatMap(({ run, paths }) => {
    const missed = paths.filter(({ status }) => status === "missed").map(({ path }) => path);
    if (missed.length === 0) return [];
    const when = new Date(run.sec * 1000).toISOString().slice(0, 19);
    return [
      `canary.missed: of the canary that began at ${when}Z these paths were not seen: ${missed.join(", ")}`,
    ];
  });
}
