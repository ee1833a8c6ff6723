import { Decompress } from "fzstd";

/** Placeholder. */
export async function* unzstd(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  const inflater = new Decompress((chunk) => out.push(chunk));
  for await (const chunk of stored) {
    inflater.push(chunk);
    yield* out.splice(0);
  }
}
