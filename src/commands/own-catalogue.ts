import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { type CatalogueData, compileCatalogue } from "../catalogue/catalogue-data.ts";
import type { CatalogueEntry, SharedHosting } from "../catalogue/entry.ts";
import { loadEntries } from "../catalogue/entry-file.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { type Problem, YamlSource } from "../policy/yaml-source.ts";
import { readBounded } from "../records/bounded-file.ts";

const MAX_MIB = 16;

/** The catalogue files that an enclave file names. */
export interface OwnCatalogue {
  /** Null where it names none. */
  readonly data: CatalogueData | null;
  /** Of all their bytes, in hex; empty where there are none. */
  readonly sha256: string;
  readonly problems: readonly Problem[];
}

/** Reads them; paths are relative to the enclave file, whose `text` gives unreadable ones their place. */
export function readOwnCatalogue(policy: EnclavePolicy, path: string, text: string): OwnCatalogue {
  if (policy.catalogue.length === 0) return { data: null, sha256: "", problems: [] };
  const entries: CatalogueEntry[] = [];
  const shared: SharedHosting[] = [];
  const problems: Problem[] = [];
  const hash = createHash("sha256");
  for (const [i, file] of policy.catalogue.entries()) {
    const contents = readText(resolve(dirname(path), file));
    if (typeof contents !== "string") {
      const place = ["enclave", "catalogue", i];
      problems.push(
        new YamlSource(text, path).at(place, `cannot read ${JSON.stringify(file)}: ${contents.fault}`),
      );
      continue;
    }
    hash.update(contents);
    const loaded = loadEntries(contents, resolve(dirname(path), file));
    if ("problems" in loaded) problems.push(...loaded.problems);
    else {
      entries.push(...loaded.entries);
      shared.push(...loaded.shared);
    }
  }
  return { data: compileCatalogue(entries, shared), sha256: hash.digest("hex"), problems };
}

function readText(path: string): string | { readonly fault: string } {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBounded(path, MAX_MIB));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT") return { fault: "there is no such file" };
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return { fault: "it is not UTF-8" };
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
