import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { TappedPacket } from "../findings/packet-tap.ts";
import { Alarm, type AlarmSink } from "./alarm.ts";
import { makeFolder } from "./make-folder.ts";
import {
  BLOCK_OVERHEAD,
  ENHANCED_PACKET,
  interfaceBlock,
  packetBlock,
  sectionHeaderBlock,
} from "./pcapng-writer.ts";

/** What is kept of findings' packets. */
export interface EvidenceLimits {
  /** First packets of one finding, and octets of its file. */
  readonly packets: number;
  readonly fileBytes: number;
  /** Octets of all files: when there is no room the oldest file goes. */
  readonly totalBytes: number;
}

const DEFAULT_LIMITS: EvidenceLimits = { packets: 32, fileBytes: 256 * 1024, totalBytes: 256 * 1024 * 1024 };
/** What waits for the next flush, of all findings. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const MAX_COMMENT = 400;
const NAME = /^([0-9a-f]{12})\.pcapng$/;

export interface EvidenceOptions {
  readonly alarm: AlarmSink;
  /** Is told of a file that made room for others. */
  readonly deleted: (file: { readonly finding: string; readonly bytes: number }) => void;
  readonly limits?: EvidenceLimits;
}

interface EvidenceFile {
  /** Octets and packets that are good on disk. */
  bytes: number;
  packets: number;
  /** Of the section that this run began in the file, by interface number; empty before it has begun. */
  readonly linkTypes: number[];
  waiting: Buffer[];
  waitingBytes: number;
  waitingPackets: number;
  /** What an earlier run left was looked at: a killed writer may have left half a block. */
  isChecked: boolean;
}

/**
 * Keeps the first packets of each finding, a pcapng file each, named after the finding's id alone. Nothing here
 * throws: a disk that takes no more raises an alarm.
 */
export class Evidence {
  /** Packets that there was no room for while the disk took none. */
  lost = 0;

  private readonly directory: string;
  private readonly limits: EvidenceLimits;
  private readonly alarm: Alarm;
  private readonly deleted: EvidenceOptions["deleted"];
  /** By finding, the oldest first. */
  private readonly files = new Map<string, EvidenceFile>();
  /** Findings whose files had to go: they get no second one. */
  private readonly gone = new Set<string>();
  private readonly dirty = new Set<string>();
  private total = 0;
  private waitingBytes = 0;
  /** What earlier runs left is known. */
  private isRead = false;

  /** Opens the directory, which is made where it is missing. */
  constructor(directory: string, options: EvidenceOptions) {
    this.directory = directory;
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.alarm = new Alarm("evidence", options.alarm);
    this.deleted = options.deleted;
    this.attempt(() => this.readDirectory());
  }

  /** Whether there is room for another packet of this finding: to be asked before a packet is copied. */
  wants(finding: string): boolean {
    if (this.gone.has(finding)) return false;
    const file = this.files.get(finding);
    if (file === undefined) return true;
    const { packets, fileBytes } = this.limits;
    return file.packets + file.waitingPackets < packets && file.bytes + file.waitingBytes < fileBytes;
  }

  /** Takes a packet, which is copied, to be written by the next flush. `what`: what it shows. */
  add(finding: string, packet: TappedPacket, what: string): void {
    if (!this.wants(finding)) return;
    const file = this.fileOf(finding);
    if (!this.wants(finding)) return; // an earlier run had its share
    const { maskedBytes } = packet;
    const masked = maskedBytes === 0 ? "" : `; ${maskedBytes} octets that may hold credentials are masked`;
    const comment = `finding ${finding}: ${what}`.slice(0, MAX_COMMENT) + masked;
    const blocks: Buffer[] = [];
    if (file.linkTypes.length === 0) blocks.push(sectionHeaderBlock());
    const known = file.linkTypes.indexOf(packet.linkType);
    const id = known >= 0 ? known : file.linkTypes.length;
    if (known < 0) blocks.push(interfaceBlock(packet.linkType));
    blocks.push(packetBlock(id, packet, comment));
    const bytes = blocks.reduce((sum, each) => sum + each.length, 0);
    if (file.bytes + file.waitingBytes + bytes > this.limits.fileBytes) {
      file.packets = this.limits.packets; // what comes later would leave a gap
      return;
    }
    if (this.waitingBytes + bytes > MAX_WAITING_BYTES) {
      this.lost++;
      return;
    }
    if (known < 0) file.linkTypes.push(packet.linkType);
    file.waiting.push(...blocks);
    file.waitingBytes += bytes;
    file.waitingPackets++;
    this.waitingBytes += bytes;
    this.dirty.add(finding);
  }

  /** Writes what waits. */
  flush(): void {
    if (this.dirty.size === 0) return;
    this.attempt(() => {
      if (!this.isRead) this.readDirectory();
      makeFolder(this.directory, 0o700);
      for (const finding of this.dirty) {
        const file = this.files.get(finding);
        if (file !== undefined) this.write(finding, file);
        this.dirty.delete(finding);
      }
    });
  }

  private attempt(work: () => void): void {
    try {
      work();
      this.alarm.clear();
    } catch (error) {
      this.alarm.raise(`cannot keep evidence in ${this.directory}`, error);
    }
  }

  private readDirectory(): void {
    makeFolder(this.directory, 0o700);
    const found = readdirSync(this.directory).flatMap((name) => {
      const finding = NAME.exec(name)?.[1];
      if (finding === undefined) return []; // not ours
      const { size, mtimeMs } = statSync(this.pathOf(finding));
      return [{ finding, size, mtimeMs }];
    });
    for (const { finding, size } of found.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      this.total += size;
      const begun = this.files.get(finding);
      if (begun === undefined) {
        this.files.set(finding, { ...emptyFile(), bytes: size, isChecked: false });
        continue;
      }
      begun.bytes = size;
      this.check(finding, begun);
    }
    this.isRead = true;
  }

  private fileOf(finding: string): EvidenceFile {
    let file = this.files.get(finding);
    if (file === undefined) {
      file = emptyFile();
      this.files.set(finding, file);
    }
    if (!file.isChecked) this.check(finding, file);
    return file;
  }

  /** Counts the packets of an earlier run. A file that cannot be read gets no more. */
  private check(finding: string, file: EvidenceFile): void {
    file.isChecked = true;
    file.packets = this.limits.packets;
    let octets: Buffer;
    try {
      octets = readFileSync(this.pathOf(finding));
    } catch {
      return;
    }
    const { bytes, packets } = wholeBlocks(octets);
    this.total += bytes - file.bytes;
    file.bytes = bytes;
    file.packets = packets;
  }

  /** Written where the good part ends, so that half a block of a failed attempt is overwritten. */
  private write(finding: string, file: EvidenceFile): void {
    this.makeRoom(finding, file.waitingBytes);
    const octets = Buffer.concat(file.waiting);
    const fd = openSync(this.pathOf(finding), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      if (fstatSync(fd).size < file.bytes) {
        this.drop(finding, file); // somebody removed it
        return;
      }
      for (let at = 0; at < octets.length; ) {
        at += writeSync(fd, octets, at, octets.length - at, file.bytes + at);
      }
      ftruncateSync(fd, file.bytes + octets.length);
    } finally {
      closeSync(fd);
    }
    this.total += octets.length;
    this.waitingBytes -= octets.length;
    file.bytes += octets.length;
    file.packets += file.waitingPackets;
    file.waiting = [];
    file.waitingBytes = 0;
    file.waitingPackets = 0;
  }

  private makeRoom(finding: string, bytes: number): void {
    for (const [oldest, file] of this.files) {
      if (this.total + bytes <= this.limits.totalBytes) return;
      if (oldest === finding || file.bytes === 0) continue;
      this.drop(oldest, file);
      this.deleted({ finding: oldest, bytes: file.bytes });
    }
  }

  private drop(finding: string, file: EvidenceFile): void {
    rmSync(this.pathOf(finding), { force: true });
    this.total -= file.bytes;
    this.waitingBytes -= file.waitingBytes;
    this.files.delete(finding);
    this.gone.add(finding);
  }

  private pathOf(finding: string): string {
    return join(this.directory, `${finding}.pcapng`);
  }
}

function emptyFile(): EvidenceFile {
  return {
    bytes: 0,
    packets: 0,
    linkTypes: [],
    waiting: [],
    waitingBytes: 0,
    waitingPackets: 0,
    isChecked: true,
  };
}

/** Octets of a file of ours up to its last whole block, and packets in them. */
function wholeBlocks(octets: Buffer): { bytes: number; packets: number } {
  let at = 0;
  let packets = 0;
  while (octets.length - at >= BLOCK_OVERHEAD) {
    const len = octets.readUInt32LE(at + 4);
    if (len < BLOCK_OVERHEAD || len > octets.length - at || octets.readUInt32LE(at + len - 4) !== len) break;
    if (octets.readUInt32LE(at) === ENHANCED_PACKET) packets++;
    at += len;
  }
  return { bytes: at, packets };
}
