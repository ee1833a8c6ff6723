import { builtInData } from "../../catalogue/built-in.ts";
import type { CatalogueData } from "../../catalogue/catalogue-data.ts";
import { parseDuration } from "../../policy/amount.ts";
import type { KnownInterval } from "../../report/validation-statement.ts";

/** Components of the catalogue, and of a user's own, that are known to contact their hosts at times. */
export function knownIntervals(own: CatalogueData | null): KnownInterval[] {
  const entries = [...(own?.entries ?? []), ...builtInData().entries];
  return entries.flatMap(({ component, interval }) => {
    const everySec = interval === null ? null : parseDuration(interval);
    return everySec === null ? [] : [{ component, everySec }];
  });
}
