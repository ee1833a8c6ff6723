import type { FrameBatch } from "../../capture/frame-batch.ts";
import type { PacketTime } from "../../capture/frame-source.ts";
import type { LiveSource } from "../../capture/live-source.ts";
import type { InputCoverage } from "../../findings/coverage.ts";
import { isBefore } from "../../findings/finding.ts";
import type { InterfaceLook } from "../../findings/sensor-states.ts";
import type { RunInput } from "../../report/run.ts";

const FAULTS = {
  down: "the interface is down",
  gone: "there is no such interface any more",
  ended: "the capture ended",
} as const;

/** What was read of each interface, as reports and coverage want it. */
export class LiveInputs {
  private readonly sources: readonly LiveSource[];
  private readonly seen = new Map<LiveSource, { first: PacketTime; last: PacketTime; bytes: number }>();

  constructor(sources: readonly LiveSource[]) {
    this.sources = sources;
  }

  arrived({ count, tsSec, tsNsec, caplen }: FrameBatch, source: LiveSource): void {
    const first = { sec: tsSec[0], nsec: tsNsec[0] };
    const last = { sec: tsSec[count - 1], nsec: tsNsec[count - 1] };
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += caplen[i];
    const before = this.seen.get(source);
    this.seen.set(source, {
      first: before === undefined || isBefore(first, before.first) ? first : before.first,
      last: before === undefined || isBefore(before.last, last) ? last : before.last,
      bytes: bytes + (before?.bytes ?? 0),
    });
  }

  looks(): InterfaceLook[] {
    return this.sources.map((source) => {
      const { seen: packets, dropped, missed, outages } = source.stats();
      const fault = source.state === "up" ? null : FAULTS[source.state];
      return { name: source.interface, fault, packets, dropped: dropped + (missed ?? 0), outages };
    });
  }

  coverage(): InputCoverage[] {
    return this.looks().map(({ name, dropped }, i) => ({
      path: name,
      packets: this.sources[i].stats().seen,
      dropped,
      filtered: false,
      damage: null,
    }));
  }

  runInputs(): RunInput[] {
    return this.sources.map((source) => {
      const seen = this.seen.get(source);
      return {
        path: source.interface,
        sha256: null,
        format: "live",
        linkTypes: [source.linkType],
        packets: source.stats().seen,
        bytes: seen?.bytes ?? 0,
        first: seen?.first ?? null,
        last: seen?.last ?? null,
        damage: null,
      };
    });
  }
}
