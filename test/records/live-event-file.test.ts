import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EventFileError } from "../../src/records/event-file.ts";
import { LiveEventFile } from "../../src/records/live-event-file.ts";
import { ownFolder } from "./own-folder.ts";

const { path: folder } = ownFolder();
const FULL_DISK = "/dev/full";

describe("LiveEventFile", () => {
  let told: string[] = [];
  beforeEach(() => {
    told = [];
  });
  const open = (path: string) => new LiveEventFile(path, (message) => told.push(message));

  it("goes on after what an earlier run wrote", () => {
    const path = join(folder, "append");
    writeFileSync(path, "of an earlier run\n");
    const file = open(path);
    file.write("of this run\n");
    file.close();
    expect(readFileSync(path, "utf8")).toBe("of an earlier run\nof this run\n");
    expect(told).toEqual([]);
  });

  it("begins a line of its own after a run that was killed in the middle of one", () => {
    const path = join(folder, "torn");
    writeFileSync(path, '{"whole":1}\n{"tor');
    const file = open(path);
    file.write("of this run\n");
    file.close();
    expect(readFileSync(path, "utf8")).toBe('{"whole":1}\n{"tor\nof this run\n');
  });

  it("says at the start when the file cannot be had", () => {
    expect(() => open(join(folder, "nowhere", "eve.json"))).toThrow(EventFileError);
    expect(() => open(folder)).toThrow(/EISDIR/);
  });

  it("goes on in a new file when the old one was rotated away, with no line lost or torn", () => {
    const path = join(folder, "rotated");
    const file = open(path);
    file.write("first\n");
    renameSync(path, `${path}.1`);
    file.write("second\n");
    file.reopen();
    file.write("third\n");
    file.close();
    expect(readFileSync(`${path}.1`, "utf8")).toBe("first\nsecond\n");
    expect(readFileSync(path, "utf8")).toBe("third\n");
    expect(told).toEqual([]);
  });

  it("keeps trying when the new file cannot be made, and loses nothing that fits into its buffer", () => {
    const directory = join(folder, "gone");
    mkdirSync(directory);
    const path = join(directory, "eve.json");
    const file = open(path);
    rmSync(directory, { recursive: true });
    file.reopen();
    file.write("kept\n");
    expect(told).toEqual([`cannot write events to ${path}: no such file or directory (ENOENT)`]);
    mkdirSync(directory);
    file.reopen();
    file.flush();
    expect(readFileSync(path, "utf8")).toBe("kept\n");
    expect(told[1]).toBe(`events are written to ${path} again; 0 were lost so far`);
    file.close();
  });

  it.skipIf(!existsSync(FULL_DISK))("counts what a full disk costs, tells once, and does not throw", () => {
    const file = open(FULL_DISK);
    const line = `${"x".repeat(999)}\n`;
    const now = vi.spyOn(performance, "now");
    for (let i = 0; i < 3000; i++) {
      now.mockReturnValue(i * 2000);
      file.write(line);
    }
    expect(told).toEqual([`cannot write events to ${FULL_DISK}: no space left on device (ENOSPC)`]);
    expect(file.lost).toBeGreaterThan(1900);
    file.close();
    now.mockRestore();
    expect(file.lost).toBe(3000);
    expect(told.at(-1)).toBe(`3000 events were never written to ${FULL_DISK}`);
  });

  it("goes on with the rest of a line when a full pipe has room again", () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    // Reached by a name that opens the same pipe: a pipe in the file system blocks unless it is told not to.
    const file = open(path);
    Object.assign(file, { fd: writer });
    const lines = Array.from({ length: 300 }, (_, i) => `${i} ${"y".repeat(900)}\n`);
    for (const line of lines) file.write(line);
    file.flush();
    let got = "";
    const chunk = Buffer.alloc(1 << 16);
    for (let i = 0; i < 20 && got.length < lines.join("").length; i++) {
      got += chunk.toString("latin1", 0, readSync(reader, chunk));
      file.flush();
    }
    expect(got).toBe(lines.join(""));
    expect(file.lost).toBe(0);
    expect(told).toEqual([]);
    closeSync(reader);
    closeSync(writer);
  });
});
