/** What of a flow was already put down to names that it used before. */
interface Settled {
  bytesOut: number;
  bytesIn: number;
  readonly names: Set<string>;
}

/** Names of one flow that are told apart for counting attempts. */
const MAX_NAMES = 1024;

/** Flows that carried requests for several names: each name gets its own octets and one attempt. */
export class SplitFlows {
  private readonly flows = new Map<number, Settled>();

  /** Octets of the flow that no name got yet. */
  unsettled(row: number, bytesOut: number, bytesIn: number): { bytesOut: number; bytesIn: number } {
    const settled = this.flows.get(row);
    if (settled === undefined) return { bytesOut, bytesIn };
    return { bytesOut: bytesOut - settled.bytesOut, bytesIn: bytesIn - settled.bytesIn };
  }

  isSplit(row: number): boolean {
    return this.flows.has(row);
  }

  /** Whether `name` had a turn in this flow before. */
  hadTurn(row: number, name: string): boolean {
    return this.flows.get(row)?.names.has(name) === true;
  }

  /** The octets so far belong to `name`. Returns whether it is the name's first turn in this flow. */
  settle(row: number, name: string, bytesOut: number, bytesIn: number): boolean {
    let settled = this.flows.get(row);
    if (settled === undefined) {
      settled = { bytesOut: 0, bytesIn: 0, names: new Set() };
      this.flows.set(row, settled);
    }
    settled.bytesOut = bytesOut;
    settled.bytesIn = bytesIn;
    if (settled.names.has(name) || settled.names.size >= MAX_NAMES) return false;
    settled.names.add(name);
    return true;
  }

  forget(row: number): void {
    this.flows.delete(row);
  }
}
