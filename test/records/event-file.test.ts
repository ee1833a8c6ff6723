import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EventFile, EventFileError } from "../../src/records/event-file.ts";

const folder = mkdtempSync(join(tmpdir(), "gapwatch-events-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FULL_DISK = "/dev/full";

describe("EventFile", () => {
  it("writes every line in order, short, long, and longer than its buffer", () => {
    const path = join(folder, "lines");
    const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${"é".repeat((i * 37) % 900)}\n`);
    lines.splice(1500, 0, `${"\u{1f980}".repeat(200_000)}\n`);
    const file = new EventFile(path, []);
    for (const line of lines) file.write(line);
    file.close();
    expect(readFileSync(path, "utf8")).toBe(lines.join(""));
  });

  it("begins anew", () => {
    const path = join(folder, "anew");
    writeFileSync(path, "of an earlier run\n");
    new EventFile(path, []).close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("does not overwrite what the run reads, by whatever name", () => {
    const path = join(folder, "capture.pcap");
    writeFileSync(path, "packets");
    linkSync(path, join(folder, "link.pcap"));
    expect(() => new EventFile(join(folder, "link.pcap"), ["-", path])).toThrow(/is read by this run/);
    expect(readFileSync(path, "utf8")).toBe("packets");
  });

  it("says why a file cannot be opened", () => {
    const missing = join(folder, "nowhere", "eve.json");
    expect(() => new EventFile(missing, [])).toThrow(
      new EventFileError(`cannot write events to ${missing}: no such file or directory (ENOENT)`),
    );
    expect(() => new EventFile(folder, [])).toThrow(/EISDIR/);
    const circle = join(folder, "circle");
    symlinkSync("circle", circle);
    expect(() => new EventFile(circle, ["-", circle])).toThrow(/^cannot write events to .*\(ELOOP\)$/);
  });

  it.skipIf(!existsSync(FULL_DISK))("says that the disk is full, at the latest when it is closed", () => {
    const file = new EventFile(FULL_DISK, []);
    file.write("a line\n");
    expect(() => file.close()).toThrow(/no space left on device/);
    const busy = new EventFile(FULL_DISK, []);
    expect(() => {
      for (let i = 0; i < 10_000; i++) busy.write(`${"x".repeat(100)}\n`);
    }).toThrow(EventFileError);
  });
});
