import { statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { systemMessage } from "../capture/system-message.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { readBounded } from "../records/bounded-file.ts";
import { type EnclaveFile, enclaveOf, MAX_ENCLAVE_MIB } from "./enclave-option.ts";
import { say } from "./say.ts";

/** How often the enclave file is looked at for a change, however it was made. */
const LOOK_MS = 1000;
/** A file that cannot be read is being replaced, or is it gone? So many looks later it is. */
const GONE_AFTER = 5;

/**
 * Keeps the policy in force up with its file: when it changes on disk (an editor, or a ConfigMap that
 * replaces a link) and on demand. A broken file is refused, and the policy of before stays in force.
 */
export class PolicyWatch {
  enclave: EnclaveFile;
  /** The file as it is now was refused: what is in force is not what it says. */
  isRefused = false;
  /** What the file held when it was judged last, and at the last look. */
  private judged: Buffer;
  private seen: Buffer;
  private missing = 0;
  private readonly changed: (enclave: EnclaveFile, difference: string) => void;
  private readonly timer: NodeJS.Timeout;

  /** `changed` is told of each policy that takes over. */
  constructor(
    enclave: EnclaveFile,
    changed: (enclave: EnclaveFile, difference: string) => void,
    lookMs = LOOK_MS,
  ) {
    this.enclave = enclave;
    this.changed = changed;
    this.judged = enclave.octets;
    this.seen = enclave.octets;
    this.timer = setInterval(() => this.look(), lookMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads the file anew, as the operator asks for. */
  reload(): void {
    const octets = this.read();
    if (typeof octets !== "string") this.judge(octets);
    else say(`cannot read the enclave file ${this.enclave.path}: ${octets}; ${KEPT}`);
  }

  /** Judges what was the same twice: an editor may have written a part of it only. */
  private look(): void {
    const octets = this.read();
    if (typeof octets === "string") {
      if (++this.missing === GONE_AFTER) {
        say(`cannot read the enclave file ${this.enclave.path}: ${octets}; ${KEPT}`);
      }
      return;
    }
    this.missing = 0;
    const isSettled = octets.equals(this.seen);
    this.seen = octets;
    if (isSettled && !octets.equals(this.judged)) this.judge(octets);
  }

  private judge(octets: Buffer): void {
    this.judged = octets; // a broken file is told once, not at every look
    const next = enclaveOf(this.enclave.path, octets);
    this.isRefused = next === null;
    if (next === null) {
      say(`the enclave file was refused: ${KEPT}`);
      return;
    }
    const isSame =
      next.sha256 === this.enclave.sha256 && next.catalogueSha256 === this.enclave.catalogueSha256;
    if (isSame) return;
    const difference = differenceOf(this.enclave, next);
    for (const warning of next.warnings)
      if (!this.enclave.warnings.includes(warning)) say(`warning: ${warning}`);
    this.enclave = next;
    this.changed(next, difference);
  }

  /** The file, or why it cannot be read. */
  private read(): Buffer | string {
    try {
      // A pipe (`-e <(...)`) would keep this thread waiting for somebody who writes to it.
      if (!statSync(this.enclave.path).isFile()) return "it is no plain file, and cannot be read again";
      return readBounded(this.enclave.path, MAX_ENCLAVE_MIB);
    } catch (error) {
      return systemMessage(error);
    }
  }
}

const KEPT = "the policy of before stays in force";

/** What a reload does, in words: rules that came (+), went (-) and changed (~), and settings of the enclave. */
function differenceOf(
  { policy: before, catalogueSha256 }: EnclaveFile,
  { policy: now, catalogueSha256: catalogueNow }: EnclaveFile,
): string {
  const old = new Map(before.rules.map((rule) => [rule.id, rule]));
  const ids = new Set(now.rules.map((rule) => rule.id));
  const parts = now.rules.flatMap((rule) => {
    const known = old.get(rule.id);
    if (known === undefined) return [`+${rule.id}`];
    return isDeepStrictEqual(known, rule) ? [] : [`~${rule.id}`];
  });
  for (const id of old.keys()) if (!ids.has(id)) parts.push(`-${id}`);
  for (const key of Object.keys(now) as (keyof EnclavePolicy)[]) {
    if (key !== "rules" && !isDeepStrictEqual(before[key], now[key]))
      parts.push(`enclave.${SETTINGS[key] ?? key}`);
  }
  if (catalogueSha256 !== catalogueNow) parts.push("the site's own catalogue");
  return parts.length === 0 ? "comments only" : parts.join(", ");
}

/** Names of settings in the file where they differ from the policy's fields. */
const SETTINGS: Readonly<Partial<Record<keyof EnclavePolicy, string>>> = {
  crownJewelsBytes: "crown_jewels_bytes",
  dnsGraceSec: "dns_grace",
};
