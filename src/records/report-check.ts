import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  hashFiles,
  ReportFilesError,
  readReportFile,
  SIGNATURE,
  SIGNER,
  SUMS,
  sumsText,
} from "./report-files.ts";
import { type CheckingKey, KeyError, loadCheckingKey } from "./signing-key.ts";

/** What the files of a report say of themselves. */
export interface FilesCheck {
  readonly files: number;
  /** Fingerprint of the key that signed the list of hashes; null where nobody did. */
  readonly signer: string | null;
  /** What is not as it was written, in sentences. */
  readonly problems: readonly string[];
}

/** Whether a directory is meant to be a report: what of it is missing then is a problem of the report. */
export function isReportDirectory(path: string): boolean {
  return [SUMS, SIGNATURE, SIGNER, "report.json"].some((name) => existsSync(join(path, name)));
}

/**
 * Checks that a report's files are those of its list of hashes, all of them and no other, and that its signature
 * is the key's; without `key`, that it is of the key in the report, which anybody could have put there. Throws
 * what reading throws.
 */
export function checkReportFiles(directory: string, key: CheckingKey | null): FilesCheck {
  try {
    const sums = hashFiles(directory);
    const problems = existsSync(join(directory, SUMS))
      ? differences(readReportFile(directory, SUMS).toString("latin1"), sums)
      : [`there is no ${SUMS}: the report was never finished, or it was taken away`];
    const { signer, fault } = checkSignature(directory, key);
    return { files: sums.size, signer, problems: fault === null ? problems : [...problems, fault] };
  } catch (error) {
    if (!(error instanceof ReportFilesError)) throw error;
    return { files: 0, signer: null, problems: [`the directory ${error.message}`] };
  }
}

function differences(listed: string, sums: ReadonlyMap<string, string>): string[] {
  if (listed === sumsText(sums)) return [];
  const before = new Map(
    listed.split("\n").flatMap((line) => {
      const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
      return match === null ? [] : [[match[2], match[1]] as const];
    }),
  );
  const problems: string[] = [];
  for (const [name, sum] of sums) {
    const listedSum = before.get(name);
    if (listedSum === undefined) problems.push(`${name} is not listed in ${SUMS}: it was added`);
    else if (listedSum !== sum) problems.push(`${name} was changed: its SHA-256 is not that of ${SUMS}`);
  }
  for (const name of before.keys()) if (!sums.has(name)) problems.push(`${name} is missing`);
  return problems.length > 0 ? problems : [`${SUMS} was changed`];
}

function checkSignature(
  directory: string,
  key: CheckingKey | null,
): { signer: string | null; fault: string | null } {
  const isSigned = existsSync(join(directory, SIGNATURE));
  if (!isSigned && existsSync(join(directory, SIGNER))) {
    return { signer: null, fault: `${SIGNATURE} is missing, but ${SIGNER} is there` };
  }
  if (!isSigned) return { signer: null, fault: key === null ? null : "it is not signed" };
  if (!existsSync(join(directory, SUMS))) return { signer: null, fault: null };
  const sums = readReportFile(directory, SUMS);
  const signature = readReportFile(directory, SIGNATURE);
  const own = ownKey(directory);
  if (own === null) return { signer: null, fault: `${SIGNER} is missing, or is no key` };
  if (!own.verifyFile(sums, signature)) return { signer: null, fault: "the signature does not fit" };
  if (key !== null && key.fingerprint !== own.fingerprint) {
    return { signer: own.fingerprint, fault: `it is signed with another key (${own.fingerprint})` };
  }
  return { signer: own.fingerprint, fault: null };
}

function ownKey(directory: string): CheckingKey | null {
  const path = join(directory, SIGNER);
  if (!existsSync(path)) return null;
  readReportFile(directory, SIGNER);
  try {
    return loadCheckingKey(path);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return null;
  }
}
