import { endianness } from "node:os";
import { getSystemErrorMap } from "node:util";
import { CaptureUnsupported } from "./live-source.ts";

/** The system calls that live capture needs. They answer -1 on failure; `errno()` then says why. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, len: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, len: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, len: Uint8Array): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  close(fd: number): number;
  errno(): number;
  /** Where the octets lie. They must outlive every use of the address. */
  address(octets: Uint8Array): bigint;
  /** Maps `len` octets of what the descriptor offers, shared, to read and write; null on failure. */
  map(fd: number, len: number): Mapping | null;
}

export interface Mapping {
  readonly memory: ArrayBuffer;
  /**
   * Puts empty memory in the place of what was mapped, and keeps the addresses: whoever still holds a
   * view of it reads zeros, where after munmap() the process would crash.
   */
  release(): void;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_EMPTY = 0x02 | 0x10 | 0x20 | 0x4000; // private, at this address, anonymous, without reserve

/** Loads koffi, and libc through it. Throws CaptureUnsupported where there is no such thing. */
export async function loadLibc(): Promise<Libc> {
  if (process.platform !== "linux") throw new CaptureUnsupported(`${process.platform} has no packet ring`);
  if (endianness() !== "LE")
    throw new CaptureUnsupported("the packet ring is read on little-endian machines");
  try {
    const koffi = (await import("koffi")).default;
    const lib = koffi.load(null); // what this process is linked with, glibc or musl
    const mmap = lib.func("void *mmap(void *, size_t, int, int, int, int64_t)");
    return {
      socket: lib.func("int socket(int, int, int)"),
      bind: lib.func("int bind(int, void *, uint32_t)"),
      setsockopt: lib.func("int setsockopt(int, int, int, void *, uint32_t)"),
      getsockopt: lib.func("int getsockopt(int, int, int, void *, void *)"),
      ioctl: lib.func("int ioctl(int, unsigned long, void *)"),
      poll: lib.func("int poll(void *, unsigned long, int)"),
      close: lib.func("int close(int)"),
      errno: () => koffi.errno(),
      address: (octets) => koffi.address(octets),
      map(fd, len) {
        const at = mmap(null, len, PROT_READ_WRITE, MAP_SHARED, fd, 0);
        if (BigInt.asIntN(64, koffi.address(at)) === -1n) return null;
        return {
          memory: koffi.view(at, len),
          release: () => void mmap(at, len, PROT_READ_WRITE, MAP_EMPTY, -1, 0),
        };
      },
    };
  } catch (error) {
    throw new CaptureUnsupported(`koffi cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
}

/** A failed call in people's words: "operation not permitted (EPERM)". */
export function errnoMessage(errno: number): string {
  const known = getSystemErrorMap().get(-errno);
  return known ? `${known[1]} (${known[0]})` : `errno ${errno}`;
}
