import type { EvidenceView } from "./evidence-view.ts";
import type { FindingRow } from "./finding-rows.ts";

/** What was read is read again so often, while it can still grow. */
const AGAIN_MS = 2000;

/** Packets of the finding that is looked at: read when it is selected, and again now and then. */
export class SelectedEvidence {
  /** What was read last; null before that. */
  shown: EvidenceView | null = null;
  private readonly readOne: (row: FindingRow, all: Iterable<FindingRow>) => Promise<EvidenceView>;
  private readonly listener: { read(): void; failed(error: unknown): void };
  private wanted: string | null = null;
  private dueMs = 0;
  private isReading = false;

  constructor(
    readOne: (row: FindingRow, all: Iterable<FindingRow>) => Promise<EvidenceView>,
    listener: { read(): void; failed(error: unknown): void },
  ) {
    this.readOne = readOne;
    this.listener = listener;
  }

  /** To be called as often as the screen is drawn. `all`: where related findings are looked for. */
  want(row: FindingRow, all: Iterable<FindingRow>): void {
    const nowMs = performance.now();
    if (this.isReading || (row.id === this.wanted && nowMs < this.dueMs)) return;
    this.wanted = row.id;
    this.dueMs = nowMs + AGAIN_MS;
    this.isReading = true;
    this.readOne(row, all)
      .then(
        (evidence) => {
          this.shown = evidence;
          this.listener.read();
        },
        (error) => this.listener.failed(error),
      )
      .finally(() => {
        this.isReading = false;
      });
  }
}
