import { readFileSync } from "node:fs";
import { type EnclaveFile, readEnclave } from "./enclave-option.ts";
import { say } from "./say.ts";

/** How often the enclave file is looked at for a change, however it was made. */
const LOOK_MS = 2000;

/**
 * Keeps the policy in force up with its file: when it changes on disk (an editor, or a ConfigMap that
 * replaces a link) and on demand. A broken file is refused, and the policy of before stays in force.
 */
export class PolicyWatch {
  enclave: EnclaveFile;
  private seenText: string | null;
  private readonly changed: (enclave: EnclaveFile, text: string, difference: string) => void;
  private readonly timer: NodeJS.Timeout;

  /** `changed` is told of each policy that takes over. */
  constructor(
    enclave: EnclaveFile,
    changed: (enclave: EnclaveFile, text: string, difference: string) => void,
  ) {
    this.enclave = enclave;
    this.changed = changed;
    this.seenText = readQuietly(enclave.path);
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** The text of the policy in force. */
  get text(): string {
    return this.seenText ?? "";
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads the file anew. */
  reload(): void {
    const text = readQuietly(this.enclave.path);
    const next = readEnclave(this.enclave.path);
    if (next === null || text === null) {
      say("the enclave file was refused: the policy of before stays in force");
      return;
    }
    this.seenText = text;
    const isSame =
      next.sha256 === this.enclave.sha256 && next.catalogueSha256 === this.enclave.catalogueSha256;
    if (isSame) return;
    const difference = differenceOf(this.enclave, next);
    this.enclave = next;
    this.changed(next, text, difference);
  }

  private look(): void {
    const text = readQuietly(this.enclave.path);
    if (text === null || text === this.seenText) return;
    this.seenText = text; // a broken file is told once, not every two seconds
    this.reload();
  }
}

/** Null while the file is being replaced, or gone. */
function readQuietly(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** What a reload does to the rules, in words. */
function differenceOf(before: EnclaveFile, now: EnclaveFile): string {
  const old = before.policy.rules.map((rule) => rule.id);
  const ids = now.policy.rules.map((rule) => rule.id);
  const added = ids.filter((id) => !old.includes(id)).map((id) => `+${id}`);
  const removed = old.filter((id) => !ids.includes(id)).map((id) => `-${id}`);
  const parts = [...added, ...removed];
  return parts.length === 0 ? "the same rules, other contents" : parts.join(", ");
}
