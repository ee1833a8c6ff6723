import { closeSync, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";
import { compressionOf, decompress } from "./decompress.ts";
import { CaptureError, type FrameSource } from "./frame-source.ts";
import { notACapture, SNIFF_LEN } from "./not-a-capture.ts";
import { ChunkOctets, FileOctets, OctetBuffer, type Octets, readTo, STDIN_FD } from "./octets.ts";
import { isPcap, PCAP_HEADER_LEN, PcapSource } from "./pcap.ts";
import { isPcapng, PcapngSource } from "./pcapng.ts";
import { systemMessage } from "./system-message.ts";

/**
 * Larger reads cost fewer calls; beyond this they only push the flow table out of the cache. A small
 * input gets a small buffer.
 */
const BUFFER_LEN = 1 << 19;
const MIN_BUFFER_LEN = 1 << 16;

/**
 * Opens a pcap or pcapng file, plain or compressed with gzip or zstd, by what it begins with; "-" is
 * standard input. Throws CaptureError, whose message does not repeat the path, when it cannot be
 * opened, is no capture (NotACapture), or ends inside its file header.
 */
export async function openCapture(path: string): Promise<FrameSource> {
  const { octets, storedBytes } = openStored(path);
  try {
    return await recognise(path, octets, storedBytes);
  } catch (error) {
    octets.close();
    throw error;
  }
}

function openStored(path: string): { octets: Octets; storedBytes: number } {
  const fd = path === "-" ? STDIN_FD : openForReading(path);
  const stat = fstatSync(fd);
  if (stat.isFile()) return { octets: new FileOctets(fd), storedBytes: stat.size };
  if (stat.isFIFO() || stat.isSocket()) return { octets: pipeOctets(fd), storedBytes: 0 };
  const terminal = isatty(fd);
  if (stat.isCharacterDevice() && !terminal) return { octets: new FileOctets(fd), storedBytes: 0 };
  if (fd !== STDIN_FD) closeSync(fd);
  throw new CaptureError(
    `${terminal ? "is a terminal" : "is a directory or device"}; expected a file or a pipe`,
  );
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new CaptureError(systemMessage(error));
  }
}

function pipeOctets(fd: number): Octets {
  const socket = new Socket({ fd, readable: true, writable: false });
  return new ChunkOctets(socket[Symbol.asyncIterator](), () => socket.destroy());
}

async function recognise(path: string, stored: Octets, storedBytes: number): Promise<FrameSource> {
  let octets = new OctetBuffer(stored, bufferLen(storedBytes));
  await readTo(octets, SNIFF_LEN);
  const compression = compressionOf(octets);
  if (compression) {
    octets = new OctetBuffer(decompress(compression, octets), bufferLen(storedBytes * 32));
  }
  await readTo(octets, PCAP_HEADER_LEN);
  const about = { path, compression, storedBytes, octets: stored };
  if (isPcapng(octets)) return new PcapngSource(octets, about);
  if (isPcap(octets)) return new PcapSource(octets, about);
  if (octets.failure !== null) throw new CaptureError(octets.failure);
  throw notACapture(octets.bytes.subarray(octets.at, Math.min(octets.end, octets.at + SNIFF_LEN)));
}

/** For an input of `sizeBytes`, 0 when that is not known. */
function bufferLen(sizeBytes: number): number {
  return sizeBytes === 0 ? BUFFER_LEN : Math.min(BUFFER_LEN, Math.max(MIN_BUFFER_LEN, sizeBytes));
}
