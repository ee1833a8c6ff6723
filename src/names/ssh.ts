import { ByteHold } from "./byte-hold.ts";
import { escapeText } from "./escape.ts";
import { latin1 } from "./octet-text.ts";

/** RFC 4253 §4.2. */
export interface SshBanner {
  /** "2.0"; "1.99" where both are spoken. */
  readonly protoVersion: string;
  /** Escaped, without its comment. */
  readonly softwareVersion: string;
}

const START = Buffer.from("SSH-");
/** CR and LF included. */
const MAX_BANNER_OCTETS = 255;
const LF = 0x0a;

/** Whether a stream that begins with view[at, end) is SSH: its first line is a banner. */
export function isSshStart(view: DataView, at: number, end: number): "yes" | "no" | "maybe" {
  const stop = Math.min(end, at + START.length);
  for (let i = at; i < stop; i++) if (view.getUint8(i) !== START[i - at]) return "no";
  if (end - at <= START.length) return "maybe";
  const digit = view.getUint8(at + START.length);
  return digit === 0x31 || digit === 0x32 ? "yes" : "no";
}

/** Reads the banner of one direction. */
export class SshBannerLine {
  private readonly hold = new ByteHold(MAX_BANNER_OCTETS);

  /** The banner once its line is whole; "bad" when it is none; null while more is needed. */
  feed(view: DataView, at: number, end: number): SshBanner | "bad" | null {
    const before = this.hold.length;
    const fits = this.hold.append(view, at, end);
    for (let i = before; i < this.hold.length; i++) {
      if (this.hold.view.getUint8(i) === LF) return parseBanner(this.line(i));
    }
    return fits ? null : "bad";
  }

  /** What is there of a line that will not be finished. */
  finish(): SshBanner | "bad" {
    return parseBanner(this.line(this.hold.length));
  }

  private line(length: number): string {
    const { view } = this.hold;
    return latin1(view, 0, length).trimEnd();
  }
}

function parseBanner(line: string): SshBanner | "bad" {
  const found = /^SSH-([12]\.\d{1,3})-([^ ]{0,255})/.exec(line);
  if (found === null) return "bad";
  return { protoVersion: found[1], softwareVersion: escapeText(found[2], MAX_BANNER_OCTETS) };
}
