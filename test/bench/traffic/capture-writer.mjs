import { closeSync, openSync, renameSync, writeSync } from "node:fs";

const BUFFER_LEN = 4 << 20;
const RECORD_HEADER_LEN = 16;
const SNAPLEN = 262_144;
const LINKTYPE_ETHERNET = 1;

/** Writes a classic little-endian microsecond pcap (draft-ietf-opsawg-pcap) through one big buffer. */
export class CaptureWriter {
  constructor(path) {
    this.path = path;
    this.fd = openSync(`${path}.part`, "w");
    this.bytes = new Uint8Array(BUFFER_LEN);
    this.view = new DataView(this.bytes.buffer);
    this.at = 24;
    this.packets = 0;
    this.frameBytes = 0;
    this.fileBytes = 24;
    this.view.setUint32(0, 0xa1b2c3d4, true);
    this.view.setUint16(4, 2, true);
    this.view.setUint16(6, 4, true);
    this.view.setUint32(16, SNAPLEN, true);
    this.view.setUint32(20, LINKTYPE_ETHERNET, true);
  }

  /** Reserves one record and returns where its frame of `len` octets is to be written in `bytes`. */
  frame(sec, usec, len) {
    if (this.at + RECORD_HEADER_LEN + len > BUFFER_LEN) this.#flush();
    const { view, at } = this;
    view.setUint32(at, sec, true);
    view.setUint32(at + 4, usec, true);
    view.setUint32(at + 8, len, true);
    view.setUint32(at + 12, len, true);
    this.at = at + RECORD_HEADER_LEN + len;
    this.packets++;
    this.frameBytes += len;
    this.fileBytes += RECORD_HEADER_LEN + len;
    return at + RECORD_HEADER_LEN;
  }

  /** The capture gets its name only when it is whole. */
  close() {
    this.#flush();
    closeSync(this.fd);
    renameSync(`${this.path}.part`, this.path);
  }

  #flush() {
    for (let done = 0; done < this.at; ) done += writeSync(this.fd, this.bytes, done, this.at - done);
    this.at = 0;
  }
}
