import { gunzip } from "./gunzip.ts";
import { ChunkOctets, type OctetBuffer, type Octets } from "./octets.ts";
import { unzstd } from "./unzstd.ts";

/** How an input is compressed, by its first octets: gzip (RFC 1952, section 2.3.1), zstd (RFC 8878, 3.1). */
export function compressionOf({ bytes, view, at, end }: OctetBuffer): "gzip" | "zstd" | null {
  if (end - at >= 3 && bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8) return "gzip";
  if (end - at < 4) return null;
  const magic = view.getUint32(at, true);
  // A skippable frame may come first (RFC 8878, section 3.1.2): parallel compressors write one.
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? "zstd" : null;
}

/** The octets that the unread ones of `stored`, and all after them, decompress to. */
export function decompress(compression: "gzip" | "zstd", stored: OctetBuffer): Octets {
  const chunks = compression === "gzip" ? gunzip(stored) : unzstd(stored);
  return new ChunkOctets(chunks, () => {
    chunks.return(undefined).catch(() => {});
  });
}
