import type { Command } from "commander";
import { systemMessage } from "../capture/system-message.ts";
import {
  type AuditCheck,
  breakText,
  type KnownHead,
  NoAuditLog,
  verifyAuditLog,
} from "../records/audit-verify.ts";
import { isReportDirectory } from "../records/report-check.ts";
import { type CheckingKey, KeyError, loadCheckingKey } from "../records/signing-key.ts";
import { plain } from "../report/text-plain.ts";
import { say } from "./say.ts";

const CONSISTENT = 0;
const BROKEN = 1;
const COULD_NOT_RUN = 2;

const HEAD = /^([1-9][0-9]{0,14}):([0-9a-f]{64})$/;

interface VerifyOptions {
  readonly key?: string;
  readonly head?: string;
}

/** Adds `gapwatch verify`. */
export function addVerifyCommand(program: Command): void {
  program
    .command("verify")
    .summary("check that a validation report or an audit log is whole, and who signed it")
    .argument(
      "<path>",
      "a report's directory, the state directory, or the audit log: its directory or one file",
    )
    .option("--key <pub>", "public key that keygen printed or wrote: check the signatures with it")
    .option("--head <seq:hash>", "a head that syslog kept: the log must hold this record")
    .addHelpText("after", "\nExit codes: 0 consistent, 1 broken, 2 could not run.")
    .action(async (path: string, options: VerifyOptions) => {
      process.exitCode = await verify(path, options);
    });
}

async function verify(path: string, options: VerifyOptions): Promise<number> {
  const head = options.head === undefined ? null : readHead(options.head);
  if (head === "invalid") {
    say(
      `--head is ${JSON.stringify(options.head)}; expected a number and a hash such as 4711:5f0c... (64 digits)`,
    );
    return COULD_NOT_RUN;
  }
  try {
    const key = options.key === undefined ? null : loadCheckingKey(options.key);
    if (isReportDirectory(path)) {
      const { verifyReport } = await import("./verify-report.ts");
      const { text, code } = await verifyReport(path, key);
      process.stdout.write(text);
      return code;
    }
    const check = verifyAuditLog(path, key, head);
    if (check.records === 0 && check.broken === null) {
      say(`${path}: holds no record: it was emptied, or is no audit log, or nothing was written yet`);
      return COULD_NOT_RUN;
    }
    process.stdout.write(checkText(check, key));
    return check.broken === null ? CONSISTENT : BROKEN;
  } catch (error) {
    const isOurs = error instanceof KeyError;
    const why = error instanceof NoAuditLog ? error.message : systemMessage(error);
    say(isOurs ? error.message : `${path}: ${why}`);
    return COULD_NOT_RUN;
  }
}

function readHead(text: string): KnownHead | "invalid" {
  const match = HEAD.exec(text);
  return match === null ? "invalid" : { seq: Number(match[1]), hash: match[2] };
}

function checkText(check: AuditCheck, key: CheckingKey | null): string {
  const lines: string[] = [];
  if (check.broken !== null) {
    lines.push("BROKEN", `  ${plain(breakText(check.broken))}`);
    if (check.records > 0)
      lines.push(`  records ${check.firstSeq} to ${check.lastSeq} before it are consistent`);
  } else {
    lines.push(key === null ? "consistent, signer unverified" : "consistent, signature verified");
    lines.push(...countLines(check, key));
  }
  return `${lines.join("\n")}\n`;
}

function countLines(check: AuditCheck, key: CheckingKey | null): string[] {
  const { records, files, firstSeq, lastSeq, hash, heads, verifiedHeads, verifiedSeq, tornLen } = check;
  const lines = [`  records    ${records} in ${files} ${files === 1 ? "file" : "files"}`];
  if (records > 0) lines.push(`  head       ${lastSeq}:${hash}`);
  if (firstSeq > 1) lines.push(`  note       begins with record ${firstSeq}: those before it are not here`);
  if (key !== null) {
    lines.push(`  signed     ${verifiedHeads} heads by ${key.fingerprint}`);
    if (lastSeq > verifiedSeq) {
      lines.push(`  note       records after ${verifiedSeq} are not covered by a signature yet`);
    }
  } else {
    lines.push(`  signed     ${heads} heads, not checked: give the public key with --key`);
  }
  if (tornLen > 0) {
    lines.push(
      `  note       the last line is unfinished (${tornLen} octets): being written, or its writer was killed`,
    );
  }
  return lines;
}
