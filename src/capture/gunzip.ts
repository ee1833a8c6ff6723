import { createGunzip, type Gunzip } from "node:zlib";
import { type OctetBuffer, storedChunks } from "./octets.ts";

/** What the inflater hands out at a time; at most as much is lost before a place that is damaged. */
const OUTPUT_LEN = 1 << 16;

/**
 * Inflates gzip, any number of members (RFC 1952, section 2.2). Zeros after the last one are padding.
 * Throws after the last octets that could be had when the input is cut or damaged.
 *
 * What one chunk expands to is in memory at once: at most 1032 times as much. (Reading the inflater as a stream would need no such care, but drops what it has
 * buffered when it meets damage.)
 */
export async function* gunzip(stored: OctetBuffer): AsyncGenerator<Uint8Array> {
  const inflater = new Inflater();
  try {
    for await (const chunk of storedChunks(stored)) {
      yield* await inflater.push(chunk);
      inflater.check();
    }
    yield* await inflater.finish();
    inflater.check();
  } finally {
    inflater.close();
  }
}

class Inflater {
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: OUTPUT_LEN });
  #inflated: Uint8Array[] = [];
  #failure: string | null = null;
  /** The inflater found no further member; what follows may only be zeros. */
  #ended = false;
  #fedBytes = 0;
  #wake: () => void = () => {};

  constructor() {
    this.#gunzip.on("data", (octets: Uint8Array) => this.#inflated.push(octets));
    this.#gunzip.on("error", (error) => {
      this.#failure ??= `gzip: ${error.message}`;
    });
    this.#gunzip.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#gunzip.on("close", () => this.#wake());
  }

  async push(chunk: Uint8Array): Promise<Uint8Array[]> {
    this.#fedBytes += chunk.length;
    if (!this.#ended) await this.#until((done) => this.#gunzip.write(chunk, done));
    if (this.#ended) this.#readPadding(chunk);
    return this.#take();
  }

  async finish(): Promise<Uint8Array[]> {
    if (!this.#ended) await this.#until(() => this.#gunzip.end());
    return this.#take();
  }

  check(): void {
    if (this.#failure !== null) throw new Error(this.#failure);
  }

  close(): void {
    this.#gunzip.destroy();
  }

  #readPadding(chunk: Uint8Array): void {
    const unused = Math.min(chunk.length, this.#fedBytes - this.#gunzip.bytesWritten);
    const padding = chunk.subarray(chunk.length - unused);
    if (padding.some((octet) => octet !== 0))
      this.#failure ??= "gzip: something else follows the last member";
  }

  #take(): Uint8Array[] {
    const inflated = this.#inflated;
    this.#inflated = [];
    return inflated;
  }

  #until(act: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      act(resolve);
    });
  }
}
