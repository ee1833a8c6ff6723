// Run as a process of its own, in a mount namespace of its own, on a small file system.
import { appendFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { verifyAuditLog } from "../../src/records/audit-verify.ts";
import { State } from "../../src/records/state.ts";
import { resolveStatePaths } from "../../src/records/state-paths.ts";
import { sampleFinding } from "./sample-findings.ts";

const disk = process.argv[2];
const paths = resolveStatePaths(join(disk, "state"));
const alarms: string[] = [];
const open = () => State.open(paths, (part, message) => alarms.push(`${part} ${message ?? "works again"}`));

function fill(): void {
  for (const size of [65_536, 512, 1]) {
    try {
      for (;;) appendFileSync(join(disk, "ballast"), Buffer.alloc(size));
    } catch {
      // Full, but for smaller pieces.
    }
  }
}

const flushed: boolean[] = [];
const state = await open();
for (let n = 0; n < 60; n++) {
  if (n === 20) fill();
  if (n === 40) rmSync(join(disk, "ballast"));
  state.findings([{ what: "new", finding: sampleFinding(`host-${n}.example.org`), into: null }]);
  flushed.push(state.flush());
}
state.close();
const again = await open();
const kept = again.loadFindings().length;
again.close();
const { broken, records } = verifyAuditLog(paths.directory, null, null);
writeSync(1, JSON.stringify({ alarms, flushed, kept, broken, records }));
