import { errnoMessage } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** Octets of sun_path, its terminating zero included (unix(7)). */
const MAX_PATH = 108;

/** A connected datagram socket in the file system, such as /dev/log: Node has streams only. */
export interface UnixDatagram {
  /** Sends one datagram without waiting. Throws where it cannot be sent now. */
  send(octets: Uint8Array): void;
  close(): void;
}

/** Connects to a datagram socket, through koffi, which is loaded here. Throws, with words for people. */
export async function connectUnixDatagram(path: string): Promise<UnixDatagram> {
  const name = Buffer.from(`${path}\0`);
  if (name.length > MAX_PATH) throw new Error(`${path} is longer than ${MAX_PATH - 1} octets`);
  const koffi = (await import("koffi")).default;
  const lib = koffi.load(null);
  const socket = lib.func("int socket(int, int, int)");
  const connect = lib.func("int connect(int, void *, uint32_t)");
  const send = lib.func("long send(int, void *, size_t, int)");
  const close = lib.func("int close(int)");
  const fd: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(errnoMessage(koffi.errno()));
  const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), name]); // family in the host's order
  if (connect(fd, address, address.length) < 0) {
    const message = errnoMessage(koffi.errno());
    close(fd);
    throw new Error(message);
  }
  return {
    send(octets) {
      if (Number(send(fd, octets, octets.length, MSG_NOSIGNAL)) < 0)
        throw new Error(errnoMessage(koffi.errno()));
    },
    close: () => void close(fd),
  };
}
