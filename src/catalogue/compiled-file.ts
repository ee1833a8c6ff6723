import type { CatalogueData, EntryList } from "./catalogue-data.ts";
import type { CatalogueEntry } from "./entry.ts";

const LINE_FEED = 10;

/** The catalogue as one file of lines, each JSON: what look-ups need, then an entry a line. */
export function writeCompiled({ entries, ...index }: CatalogueData): string {
  return `${[index, ...entries].map((each) => JSON.stringify(each)).join("\n")}\n`;
}

/** Reads what `writeCompiled` wrote. A run needs few of the entries: each is parsed when it is asked for. */
export function readCompiled(file: Buffer): CatalogueData {
  const end = file.indexOf(LINE_FEED);
  const index = JSON.parse(file.toString("utf8", 0, end)) as Omit<CatalogueData, "entries">;
  return { ...index, entries: new WrittenEntries(file, end + 1) };
}

class WrittenEntries implements EntryList {
  private readonly file: Buffer;
  /** Where each line begins, and where the last one ends. */
  private readonly starts: readonly number[];
  private readonly parsed: CatalogueEntry[] = [];

  constructor(file: Buffer, at: number) {
    this.file = file;
    const starts: number[] = [];
    for (let start = at; start > 0; start = file.indexOf(LINE_FEED, start) + 1) starts.push(start);
    this.starts = starts;
  }

  at(index: number): CatalogueEntry | undefined {
    if (index + 1 >= this.starts.length) return undefined;
    this.parsed[index] ??= JSON.parse(
      this.file.toString("utf8", this.starts[index], this.starts[index + 1] - 1),
    ) as CatalogueEntry;
    return this.parsed[index];
  }

  *[Symbol.iterator](): Iterator<CatalogueEntry> {
    for (let i = 0; ; i++) {
      const entry = this.at(i);
      if (entry === undefined) return;
      yield entry;
    }
  }
}
