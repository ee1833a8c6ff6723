// tcpdump, with the times of its frames ahead by what a file says, in seconds. Usage: that of tcpdump.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { stepSec } from "./stepped-clock.mjs";

const HEADER_LEN = 24;
const RECORD_LEN = 16;
const CAPLEN = 8;

const child = spawn("/usr/bin/tcpdump", process.argv.slice(2), { stdio: ["ignore", "pipe", "inherit"] });
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGUSR1"])) {
  process.on(signal, () => child.kill(signal));
}
child.once("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal ?? "SIGTERM"];
});

let isHeader = true;
let held = Buffer.alloc(0);
for await (const chunk of child.stdout) {
  held = Buffer.concat([held, chunk]);
  for (let len = nextLen(); len > 0 && held.length >= len; len = nextLen()) {
    if (!isHeader) held.writeUInt32LE(held.readUInt32LE(0) + stepSec(), 0);
    process.stdout.write(held.subarray(0, len));
    held = held.subarray(len);
    isHeader = false;
  }
}

/** Octets of what comes next, as far as its length is known. */
function nextLen() {
  if (isHeader) return HEADER_LEN;
  return held.length < RECORD_LEN ? 0 : RECORD_LEN + held.readUInt32LE(CAPLEN);
}
