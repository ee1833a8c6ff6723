import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
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
  function written(env: (stream: string) => string | undefined): string {
    const path = join(folder.path, "lines");
    const fd = openSync(path, "w");
    const { dev, ino } = fstatSync(fd);
    const before = process.env["JOURNAL_STREAM"];
    const texts: string[] = [];
    try {
      const value = env(`${dev}:${ino}`);
      if (value === undefined) delete process.env["JOURNAL_STREAM"];
      else process.env["JOURNAL_STREAM"] = value;
      const lines = new LogLines({ fd, write: (text) => texts.push(text) });
      lines.write("a finding", 2);
      lines.writeText("a report\nof two lines\n");
    } finally {
      if (before === undefined) delete process.env["JOURNAL_STREAM"];
      else process.env["JOURNAL_STREAM"] = before;
      closeSync(fd);
    }
    return texts.join("");
  }

  it("tells the journal how much a line matters", () => {
    expect(written((stream) => stream)).toBe("<2>a finding\na report\nof two lines\n");
  });

  it("tells nobody else", () => {
    expect(written(() => undefined)).toBe("a finding\na report\nof two lines\n");
    expect(written(() => "1:1")).toBe("a finding\na report\nof two lines\n");
  });
});
