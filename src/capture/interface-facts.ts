import { readFileSync } from "node:fs";
import { IFF_RUNNING } from "./interface-watch.ts";
import type { Libc } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCETHTOOL = 0x8946;
const IFNAMSIZ = 16;
const IFREQ_LEN = 40;
const IFF_UP = 0x1;
const MAC_LEN = 6;

// linux/ethtool.h
const ETHTOOL_GLINK = 0x0a;
const ETHTOOL_GRINGPARAM = 0x10;
const ETHTOOL_GFLAGS = 0x25;
const ETHTOOL_GGRO = 0x2b;
const ETH_FLAG_LRO = 1 << 15;
const RINGPARAM_WORDS = 9;
const RX_MAX_PENDING = 1;
const RX_PENDING = 5;

/** An interface as its driver describes it; null is what the driver does not say. */
export interface InterfaceFacts {
  readonly isUp: boolean;
  readonly hasLink: boolean;
  /** As the number that its six octets are, in network order. */
  readonly mac: number;
  /** Whether received segments are joined before they are captured, by the kernel or by the card. */
  readonly gro: boolean | null;
  readonly lro: boolean | null;
  /** Frames that the card may hold before the kernel takes them. */
  readonly cardRing: { readonly frames: number; readonly most: number } | null;
}

/** Asks about interfaces of this network namespace. Needs no privileges and sends nothing. */
export class InterfaceInquiry {
  readonly #libc: Libc;
  /** Any socket will do to ask; this kind leads nowhere. */
  readonly #fd: number;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  }

  /** Null when there is no such interface. */
  facts(name: string): InterfaceFacts | null {
    const flags = this.#ask(name, SIOCGIFFLAGS)?.getUint16(IFNAMSIZ, true);
    if (flags === undefined) return null;
    const features = this.#ethtool(name, ETHTOOL_GFLAGS, 2);
    const ring = this.#ethtool(name, ETHTOOL_GRINGPARAM, RINGPARAM_WORDS);
    const gro = this.#ethtool(name, ETHTOOL_GGRO, 2);
    const link = this.#ethtool(name, ETHTOOL_GLINK, 2);
    return {
      isUp: (flags & IFF_UP) !== 0,
      hasLink: link === null ? (flags & IFF_RUNNING) !== 0 : link[1] !== 0,
      mac: this.#mac(name),
      gro: gro === null ? null : gro[1] !== 0,
      lro: features === null ? null : (features[1] & ETH_FLAG_LRO) !== 0,
      cardRing:
        ring === null || ring[RX_MAX_PENDING] === 0
          ? null
          : { frames: ring[RX_PENDING], most: ring[RX_MAX_PENDING] },
    };
  }

  /** MAC addresses of all interfaces here. */
  macs(): Set<number> {
    const macs = new Set(interfaceNames().map((name) => this.#mac(name)));
    macs.delete(0); // interfaces without one
    return macs;
  }

  close(): void {
    this.#libc.close(this.#fd);
  }

  #mac(name: string): number {
    const answer = this.#ask(name, SIOCGIFHWADDR);
    return answer === null ? 0 : readMac(answer, IFNAMSIZ + 2);
  }

  /** A struct ifreq with the answer. */
  #ask(name: string, request: number): DataView | null {
    const ifreq = interfaceRequest(name);
    if (ifreq === null || this.#libc.ioctl(this.#fd, request, ifreq) === -1) return null;
    return new DataView(ifreq.buffer);
  }

  /** The words of an ethtool structure that begins with the command. */
  #ethtool(name: string, command: number, words: number): Uint32Array | null {
    const ifreq = interfaceRequest(name);
    if (ifreq === null) return null;
    const value = new Uint32Array(words);
    value[0] = command;
    const address = this.#libc.address(new Uint8Array(value.buffer));
    new DataView(ifreq.buffer).setBigUint64(IFNAMSIZ, address, true);
    return this.#libc.ioctl(this.#fd, SIOCETHTOOL, ifreq) === -1 ? null : value;
  }
}

/** The number that six octets of a MAC address are. */
export function readMac(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + MAC_LEN - 4);
}

/** All interfaces of this network namespace, with or without an address. */
function interfaceNames(): string[] {
  const table = readFileSync("/proc/self/net/dev", "latin1");
  return [...table.matchAll(/^\s*([^\s:|]+):/gm)].map(([, name]) => name);
}

function interfaceRequest(name: string): Uint8Array | null {
  const octets = Buffer.from(name, "utf8");
  if (octets.length >= IFNAMSIZ) return null; // no interface has such a name
  const ifreq = new Uint8Array(IFREQ_LEN);
  ifreq.set(octets);
  return ifreq;
}
