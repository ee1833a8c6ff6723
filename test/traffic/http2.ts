/** HTTP/2 frames for tests (RFC 9113 §4), their headers without compression. */
import { be, join } from "./octets.ts";

export const H2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export function h2Frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  return join(be(payload.length, 3), [type, flags], be(streamId, 4), payload);
}

export function h2Settings(...settings: (readonly [id: number, value: number])[]): Buffer {
  const octets = settings.map(([id, value]) => join(be(id, 2), be(value, 4)));
  return h2Frame(4, 0, 0, join(...octets));
}

export interface HeadOptions {
  /** No content follows; so by default. */
  readonly ends?: boolean;
  readonly padLen?: number;
  readonly priority?: boolean;
  /** Frames that the head is cut into. */
  readonly pieces?: number;
}

/** HEADERS, and CONTINUATION where it is in pieces: literal fields that nobody has to remember. */
export function h2Headers(
  streamId: number,
  fields: Readonly<Record<string, string>>,
  options: HeadOptions = {},
): Buffer {
  const { ends = true, padLen = 0, priority = false, pieces = 1 } = options;
  const block = join(
    ...Object.entries(fields).map(([name, value]) => join([0, name.length], name, [value.length], value)),
  );
  const size = Math.ceil(block.length / pieces);
  const parts = Array.from({ length: pieces }, (_, i) => block.subarray(i * size, (i + 1) * size));
  return join(
    ...parts.map((part, i) => {
      const last = i === pieces - 1 ? 4 : 0;
      if (i > 0) return h2Frame(9, last, streamId, part);
      const flags = last | (ends ? 1 : 0) | (padLen > 0 ? 8 : 0) | (priority ? 0x20 : 0);
      const head = [padLen > 0 ? [padLen] : [], priority ? be(0, 5) : []];
      return h2Frame(1, flags, streamId, join(...head, part, Buffer.alloc(padLen)));
    }),
  );
}
