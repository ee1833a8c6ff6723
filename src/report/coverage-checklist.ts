import { FRAME_REASONS } from "../findings/coverage.ts";
import type { CoverageLimits } from "../policy/policy.ts";
import type { Run } from "./run.ts";
import { adviceFor } from "./text-advice.ts";
import { bytesText, counted, durationText, numberText, shareText } from "./text-figures.ts";
import type { CoverageCheck } from "./validation-shape.ts";

/** What the checklist needs to know beside the run. */
export interface ChecklistFacts {
  readonly run: Run;
  readonly windowSec: number;
  readonly isLive: boolean;
  /** How the command of the run ended, in words; null where there was none. */
  readonly commandEnd: string | null;
  /** What the canary's line says; null where none was asked for. */
  readonly canary: string | null;
}

interface Item {
  readonly check: string;
  readonly what: string;
  readonly limit: string;
  /** Null: the enclave file or the command line asks for nothing here. */
  readonly figure: (facts: ChecklistFacts) => string | null;
}

const NOT_ASKED = "not asked for";

/** Line by line what DESIGN section 3 names under Coverage. */
const ITEMS: readonly Item[] = [
  item("loss", "packets lost by the kernel, the ring or the capturing side", "any", ({ run }) =>
    numberText(run.summary.coverage["capture.dropped"] ?? 0),
  ),
  item("input", "packets there, and every input read to its end", "any", inputFigure),
  item(
    "cut",
    "frames cut in a header or before a name, unfinished messages, fragments left over",
    "any",
    (facts) => countFigure(facts, "cut"),
  ),
  item("filter", "capture filters, gaps or truncation that the mirror itself tells of", "any", (facts) =>
    countFigure(facts, "filter"),
  ),
  item("witness", "conversations of inside hosts seen", "none at all", ({ run }) =>
    numberText(run.summary.coverage["inside.flows"] ?? 0),
  ),
  item("undecoded", "frames not decoded, other than what cannot route", "any", ({ run }) => {
    const { totals, coverage } = run.summary;
    const exempt = numberText(coverage["unroutable"] ?? 0);
    return `${numberText(totals.undecoded)} of ${numberText(totals.packets)}, ${exempt} that cannot route`;
  }),
  item("unread", "messages that could not be read with certainty", "any", (facts) =>
    countFigure(facts, "unread"),
  ),
  item("caps", "tables and buffers at their cap", "any", (facts) => countFigure(facts, "caps")),
  item("tcp", "TCP data acknowledged but never seen", "more than 0.1 %", ({ run }) => {
    const { coverage } = run.summary;
    const [unseen, all] = [coverage["tcp.unseen_bytes"] ?? 0, coverage["tcp.bytes"] ?? 0];
    return `${bytesText(unseen)} (${shareText(unseen, unseen + all)})`;
  }),
  item("directions", "inside conversations that show one direction only", "more than 5 %", directionsFigure),
  item(
    "relays",
    "flows to relays that were open before the start, or seen from the relay's side alone",
    "any",
    relayFigure,
  ),
  item("gap", "longest time without a packet", "coverage.max_gap", (facts) =>
    limitFigure(facts, "maxGapSec", countFigure(facts, "gap")),
  ),
  item("silence", "silence of a live interface", "coverage.max_silence", (facts) =>
    facts.isLive ? limitFigure(facts, "maxSilenceSec", countFigure(facts, "silence")) : null,
  ),
  item("hosts", "hosts that must be seen", "must_be_seen", ({ run }) =>
    stated(run, run.policy.hosts.filter((host) => host.mustBeSeen).length, "hosts", "seen"),
  ),
  item("services", "services that must be used", "must_be_used", ({ run }) =>
    stated(run, run.policy.services.filter((service) => service.mustBeUsed).length, "services", "used"),
  ),
  item("canary", "canary probes seen", "--canary", ({ canary }) => canary),
  item("window", "length of the window", "coverage.min_window", (facts) =>
    limitFigure(facts, "minWindowSec", durationText(facts.windowSec)),
  ),
  item("command", "the command ended well", "-- COMMAND", ({ commandEnd }) => commandEnd),
];

function item(check: string, what: string, limit: string, figure: Item["figure"]): Item {
  return { check, what, limit, figure };
}

/** The checklist of a run: every reason why the sensor was blind stands below one of its lines. */
export function coverageChecklist(facts: ChecklistFacts): CoverageCheck[] {
  return ITEMS.map(({ check, what, limit, figure }) => {
    const reasons = reasonsOf(facts.run, check);
    const said = figure(facts);
    const isBlind = reasons.length > 0;
    const status = isBlind ? "blind" : said === null ? NOT_ASKED : "ok";
    return { check, what, limit, status, figure: said ?? NOT_ASKED, reasons };
  });
}

const EXACT: Readonly<Record<string, string>> = {
  "capture.drops": "loss",
  "sensor.drops": "loss",
  "capture.filtered": "filter",
  "sensor.no_inside": "witness",
  "sensor.tcp_gaps": "tcp",
  "sensor.tcp-gaps": "tcp",
  "sensor.one_sided": "directions",
  "sensor.one-sided": "directions",
  "sensor.gap": "gap",
  "sensor.silent": "silence",
  "sensor.host_unseen": "hosts",
  "sensor.host-unseen": "hosts",
  "service.unused": "services",
  "sensor.window_short": "window",
};

/** Where a reason stands. What is new and unknown here stands among what could not be read. */
export function checkOf(reason: string): string {
  const exact = EXACT[reason];
  if (exact !== undefined) return exact;
  if (reason.startsWith("canary.")) return "canary";
  if (reason.startsWith("command.")) return "command";
  if (reason.startsWith("relay.")) return "relays";
  if (reason.startsWith("capture.") || reason.startsWith("sensor.")) return "input";
  if (/^(erspan|mirror)\./.test(reason)) return "filter";
  if (/^table\.|_full$|not_kept$|overrun$/.test(reason)) return "caps";
  if (/truncated|fragment|reassembl|cut_by_snaplen|unfinished|_gap(_|$)|too_long$/.test(reason)) return "cut";
  return FRAME_REASONS.has(reason) ? "undecoded" : "unread";
}

function reasonsOf(run: Run, check: string): CoverageCheck["reasons"] {
  return run.summary.reasons.flatMap((reason) => {
    const at = reason.indexOf(": ");
    const name = at === -1 ? reason : reason.slice(0, at);
    const text = at === -1 ? "" : reason.slice(at + 2);
    return checkOf(name) === check ? [{ name, text, advice: adviceFor(name) }] : [];
  });
}

/** Sum of the counters behind a line's reasons. */
function countFigure({ run }: ChecklistFacts, check: string): string {
  const names = new Set(reasonsOf(run, check).map(({ name }) => name));
  let sum = 0;
  for (const name of names) sum += run.summary.coverage[name] ?? 0;
  return numberText(Math.max(sum, names.size));
}

function inputFigure({ run }: ChecklistFacts): string {
  const whole = run.inputs.filter(({ damage }) => damage === null).length;
  return `${counted(run.summary.totals.packets, "packet")}, ${whole} of ${counted(run.inputs.length, "input")} whole`;
}

function relayFigure({ run }: ChecklistFacts): string | null {
  const { coverage } = run.summary;
  const count = (coverage["relay.open_before_start"] ?? 0) + (coverage["relay.client_unseen"] ?? 0);
  return run.policy.relays.length === 0 ? null : numberText(count);
}

function directionsFigure({ run }: ChecklistFacts): string {
  const count = (name: string): number => run.summary.coverage[name] ?? 0;
  const oneWay = count("inside.tcp_one_way") + count("inside.dns_asked") - count("inside.dns_answered");
  const all = count("inside.tcp_one_way") + count("inside.tcp_both_ways") + count("inside.dns_asked");
  return `${numberText(oneWay)} of ${numberText(all)} (${shareText(oneWay, all)})`;
}

function limitFigure({ run }: ChecklistFacts, key: keyof CoverageLimits, figure: string): string | null {
  const limit = run.policy.coverage[key];
  if (limit === null) return null;
  return `${figure === "0" ? "within" : figure} (limit ${durationText(limit)})`;
}

function stated({ summary }: Run, wanted: number, noun: string, verb: string): string | null {
  if (wanted === 0) return null;
  const check = noun === "hosts" ? "hosts" : "services";
  const names = summary.reasons.filter((reason) => checkOf(reason.split(":")[0]) === check);
  return `${wanted - new Set(names).size} of ${wanted} ${noun} ${verb}`;
}
