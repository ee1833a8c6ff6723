import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { systemMessage } from "../capture/system-message.ts";
import type { CatalogueData } from "../catalogue/catalogue-data.ts";
import { loadEnclave } from "../policy/enclave-file.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { formatProblem, type Problem } from "../policy/yaml-source.ts";
import { readBounded } from "../records/bounded-file.ts";
import { readOwnCatalogue } from "./own-catalogue.ts";
import { say } from "./say.ts";

const FALLBACK = "/etc/gapwatch/enclave.yaml";

/** Flags and description of `-e`, the same for all commands that judge by an enclave file. */
export const ENCLAVE_OPTION = [
  "-e, --enclave <file>",
  `enclave file (default: $GAPWATCH_ENCLAVE, ${FALLBACK})`,
] as const;

/** A larger one is none; what it may hold is bounded when it is read as YAML. */
export const MAX_ENCLAVE_MIB = 16;
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

/** All files that were read for it. */
export function filesOf({ path, policy }: EnclaveFile): string[] {
  return [path, ...policy.catalogue.map((name) => resolve(dirname(path), name))];
}

/** Path of the enclave file: the option, else $GAPWATCH_ENCLAVE, else the system's own; never an example. */
export function resolveEnclavePath(option?: string): string {
  return option ?? (process.env["GAPWATCH_ENCLAVE"] || FALLBACK);
}

/** Reads an enclave file, or says on stderr what is wrong with it and returns null. */
export function readEnclave(path: string): EnclaveFile | null {
  let bytes: Buffer;
  try {
    bytes = readBounded(path, MAX_ENCLAVE_MIB);
  } catch (error) {
    const remedy = path === FALLBACK ? "; name one with -e FILE or in $GAPWATCH_ENCLAVE" : "";
    say(`cannot read the enclave file ${path}: ${reasonOf(error)}${remedy}`);
    return null;
  }
  return enclaveOf(path, bytes);
}

/** The same from its octets; `path` only names the file in messages. */
export function enclaveOf(path: string, bytes: Buffer): EnclaveFile | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const { line, column } = placeOfBadOctet(bytes);
    return refused([{ path, line, column, message: "the enclave file is not UTF-8", expected: "" }]);
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

/** The first octet that is no UTF-8; columns count characters. */
function placeOfBadOctet(bytes: Buffer): { readonly line: number; readonly column: number } {
  const before = bytes.toString("utf8").split("\ufffd", 1)[0];
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
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
  return systemMessage(error);
}
