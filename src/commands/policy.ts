import type { Command } from "commander";
import { parseAddress } from "../policy/address-text.ts";
import { type ExplainQuestion, type Explanation, explain } from "../policy/explain.ts";
import { Judge } from "../policy/judge.ts";
import { NAME_EXPECTED, parseName } from "../policy/name-pattern.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { parsePort } from "../policy/ports.ts";
import { plain } from "../report/text-plain.ts";
import { readEnclave } from "./enclave-option.ts";
import { say } from "./say.ts";

const ALLOWED = 0;
const NOT_ALLOWED = 1;
const COULD_NOT_RUN = 2;

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

interface ExplainOptions {
  readonly from?: string;
  readonly port?: string;
  readonly at?: string;
}

/** Adds `gapwatch policy` with check, explain, suggest and diff. */
export function addPolicyCommand(program: Command): void {
  const policy = program.command("policy").description("check, explain, draft and compare enclave files");
  policy
    .command("check")
    .description("say what is wrong or odd in an enclave file")
    .argument("<enclave>", "enclave file")
    .action((path: string) => {
      process.exitCode = check(path);
    });
  policy
    .command("explain")
    .description("say which rule allows a destination, and why the others do not (exit 0 allowed, 1 not)")
    .argument("<enclave>", "enclave file")
    .argument("<destination>", "address or name")
    .option("--from <ip>", "address of the host that connects")
    .option("--port <port>", "443/tcp, 53/udp, icmp, proto/47")
    .option("--at <time>", "RFC 3339 time; now if omitted")
    .action((path: string, destination: string, options: ExplainOptions) => {
      process.exitCode = explainTo(path, destination, options);
    });
  policy
    .command("suggest")
    .description("draft rules for what was seen, with owner, reason and expiry left open for a person")
    .argument("<seen>", "a capture, a directory of captures, or a state directory of watch")
    .option(
      "-e, --enclave <file>",
      "enclave file to begin with (default: $GAPWATCH_ENCLAVE, /etc/gapwatch/enclave.yaml)",
    )
    .action(async (seen: string, options: { enclave?: string }) => {
      const { suggest } = await import("./policy-suggest.ts");
      process.exitCode = await ofState(() => suggest(seen, options.enclave));
    });
  policy
    .command("diff")
    .description("say what changes from one enclave file to another (exit 0 nothing, 1 something)")
    .argument("<before>", "enclave file")
    .argument("<after>", "enclave file")
    .option("--state <dir>", "judge the findings of this state directory by both")
    .action(async (before: string, after: string, options: { state?: string }) => {
      const { diffPolicies } = await import("./policy-diff.ts");
      process.exitCode = await ofState(() => diffPolicies(before, after, options.state));
    });
}

/** Runs what may read a state directory, which may be unreadable. */
async function ofState(work: () => Promise<number>): Promise<number> {
  const { StoreError } = await import("../records/store-database.ts");
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    say(error.message);
    return COULD_NOT_RUN;
  }
}

function check(path: string): number {
  const file = readEnclave(path);
  if (file === null) return COULD_NOT_RUN;
  for (const warning of file.warnings) process.stderr.write(`warning: ${plain(warning)}\n`);
  const warnings = counted(file.warnings.length, "warning");
  process.stdout.write(`ok: ${plain(path)}: ${plain(summary(file.policy))}, ${warnings}\n`);
  return ALLOWED;
}

function summary(policy: EnclavePolicy): string {
  return `enclave ${policy.name} (${policy.stage}), ${counted(policy.rules.length, "rule")}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function explainTo(path: string, destination: string, options: ExplainOptions): number {
  const question = readQuestion(destination, options);
  if (typeof question === "string") {
    say(question);
    return COULD_NOT_RUN;
  }
  const file = readEnclave(path);
  if (file === null) return COULD_NOT_RUN;
  const answer = explain(new Judge(file.policy), question);
  process.stdout.write(explanationText(answer, question, options));
  return answer.allowed ? ALLOWED : NOT_ALLOWED;
}

/** The question that the arguments put; a string says which of them is wrong. */
function readQuestion(destination: string, options: ExplainOptions): ExplainQuestion | string {
  const to = parseAddress(destination) ?? parseName(destination);
  if (to === null) return wrong("destination", destination, `an address, or ${NAME_EXPECTED}`);
  const from = options.from === undefined ? null : parseAddress(options.from);
  if (options.from !== undefined && from === null) {
    return wrong("--from", options.from, "an address such as 10.20.1.11");
  }
  const port = options.port === undefined ? null : parsePort(options.port);
  const isRange = typeof port === "string" || (port?.text.includes("-") ?? false);
  if (isRange) return wrong("--port", options.port ?? "", "one port such as 443/tcp, or icmp, or proto/47");
  const atSec = options.at === undefined ? Date.now() / 1000 : readTime(options.at);
  if (Number.isNaN(atSec)) {
    return wrong("--at", options.at ?? "", "an RFC 3339 time such as 2026-11-20T10:00:00Z");
  }
  return { destination: to, from, port, atSec };
}

function readTime(text: string): number {
  return TIME.test(text) ? Date.parse(text) / 1000 : Number.NaN;
}

function wrong(what: string, found: string, expected: string): string {
  return `${what} is ${JSON.stringify(found)}; expected ${expected}`;
}

function explanationText(answer: Explanation, question: ExplainQuestion, options: ExplainOptions): string {
  const rule = answer.deciding;
  const by = rule === null ? "" : ` by rule ${rule.id}`;
  const time = new Date(question.atSec * 1000).toISOString();
  const lines = [
    `${answer.allowed ? "allowed" : "not allowed"}${by}`,
    `  destination  ${answer.destination}`,
    `  from         ${options.from ?? "any inside host (--from not given)"}`,
    `  port         ${options.port ?? "any (--port not given)"}`,
    `  at           ${time}`,
  ];
  if (rule !== null) {
    lines.push(
      `  reason       ${rule.reason ?? "none given"}`,
      `  owner        ${rule.owner ?? "none given"}`,
    );
    lines.push(`  expires      ${rule.text.expires ?? "not stated"}`);
  }
  for (const note of answer.notes) lines.push(`  note         ${note}`);
  if (answer.rules.length > 0) lines.push("rules, in order:");
  for (const { rule: each, matches, why } of answer.rules) {
    lines.push(`  ${matches ? "yes" : "no "}  ${each.id}: ${why}`);
  }
  return lines.map((line) => `${plain(line)}\n`).join("");
}
