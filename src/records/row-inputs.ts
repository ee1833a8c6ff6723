const INITIAL_ROWS = 1 << 12;

/** Which input the flow in each row began in: flows outlast the file that they began in. */
export class RowInputs {
  /** Grown when a second input needs it: rows beyond it began in the first. */
  private inputOfRow = new Uint32Array(0);

  began(row: number, input: number): void {
    if (row >= this.inputOfRow.length) {
      if (input === 0) return;
      this.grow(row + 1);
    }
    this.inputOfRow[row] = input;
  }

  of(row: number): number {
    return row < this.inputOfRow.length ? this.inputOfRow[row] : 0;
  }

  private grow(rows: number): void {
    let length = Math.max(INITIAL_ROWS, this.inputOfRow.length);
    while (length < rows) length *= 2;
    const grown = new Uint32Array(length);
    grown.set(this.inputOfRow);
    this.inputOfRow = grown;
  }
}
