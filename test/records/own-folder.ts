import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder of one test file, gone when its tests are done; `fresh` makes an empty one in it. */
export function ownFolder(): { readonly path: string; fresh(): string } {
  const path = mkdtempSync(join(tmpdir(), "gapwatch-records-"));
  afterAll(() => rmSync(path, { recursive: true }));
  let made = 0;
  return {
    path,
    fresh: () => {
      const each = join(path, String(++made));
      mkdirSync(each);
      return each;
    },
  };
}
