import type { Command } from "commander";
import { jsonText } from "../findings/json-text.ts";
import { type Line, labelled, renderLines, type Style, span } from "../report/text-layout.ts";
import { plain } from "../report/text-plain.ts";
import type { Check, CheckStatus } from "./doctor/check.ts";
import { type DoctorOptions, examine } from "./doctor/examine.ts";
import { durationOption } from "./duration-option.ts";
import { ENCLAVE_OPTION } from "./enclave-option.ts";
import { gatherInterfaces } from "./interface-option.ts";
import { RING_OPTION } from "./ring-option.ts";
import { STATE_OPTION } from "./state-option.ts";
import { stdoutStyle } from "./terminal.ts";

const SCHEMA = "gapwatch/doctor/1";
const FAILED = 1;
const DEFAULT_FOR_SEC = 5;
const STATUS_WIDTH = 7;
const STYLES: Readonly<Record<CheckStatus, Style>> = { ok: "good", warning: "warning", failed: "bad" };

/** Adds `gapwatch doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .summary("can gapwatch watch here, and does the mirror show what it should?")
    .option("-i, --interface <name>", "interface to look at; may be given several times", gatherInterfaces)
    .option(...ENCLAVE_OPTION)
    .option(...STATE_OPTION)
    .option(
      "--for <duration>",
      `how long to look at the traffic (default: ${DEFAULT_FOR_SEC}s)`,
      durationOption,
    )
    .option(...RING_OPTION)
    .option("--json", "print one JSON document instead of text")
    .addHelpText("after", "\nExit codes: 0 nothing failed, 1 something failed, 2 could not run.")
    .action(async (options: Partial<DoctorOptions> & { ringMb: number; json?: boolean }) => {
      const checks = await examine({ interface: [], for: DEFAULT_FOR_SEC, ...options });
      process.stdout.write(options.json ? jsonOf(checks) : textOf(checks));
      process.exitCode = checks.some(({ status }) => status === "failed") ? FAILED : 0;
    });
}

function textOf(checks: readonly Check[]): string {
  const { columns, color } = stdoutStyle();
  const lines = checks.flatMap(({ status, topic, text, remedy }): Line[] => [
    ...labelled(span(status, STYLES[status]), STATUS_WIDTH, plain(`${topic}: ${text}`), columns),
    ...(remedy === null ? [] : labelled(span(""), STATUS_WIDTH, plain(`-> ${remedy}`), columns)),
  ]);
  const count = (wanted: CheckStatus): number => checks.filter(({ status }) => status === wanted).length;
  const total = `${count("ok")} ok, ${count("warning")} warnings, ${count("failed")} failed`;
  return renderLines([...lines, [span(total)]], color);
}

function jsonOf(checks: readonly Check[]): string {
  const worst = ["failed", "warning"].find((status) => checks.some((check) => check.status === status));
  return `${jsonText({ schema: SCHEMA, status: worst ?? "ok", checks }, 2)}\n`;
}
