import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The list of a report's files with their SHA-256, as `sha256sum -c` reads it, and its signature. */
export const SUMS = "SHA256SUMS";
export const SIGNATURE = "SHA256SUMS.sig";
/** Public half of the key that signed: it proves that the signature fits, not whose it is. */
export const SIGNER = "signer.pub";
export const EVIDENCE = "evidence";

/** Names of files that lie beside an enclave file, and beside its copy in a report as well. */
export const LIES_BESIDE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Bounds for a directory that somebody else made. */
const MAX_FILES = 200_000;
const MAX_FILE_BYTES = 1 << 30;

/** A directory that is no report, or cannot be one. The message is for people, without the path. */
export class ReportFilesError extends Error {}

/** The list's text: one line a file, by name. */
export function sumsText(sums: ReadonlyMap<string, string>): string {
  const names = [...sums.keys()].sort();
  return names.map((name) => `${sums.get(name)}  ${name}\n`).join("");
}

export function sha256Of(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

/**
 * Hashes of all files of a report directory by name, but for the list and its signature. Throws ReportFilesError
 * where something lies there that no report has, and what reading throws.
 */
export function hashFiles(directory: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const name of listFiles(directory)) {
    if (name === SUMS || name === SIGNATURE) continue;
    sums.set(name, sha256Of(readReportFile(directory, name)));
  }
  return sums;
}

/** Names of all files, those of evidence with their folder. */
export function listFiles(directory: string): string[] {
  const names: string[] = [];
  for (const name of readdirSync(directory)) {
    if (name === EVIDENCE && kindOf(directory, name) === "directory") {
      for (const file of readdirSync(join(directory, EVIDENCE))) names.push(`${EVIDENCE}/${file}`);
    } else names.push(name);
    if (names.length > MAX_FILES) throw new ReportFilesError(`holds more than ${MAX_FILES} files`);
  }
  return names.sort();
}

/** A file's octets. Links are not followed: what they lead to is no part of the report. */
export function readReportFile(directory: string, name: string): Buffer {
  if (kindOf(directory, name) !== "file") throw new ReportFilesError(`holds ${name}, which is no plain file`);
  return readFileSync(join(directory, name));
}

function kindOf(directory: string, name: string): "file" | "directory" | "other" {
  const stat = lstatSync(join(directory, name));
  if (stat.isFile() && stat.size > MAX_FILE_BYTES)
    throw new ReportFilesError(`holds ${name}, which is over 1 GiB`);
  return stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
}
