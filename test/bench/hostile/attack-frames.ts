import { join } from "../../traffic/octets.ts";
import { TcpTalk } from "../../traffic/tcp-talk.ts";

/** Octets of frames that each attack has. */
const ATTACK_BYTES = 1_000_000;

export const HOST = "10.20.1.11";
export const OUTSIDE = "198.51.100.7";
export const RESOLVER = "10.20.0.53:53";
export const PROXY = "10.20.9.30:1080";

/** Frames until there are enough; `make` is called with 0, 1, 2 and so on. */
export function filled(make: (n: number) => Buffer | readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  for (let n = 0, bytes = 0; bytes < ATTACK_BYTES; n++) {
    const made = make(n);
    for (const frame of Array.isArray(made) ? (made as readonly Buffer[]) : [made as Buffer]) {
      frames.push(frame);
      bytes += frame.length;
    }
  }
  return frames;
}

export function port(n: number): number {
  return 1024 + (n % 64000);
}

/** One long stream of a client, in segments; or of the server that it spoke to first. */
export function streamOf(
  server: string,
  first: Buffer | string,
  more: (n: number) => Buffer | string,
  end: "client" | "server" = "client",
): Buffer[] {
  const talk = new TcpTalk(`${HOST}:40000`, server);
  talk.open();
  talk.client(first);
  let bytes = 0;
  for (let n = 0; bytes < ATTACK_BYTES; n++) {
    const pieces: Buffer[] = [];
    for (let size = 0; size < 60_000; n++) {
      const piece = join(more(n));
      pieces.push(piece);
      size += piece.length;
    }
    bytes += talk.data(end, join(...pieces)).reduce((sum, { length }) => sum + length, 0);
  }
  return talk.frames;
}
