import { execFileSync } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { isJournal, LogLines } from "../../src/commands/log-lines.ts";
import { ownFolder } from "./run-gapwatch.ts";

const folder = ownFolder();

describe("isJournal", () => {
  it("believes the environment only about the very stream", () => {
    const fd = openSync(join(folder.path, "stream"), "w");
    const { dev, ino } = fstatSync(fd);
    expect(isJournal(fd, `${dev}:${ino}`)).toBe(true);
    expect(isJournal(fd, `${dev}:${ino + 1}`)).toBe(false);
    expect(isJournal(fd, "")).toBe(false);
    expect(isJournal(fd, "nonsense")).toBe(false);
    closeSync(fd);
    expect(isJournal(fd, `${dev}:${ino}`)).toBe(false);
  });
});

describe("LogLines", () => {
  const path = join(folder.path, "lines");

  function written(env: (stream: string) => string | undefined): string {
    const fd = openSync(path, "w");
    const { dev, ino } = fstatSync(fd);
    const before = process.env["JOURNAL_STREAM"];
    try {
      const value = env(`${dev}:${ino}`);
      if (value === undefined) delete process.env["JOURNAL_STREAM"];
      else process.env["JOURNAL_STREAM"] = value;
      const lines = new LogLines(fd, (message) => expect.fail(message));
      lines.write("a finding", 2);
      lines.writeText("a report\nof two lines\n");
    } finally {
      if (before === undefined) delete process.env["JOURNAL_STREAM"];
      else process.env["JOURNAL_STREAM"] = before;
      closeSync(fd);
    }
    return readFileSync(path, "utf8");
  }

  it("tells the journal how much a line matters", () => {
    expect(written((stream) => stream)).toBe("<2>a finding\na report\nof two lines\n");
  });

  it("tells nobody else", () => {
    expect(written(() => undefined)).toBe("a finding\na report\nof two lines\n");
    expect(written(() => "1:1")).toBe("a finding\na report\nof two lines\n");
  });

  it("goes on when the disk is full, says so once, and how much was never written", async () => {
    const said: string[] = [];
    const fd = openSync("/dev/full", "w");
    const lines = new LogLines(fd, (message) => said.push(message));
    for (let i = 0; i < 3; i++) lines.write("a finding", 2);
    await lines.end();
    closeSync(fd);
    expect(said).toEqual([
      "lines cannot be written: no space left on device (ENOSPC)",
      "3 lines were never written",
    ]);
  });

  it("waits for a reader who is slow, without holding anything up", async () => {
    // A pipe that does not block, as libuv makes those of standard output.
    const fifo = join(folder.path, "pipe");
    execFileSync("mkfifo", [fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    const lines = new LogLines(fd, (message) => expect.fail(message));
    const line = "x".repeat(999);
    for (let i = 0; i < 300; i++) lines.write(line, 2); // more than a pipe holds
    const ended = lines.end();
    let octets = 0;
    const room = Buffer.alloc(1 << 16);
    for (let isOver = false; !isOver || octets % 1000 !== 0; ) {
      await Promise.race([ended.then(() => (isOver = true)), pause(5)]);
      try {
        octets += readSync(reader, room);
      } catch {
        // nothing there yet
      }
    }
    closeSync(fd);
    closeSync(reader);
    expect(octets).toBe(300 * 1000);
  });
});
