import { randomBytes } from "node:crypto";
import { existsSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemMessage } from "../../capture/system-message.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const MIB = 2 ** 20;
const LITTLE_MB = 1024;
const TOO_LITTLE_MB = 64;
const OTHERS = 0o007;

/** Whether the state directory, or the place where it will be made, can be written to. */
export function checkState(directory: string): Check {
  const topic = "state";
  const at = nearestExisting(directory);
  if (at !== directory) return checkPlace(topic, directory, at);
  const { isDirectory, mode } = about(directory);
  if (!isDirectory) return failed(topic, `${directory} is no directory`, "name another with --state");
  const fault = tryToWrite(directory);
  if (fault !== null) {
    const remedy = "it must belong to who runs watch; the systemd unit sees to that (StateDirectory=)";
    return failed(topic, `${directory} cannot be written to: ${fault}`, remedy);
  }
  const freeMb = freeMbOf(directory);
  const text = `${directory} can be written to, ${freeMb} MiB free`;
  if (freeMb < TOO_LITTLE_MB) return failed(topic, text, "make room: findings would be lost");
  if (freeMb < LITTLE_MB) return warning(topic, text, "make room: it holds months of findings and evidence");
  if ((mode & OTHERS) !== 0) {
    return warning(topic, `${text}, and anybody may look into it`, `chmod 700 ${directory}`);
  }
  return ok(topic, text);
}

function checkPlace(topic: string, directory: string, at: string): Check {
  const fault = tryToWrite(at);
  if (fault === null) return ok(topic, `${directory} is not there, and will be made in ${at}`);
  const text = `${directory} is not there, and cannot be made in ${at}: ${fault}`;
  return failed(
    topic,
    text,
    "name another with --state, or make it; the systemd unit does (StateDirectory=)",
  );
}

function nearestExisting(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    // What may not be looked at counts as missing: what stands above it says why.
    if (existsSync(at) || at === dirname(at)) return at;
  }
}

function about(path: string): { isDirectory: boolean; mode: number } {
  const stat = statSync(path);
  return { isDirectory: stat.isDirectory(), mode: stat.mode };
}

/** Why no file can be made there; null when one was, and was taken away again. */
function tryToWrite(directory: string): string | null {
  const path = join(directory, `.doctor-${randomBytes(6).toString("hex")}`);
  try {
    writeFileSync(path, "", { flag: "wx", mode: 0o600 });
    rmSync(path);
    return null;
  } catch (error) {
    return systemMessage(error);
  }
}

function freeMbOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return Math.floor((bavail * bsize) / MIB);
}
