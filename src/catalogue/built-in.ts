import { readFileSync } from "node:fs";
import { Catalogue } from "./catalogue.ts";
import type { CatalogueData } from "./catalogue-data.ts";
import { readCompiled } from "./compiled-file.ts";

/** Beside the bundle; for tests, which run from the sources, in dist/ of the repository. */
const PLACES = ["./catalogue.json", "../../dist/catalogue.json", "../../../dist/catalogue.json"];

let builtIn: CatalogueData | null = null;

/** The catalogue that the build compiled, read at first use: a run without findings never pays for it. */
export function builtInData(): CatalogueData {
  builtIn ??= readCompiled(readFile());
  return builtIn;
}

/** The catalogue with a user's own entries before the ones that gapwatch ships. */
export function catalogueWith(own: CatalogueData | null): Catalogue {
  return new Catalogue(() => (own === null ? [builtInData()] : [own, builtInData()]));
}

function readFile(): Buffer {
  for (const place of PLACES) {
    try {
      return readFileSync(new URL(place, import.meta.url));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error("dist/catalogue.json is missing: run npm run build");
}
