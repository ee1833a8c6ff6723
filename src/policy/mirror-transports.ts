import type { EnclavePolicy, MirrorTransport } from "./policy.ts";
import { PrefixTable } from "./prefix-table.ts";

interface Transport {
  readonly kind: MirrorTransport["kind"];
  readonly port: number | null;
  readonly from: PrefixTable;
  readonly to: PrefixTable;
}

/** The mirror's own transports: what runs between their outer endpoints is not judged, what is inside it is. */
export class MirrorTransports {
  /** UDP ports that the enclave file gives VXLAN and Geneve. */
  readonly vxlanPorts: ReadonlySet<number>;
  readonly genevePorts: ReadonlySet<number>;
  private readonly transports: readonly Transport[];

  constructor({ mirrors }: EnclavePolicy) {
    this.transports = mirrors.map(({ kind, port, from, to }) => ({
      kind,
      port,
      from: new PrefixTable([from]),
      to: new PrefixTable([to]),
    }));
    this.vxlanPorts = portsOf(mirrors, "vxlan");
    this.genevePorts = portsOf(mirrors, "geneve");
  }

  get isEmpty(): boolean {
    return this.transports.length === 0;
  }

  /** Whether a mirror sends this: `kind` between these addresses, `port` of the destination (UDP alone). */
  has(
    kind: MirrorTransport["kind"],
    port: number,
    s0: number,
    s1: number,
    s2: number,
    s3: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
  ): boolean {
    for (const transport of this.transports) {
      if (transport.kind !== kind || (transport.port !== null && transport.port !== port)) continue;
      if (transport.from.has(s0, s1, s2, s3) && transport.to.has(d0, d1, d2, d3)) return true;
    }
    return false;
  }

  /** Whether some mirror sends packets of this IP protocol between these addresses. */
  mayCarry(
    proto: number,
    s0: number,
    s1: number,
    s2: number,
    s3: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
  ): boolean {
    for (const { kind, from, to } of this.transports) {
      if (PROTOCOLS[kind].includes(proto) && from.has(s0, s1, s2, s3) && to.has(d0, d1, d2, d3)) return true;
    }
    return false;
  }
}

/** IP protocols that each kind runs over: UDP, GRE, or IP itself. */
const PROTOCOLS: Readonly<Record<MirrorTransport["kind"], readonly number[]>> = {
  vxlan: [17],
  geneve: [17],
  gre: [47],
  erspan: [47],
  ipip: [4, 41],
};

function portsOf(mirrors: readonly MirrorTransport[], kind: MirrorTransport["kind"]): Set<number> {
  return new Set(
    mirrors.flatMap((mirror) => (mirror.kind === kind && mirror.port !== null ? [mirror.port] : [])),
  );
}
