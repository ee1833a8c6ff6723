import type { StateChange } from "../findings/sensor-states.ts";
import { SEVERITIES } from "../findings/severity.ts";

/** What a scrape shows. */
export interface Figures {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly openFlows: number;
  readonly undecoded: number;
  /** Findings by severity, in the order of SEVERITIES. */
  readonly findings: readonly number[];
  readonly interfaces: readonly {
    readonly name: string;
    readonly up: boolean;
    readonly received: number;
    readonly dropped: number;
    readonly missed: number;
  }[];
  /** Counters of the coverage table by name. */
  readonly coverage: Readonly<Record<string, number>>;
  readonly raised: readonly StateChange[];
}

/** Figures in Prometheus' text format, version 0.0.4. */
export function prometheusText(figures: Figures): string {
  const { interfaces } = figures;
  return [
    ...metric("packets_total", "counter", "Packets judged.", [["", figures.packets]]),
    ...metric("bytes_total", "counter", "Octets on the wire of packets judged.", [["", figures.bytes]]),
    ...metric("flows_total", "counter", "Flows seen.", [["", figures.flows]]),
    ...metric("flows_open", "gauge", "Flows followed now.", [["", figures.openFlows]]),
    ...metric("undecoded_total", "counter", "Frames that were not decoded.", [["", figures.undecoded]]),
    ...metric(
      "findings",
      "gauge",
      "Findings of this run.",
      SEVERITIES.map((severity, i) => [labels({ severity }), figures.findings[i] ?? 0]),
    ),
    ...metric(
      "interface_up",
      "gauge",
      "Whether the interface delivers.",
      interfaces.map(({ name, up }) => [labels({ interface: name }), up ? 1 : 0]),
    ),
    ...metric(
      "interface_received_total",
      "counter",
      "Frames that the interface delivered.",
      interfaces.map(({ name, received }) => [labels({ interface: name }), received]),
    ),
    ...metric(
      "interface_dropped_total",
      "counter",
      "Frames lost before they were read.",
      interfaces.map(({ name, dropped }) => [labels({ interface: name }), dropped]),
    ),
    ...metric(
      "interface_missed_total",
      "counter",
      "Frames lost in the network card or in the kernel, not among those delivered.",
      interfaces.map(({ name, missed }) => [labels({ interface: name }), missed]),
    ),
    ...metric(
      "coverage_total",
      "counter",
      "What was counted of coverage, by name.",
      Object.entries(figures.coverage).map(([name, value]) => [labels({ name }), value]),
    ),
    ...metric(
      "sensor_state",
      "gauge",
      "What keeps the sensor from seeing, now.",
      figures.raised.map(({ name, subject }) => [labels({ state: name, subject }), 1]),
    ),
    "",
  ].join("\n");
}

type Sample = readonly [labels: string, value: number];

function metric(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string[] {
  const full = `gapwatch_${name}`;
  const lines = samples.map(([text, value]) => `${full}${text} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines];
}

function labels(pairs: Readonly<Record<string, string>>): string {
  const texts = Object.entries(pairs).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${texts.join(",")}}`;
}

/** Backslash, quote and line feed are escaped; nothing else has a meaning in a label. */
function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
