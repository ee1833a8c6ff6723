import { CaptureError } from "./frame-source.ts";

/** An input that is no capture that can be read, as opposed to one that is broken. */
export class NotACapture extends CaptureError {
  /** It is a capture in a format of somebody else. */
  readonly isForeign: boolean;

  constructor(message: string, isForeign = false) {
    super(message);
    this.isForeign = isForeign;
  }
}

const EXPECTED = "expected pcap or pcapng, or gzip or zstd of either";
const CONVERT = "convert it with `editcap -F pcapng`";
const DECOMPRESS = "decompress it first";

/** What users mistake for a capture that we read, by its first octets in hex, and the remedy. */
const FOREIGN: readonly (readonly [prefix: string, name: string, remedy: string])[] = [
  ["736e6f6f70000000", "snoop", CONVERT], // RFC 1761
  ["474d4255", "Microsoft Network Monitor 2", CONVERT],
  ["52545353", "Microsoft Network Monitor 1", CONVERT],
  ["58435000", "Sniffer or NetXRay", CONVERT],
  ["5452534e494646", "DOS Sniffer", CONVERT],
  ["fd377a585a00", "xz", DECOMPRESS],
  ["425a68", "bzip2", DECOMPRESS],
  ["04224d18", "lz4", DECOMPRESS],
  ["504b0304", "zip", DECOMPRESS],
];

/** Octets that `notACapture` looks at. */
export const SNIFF_LEN = 16;

/** Says what was found in the first octets of an input, what was expected, and the way out if there is one. */
export function notACapture(head: Uint8Array): NotACapture {
  if (head.length === 0) return new NotACapture(`is empty; ${EXPECTED}`);
  const hex = Buffer.from(head).toString("hex");
  const foreign = FOREIGN.find(([prefix]) => hex.startsWith(prefix));
  if (foreign) {
    const message = `not a capture that is known here: looks like ${foreign[1]}; ${foreign[2]}`;
    return new NotACapture(message, foreign[2] === CONVERT);
  }
  const text = Buffer.from(head).toString("latin1");
  const begins = /^[\t\n\r -~]+$/.test(text)
    ? `the text ${JSON.stringify(text)}`
    : (hex.slice(0, 16).match(/../g) ?? []).join(" ");
  return new NotACapture(`not a capture: begins with ${begins}; ${EXPECTED}`);
}
