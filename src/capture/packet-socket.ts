import { CaptureError } from "./frame-source.ts";
import { IFF_RUNNING } from "./interface-watch.ts";
import { errnoMessage, type Libc, type Mapping } from "./libc.ts";
import { CapturePermission, CaptureUnsupported } from "./live-source.ts";
import { TAG_LEN } from "./ring-layout.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const SO_TIMESTAMPNS = 35;

const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const PACKET_FANOUT = 18;
const TPACKET_V3 = 2;
const PACKET_MR_PROMISC = 1;
/**
 * By flow, and to the next socket when that one's ring is full. Frames are put in time order again, so that
 * nothing has to stay together: least of all fragments (PACKET_FANOUT_FLAG_DEFRAG), for what the kernel
 * never finds the rest of, nobody would see.
 */
const FANOUT_HASH = 0;
const FANOUT_FLAG_ROLLOVER = 0x1000;
/** The kernel finds a number that no other process has: who shared it would take half of the frames away. */
const FANOUT_FLAG_UNIQUEID = 0x2000;

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;
const IFNAMSIZ = 16;
const IFREQ_LEN = 40;
const SOCKADDR_LL_LEN = 20;

const POLLIN = 1;

const EPERM = 1;
const EINTR = 4;
const ENOMEM = 12;
const EACCES = 13;
const ENODEV = 19;
const EINVAL = 22;
const ENOPROTOOPT = 92;
const EAFNOSUPPORT = 97;
const ENOBUFS = 105;

/** Offloaded frames have up to 256 KiB (IPv6 BIG TCP), and a frame must fit into a block. */
export const BLOCK_LEN = 1 << 20;
/** Used for alignment only in this version, but checked. */
const FRAME_LEN = 2048;
/**
 * A block with packets in it is handed over after this time. It bounds the delay of a finding, and, with
 * the number of blocks, how long a reader may stall when traffic is thin: 256 blocks last for 5 s.
 */
const RETIRE_MS = 20;

/** What a ring source needs of the kernel. */
export interface RingSocket {
  /** All blocks, of `BLOCK_LEN` octets each. */
  readonly ring: ArrayBuffer;
  readonly descriptor: number;
  /** The interface with this name: index or -1 for none, flags or 0, ARPHRD_ value or -1. */
  interfaceIndex(name: string): number;
  interfaceFlags(name: string): number;
  interfaceHardware(name: string): number;
  /** Receives from this interface on, and makes it promiscuous. */
  bind(index: number): void;
  /** Shares the frames of the interface with a group, or with a new one; for the life of the socket. Its number. */
  joinFanout(group: number | null): number;
  /** Waits until a block is ready, at most so long; true when the kernel has something else to say. */
  wait(timeoutMs: number): boolean;
  /** The error that the kernel has to tell, 0 for none, which is then cleared. */
  takeError(): number;
  /** Reads the counts since the last time: frames offered (losses included), losses, freezes. */
  takeStatistics(): Readonly<Uint32Array>;
  /** Lets no more frames in. */
  refuse(): void;
  close(): void;
}

/** A packet socket that receives nothing yet; all that needs a capability. Throws what PacketSocket throws. */
export function openPacketSocket(libc: Libc): number {
  // Protocol 0: nothing is queued before `bind`.
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd === -1) throw socketError(libc.errno());
  return fd;
}

/** A packet socket with a receive ring (man 7 packet; Documentation/networking/packet_mmap.rst). */
export class PacketSocket implements RingSocket {
  readonly ring: ArrayBuffer;
  readonly descriptor: number;
  readonly #libc: Libc;
  readonly #mapping: Mapping;
  readonly #pollfd = new Uint8Array(8);
  readonly #revents = new DataView(this.#pollfd.buffer, 6, 2);
  readonly #ifreq = new Uint8Array(IFREQ_LEN);
  readonly #statistics = new Uint32Array(3);

  /**
   * Gives a socket a ring of so many blocks; it receives nothing yet. Throws CapturePermission,
   * CaptureUnsupported, or CaptureError; the socket is closed then.
   */
  constructor(libc: Libc, blocks: number, fd: number = openPacketSocket(libc)) {
    this.#libc = libc;
    this.descriptor = fd;
    try {
      this.#mapping = this.#makeRing(blocks);
    } catch (error) {
      libc.close(this.descriptor);
      throw error;
    }
    this.ring = this.#mapping.memory;
    const view = new DataView(this.#pollfd.buffer);
    view.setInt32(0, this.descriptor, true);
    view.setInt16(4, POLLIN, true);
  }

  interfaceIndex(name: string): number {
    return this.#askInterface(name, SIOCGIFINDEX)?.getInt32(IFNAMSIZ, true) ?? -1;
  }

  interfaceFlags(name: string): number {
    const flags = this.#askInterface(name, SIOCGIFFLAGS)?.getUint16(IFNAMSIZ, true) ?? 0;
    return this.#hasLink(name) ? flags | IFF_RUNNING : flags & ~IFF_RUNNING;
  }

  interfaceHardware(name: string): number {
    return this.#askInterface(name, SIOCGIFHWADDR)?.getUint16(IFNAMSIZ, true) ?? -1;
  }

  bind(index: number): void {
    const membership = new DataView(new ArrayBuffer(16));
    membership.setInt32(0, index, true);
    membership.setUint16(4, PACKET_MR_PROMISC, true);
    this.#set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, new Uint8Array(membership.buffer), "promiscuous mode");
    const address = new DataView(new ArrayBuffer(SOCKADDR_LL_LEN));
    address.setUint16(0, AF_PACKET, true);
    address.setUint16(2, 3); // ETH_P_ALL, in network order
    address.setInt32(4, index, true);
    if (this.#libc.bind(this.descriptor, new Uint8Array(address.buffer), SOCKADDR_LL_LEN) === -1) {
      throw this.#failure("binding to the interface");
    }
  }

  joinFanout(group: number | null): number {
    const mode = FANOUT_HASH | FANOUT_FLAG_ROLLOVER | (group === null ? FANOUT_FLAG_UNIQUEID : 0);
    const what = "sharing the interface among rings";
    this.#set(SOL_PACKET, PACKET_FANOUT, words((group ?? 0) | (mode << 16)), what);
    const value = new Uint32Array(1);
    this.#get(SOL_PACKET, PACKET_FANOUT, value, what);
    return value[0] & 0xffff;
  }

  /** Blocks the thread, in libc: koffi's own way of polling ends the process together with a worker. */
  wait(timeoutMs: number): boolean {
    const ready = this.#libc.poll(this.#pollfd, 1, timeoutMs);
    if (ready === -1) {
      if (this.#libc.errno() === EINTR) return false;
      throw this.#failure("waiting for frames");
    }
    return ready === 1 && (this.#revents.getInt16(0, true) & ~POLLIN) !== 0;
  }

  takeError(): number {
    const value = new Uint32Array(1);
    this.#get(SOL_SOCKET, SO_ERROR, value, "asking for errors");
    return value[0];
  }

  takeStatistics(): Readonly<Uint32Array> {
    this.#get(SOL_PACKET, PACKET_STATISTICS, this.#statistics, "asking for losses");
    return this.#statistics;
  }

  refuse(): void {
    const program = Uint8Array.of(0x06, 0, 0, 0, 0, 0, 0, 0); // BPF_RET | BPF_K, 0: nothing of any frame
    const fprog = new DataView(new ArrayBuffer(16));
    fprog.setUint16(0, 1, true);
    fprog.setBigUint64(8, this.#libc.address(program), true);
    this.#set(SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(fprog.buffer), "ending the capture");
  }

  close(): void {
    this.#mapping.release();
    this.#libc.close(this.descriptor);
  }

  #makeRing(blocks: number): Mapping {
    this.#set(SOL_PACKET, PACKET_VERSION, words(TPACKET_V3), "TPACKET_V3");
    this.#set(SOL_PACKET, PACKET_RESERVE, words(TAG_LEN), "room for VLAN tags");
    // Frames get their time once, where they enter the kernel, and the same for all who capture.
    this.#set(SOL_SOCKET, SO_TIMESTAMPNS, words(1), "times in nanoseconds");
    const frames = (blocks * BLOCK_LEN) / FRAME_LEN;
    const request = words(BLOCK_LEN, blocks, FRAME_LEN, frames, RETIRE_MS, 0, 0);
    this.#set(SOL_PACKET, PACKET_RX_RING, request, `a ring of ${(blocks * BLOCK_LEN) / (1 << 20)} MiB`);
    const mapping = this.#libc.map(this.descriptor, blocks * BLOCK_LEN);
    if (mapping === null) throw this.#failure("mapping the ring");
    return mapping;
  }

  /** Asked of the driver: IFF_RUNNING follows the link up to a second late. Without a driver's word, there is one. */
  #hasLink(name: string): boolean {
    const value = new Uint32Array([ETHTOOL_GLINK, 1]);
    const ifreq = this.#interfaceRequest(name);
    if (ifreq === null) return false;
    new DataView(ifreq.buffer).setBigUint64(IFNAMSIZ, this.#libc.address(new Uint8Array(value.buffer)), true);
    this.#libc.ioctl(this.descriptor, SIOCETHTOOL, ifreq);
    return value[1] !== 0;
  }

  /** A struct ifreq with the answer, null when there is no such interface. */
  #askInterface(name: string, request: number): DataView | null {
    const ifreq = this.#interfaceRequest(name);
    if (ifreq === null) return null;
    if (this.#libc.ioctl(this.descriptor, request, ifreq) !== -1) return new DataView(ifreq.buffer);
    if (this.#libc.errno() === ENODEV) return null;
    throw this.#failure("asking for the interface");
  }

  #interfaceRequest(name: string): Uint8Array | null {
    const octets = Buffer.from(name, "utf8");
    if (octets.length >= IFNAMSIZ) return null; // no interface has such a name
    this.#ifreq.fill(0);
    this.#ifreq.set(octets);
    return this.#ifreq;
  }

  #set(level: number, option: number, value: Uint8Array, what: string): void {
    const done = this.#libc.setsockopt(this.descriptor, level, option, value, value.byteLength);
    if (done === -1) throw this.#failure(what);
  }

  #get(level: number, option: number, into: Uint32Array, what: string): void {
    const octets = new Uint8Array(into.buffer);
    if (this.#libc.getsockopt(this.descriptor, level, option, octets, words(octets.byteLength)) === -1) {
      throw this.#failure(what);
    }
  }

  #failure(what: string): CaptureError {
    const errno = this.#libc.errno();
    const message = `${what}: ${errnoMessage(errno)}`;
    if (errno === ENOPROTOOPT) return new CaptureUnsupported(message);
    if (errno === EPERM || errno === EACCES) return new CapturePermission();
    if (errno === ENOMEM || errno === ENOBUFS) return new CaptureError(`${message}; a smaller ring may fit`);
    return new CaptureError(message);
  }
}

function socketError(errno: number): CaptureError {
  if (errno === EPERM || errno === EACCES) return new CapturePermission();
  const message = `packet socket: ${errnoMessage(errno)}`;
  return errno === EAFNOSUPPORT || errno === EINVAL
    ? new CaptureUnsupported(message)
    : new CaptureError(message);
}

function words(...values: number[]): Uint8Array {
  const octets = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) octets.setUint32(4 * i, value, true);
  return new Uint8Array(octets.buffer);
}
