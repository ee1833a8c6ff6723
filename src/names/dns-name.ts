import { hideInName } from "./credential-name.ts";
import { putLabelOctet } from "./escape.ts";

/** Why a domain name could not be read to its end. */
export type DnsNameStatus =
  | "ok"
  | "dns.name_truncated"
  | "dns.name_bad_label"
  | "dns.name_bad_pointer"
  | "dns.name_too_many_jumps"
  | "dns.name_too_long";

/** A name that was read. Reused by its owner. */
export class DnsName {
  /** Labels joined by dots, lower-case, escaped, without credentials and a trailing dot; the root is "". */
  text = "";
  /** Offset after the name where it stands: after its root octet, or after its first pointer. */
  next = 0;
}

/** RFC 1035 §2.3.4, counted with length octets and the root's zero. */
const MAX_NAME_OCTETS = 255;
/** A name has at most 127 labels; honest messages need one or two jumps. */
const MAX_JUMPS = 128;

const scratch = Buffer.alloc(4 * MAX_NAME_OCTETS);

/**
 * Domain name at view[at, end) of the message that begins at `messageAt` (RFC 1035 §3.1, §4.1.4). Pointers
 * must lead before the run of labels that they stand in, so that every chain of them ends. On any status
 * other than "ok", `out.text` holds the labels that were whole, and `out.next` is meaningless.
 */
export function readDnsName(
  out: DnsName,
  view: DataView,
  messageAt: number,
  at: number,
  end: number,
): DnsNameStatus {
  let length = 0; // of the text
  let octets = 1; // of the name on the wire, uncompressed, its root's zero included
  let runAt = at;
  let jumps = 0;
  out.next = at;
  for (;;) {
    if (at >= end) return finish(out, length, "dns.name_truncated");
    const head = view.getUint8(at);
    if (head >= 0xc0) {
      if (end - at < 2) return finish(out, length, "dns.name_truncated");
      if (jumps === 0) out.next = at + 2;
      const target = messageAt + (view.getUint16(at) & 0x3fff);
      // Forward, to itself, or round in a loop.
      if (target >= runAt) return finish(out, length, "dns.name_bad_pointer");
      if (++jumps > MAX_JUMPS) return finish(out, length, "dns.name_too_many_jumps");
      at = target;
      runAt = target;
      continue;
    }
    if (head === 0) {
      if (jumps === 0) out.next = at + 1;
      return finish(out, length, "ok");
    }
    if (head > 63) return finish(out, length, "dns.name_bad_label"); // 01 and 10: not in use (RFC 6891 §5)
    octets += 1 + head;
    if (octets > MAX_NAME_OCTETS) return finish(out, length, "dns.name_too_long");
    if (end - at - 1 < head) return finish(out, length, "dns.name_truncated");
    if (length > 0) scratch[length++] = 0x2e;
    for (let i = at + 1; i <= at + head; i++) length = putLabelOctet(scratch, length, view.getUint8(i));
    at += 1 + head;
  }
}

function finish(out: DnsName, length: number, status: DnsNameStatus): DnsNameStatus {
  out.text = hideInName(scratch.toString("latin1", 0, length));
  return status;
}

/**
 * Steps over the name at view[at, end) without reading it: the offset after it, or -1 when it is broken.
 * With `plain`, pointers and labels with anything but printable ASCII count as broken.
 */
export function skipDnsName(
  view: DataView,
  messageAt: number,
  at: number,
  end: number,
  plain: boolean,
): number {
  const start = at;
  while (at < end) {
    const head = view.getUint8(at);
    if (head === 0) return at + 1;
    if (head >= 0xc0) {
      if (plain || end - at < 2) return -1;
      const target = view.getUint16(at) & 0x3fff;
      // A name stands after the header (§4.1.1), and before what points to it.
      return target >= 12 && messageAt + target < start ? at + 2 : -1;
    }
    if (head > 63 || end - at - 1 < head || at + 1 + head - start >= MAX_NAME_OCTETS) return -1;
    if (plain && !isPrintable(view, at + 1, at + 1 + head)) return -1;
    at += 1 + head;
  }
  return -1;
}

function isPrintable(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const octet = view.getUint8(i);
    if (octet < 0x20 || octet > 0x7e) return false;
  }
  return true;
}
