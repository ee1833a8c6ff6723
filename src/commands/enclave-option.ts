import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CatalogueData } from "../catalogue/catalogue-data.ts";
import { loadEnclave } from "../policy/enclave-file.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { formatProblem, type Problem } from "../policy/yaml-source.ts";
import { readOwnCatalogue } from "./own-catalogue.ts";
import { say } from "./say.ts";

const FALLBACK = "/etc/gapwatch/enclave.yaml";
const MAX_FILE = 16 * 1024 * 1024;
const COULD_NOT_RUN = 2;
/** Problems that are told: what has more is no enclave file. */
const MAX_PROBLEMS = 100;

/** An enclave file that could be loaded. */
export interface EnclaveFile {
  readonly path: string;
  readonly policy: EnclavePolicy;
  /** The file as it was read. */
  readonly octets: Buffer;
  /** Of the catalogue files that it names; null where it names none. */
  readonly ownCatalogue: CatalogueData | null;
  readonly catalogueSha256: string;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
  /** One line each, with place. */
  readonly warnings: readonly string[];
}

/** Path of the enclave file: the option, else $GAPWATCH_ENCLAVE, else the system's own; never an example. */
export function resolveEnclavePath(option?: string): string {
  return option ?? (process.env["GAPWATCH_ENCLAVE"] || FALLBACK);
}

/** Reads an enclave file, or says on stderr what is wrong with it and returns null. */
export function readEnclave(path: string): EnclaveFile | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const remedy = path === FALLBACK ? "; name one with -e FILE or in $GAPWATCH_ENCLAVE" : "";
    say(`cannot read the enclave file ${path}: ${reasonOf(error)}${remedy}`);
    return null;
  }
  return enclaveOf(path, bytes);
}

/** The same from its octets; `path` only names the file in messages. */
export function enclaveOf(path: string, bytes: Buffer): EnclaveFile | null {
  if (bytes.length > MAX_FILE) {
    say(`the enclave file ${path} is larger than 16 MiB`);
    return null;
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    say(`the enclave file ${path} is not UTF-8`);
    return null;
  }
  const loaded = loadEnclave(text, path);
  if ("problems" in loaded) return refused(loaded.problems);
  const own = readOwnCatalogue(loaded.policy, path, text);
  if (own.problems.length > 0) return refused(own.problems);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    path,
    policy: loaded.policy,
    ownCatalogue: own.data,
    catalogueSha256: own.sha256,
    octets: bytes,
    sha256,
    warnings: loaded.warnings.map(formatProblem),
  };
}

function refused(problems: readonly Problem[]): null {
  for (const problem of problems.slice(0, MAX_PROBLEMS)) say(formatProblem(problem));
  if (problems.length > MAX_PROBLEMS) say(`and ${problems.length - MAX_PROBLEMS} problems more`);
  return null;
}

/** The same, but ends the process with code 2 where there is no policy to work with. */
export function readEnclaveOrExit(option?: string): EnclaveFile {
  const file = readEnclave(resolveEnclavePath(option));
  return file ?? process.exit(COULD_NOT_RUN);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
