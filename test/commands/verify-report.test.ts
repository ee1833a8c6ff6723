import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { addVerifyCommand } from "../../src/commands/verify.ts";
import { hashFiles, sumsText } from "../../src/records/report-files.ts";
import { loadSigningKey } from "../../src/records/signing-key.ts";
import { reportShape } from "../../src/report/validation-shape.ts";
import { inRepository } from "../captured-frames.ts";
import { commandRunner } from "./run-command.ts";
import { ENCLAVE, gapwatch, ownFolder, QUICKSTART } from "./run-gapwatch.ts";

const folder = ownFolder();
const run = commandRunner(addVerifyCommand);
const SOUND = join(folder.path, "sound");
const STATE = join(folder.path, "state");
const PUB = join(STATE, "keys/audit.pub");

beforeAll(() => {
  gapwatch(["keygen", "--state", STATE]);
  gapwatch(["keygen", "--state", join(folder.path, "others")]);
  // Without the capture at hand every check is quick: the path that was judged leads nowhere later.
  const capture = folder.file("day.pcapng", readFileSync(QUICKSTART));
  expect(gapwatch(["validate", capture, "-e", ENCLAVE, "--report", SOUND, "--state", STATE]).code).toBe(1);
});

function copied(): string {
  const path = join(folder.path, "copy", "report");
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  cpSync(SOUND, path, { recursive: true });
  return path;
}

/** Signs anew what lies there, as who owns the key can, and as anybody can with another key. */
function signAnew(path: string, state: string): void {
  const key = loadSigningKey(join(state, "keys"));
  if (key === null) throw new Error("no key");
  writeFileSync(join(path, "signer.pub"), key.publicPem);
  const sums = Buffer.from(sumsText(hashFiles(path)));
  writeFileSync(join(path, "SHA256SUMS"), sums);
  writeFileSync(join(path, "SHA256SUMS.sig"), key.signFile(sums));
}

function allFiles(path: string): string[] {
  return (
    readdirSync(path, { recursive: true, withFileTypes: true }) as {
      isFile(): boolean;
      parentPath: string;
      name: string;
    }[]
  )
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What captures do not say: by which name they were read, what made the report, and an earlier one. */
const MAY_DIFFER = /^inputs\.\d+\.path|^validation\.(tool|boundary\.sensor|comparison)/;

/** Paths of all texts, numbers and truths in a value. */
function* leaves(value: unknown, path: readonly string[]): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null) yield path;
  else for (const [key, each] of Object.entries(value)) yield* leaves(each, [...path, key]);
}

/** Makes one leaf another of its type, such as its shape allows. */
function change(value: Record<string, unknown>, [key, ...rest]: readonly string[]): void {
  const old = value[key];
  if (rest.length > 0) change(old as Record<string, unknown>, rest);
  else value[key] = another(old);
}

function another(old: unknown): unknown {
  if (typeof old === "number") return old + 1;
  if (typeof old === "boolean") return !old;
  const text = String(old);
  const changed = text.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
  return changed === text ? `${text} x` : changed;
}

describe("verify of a report", () => {
  it("finds a sound report consistent, and says whose signature it did not check", async () => {
    const without = await run("verify", SOUND);
    expect(without.code).toBe(0);
    expect(without.out).toMatch(/^consistent, signer unverified\n {2}result {5}FAIL: reachback\n/);
    expect(without.out).toContain("judged again: reachback, the same findings");
    const withKey = await run("verify", SOUND, "--key", PUB);
    expect(withKey).toMatchObject({ code: 0, err: "" });
    expect(withKey.out).toMatch(/^consistent, signature verified\n/);
  });

  it("needs neither the captures, nor the state directory, nor an environment", () => {
    const moved = join(folder.path, "elsewhere", "report");
    mkdirSync(moved, { recursive: true });
    cpSync(SOUND, moved, { recursive: true });
    const path = join(moved, "report.json");
    expect(readFileSync(path, "utf8")).toContain(folder.path);
    rmSync(join(folder.path, "day.pcapng"));
    const { code, out } = gapwatch(["verify", moved]);
    expect(code).toBe(0);
    expect(out).toContain("the verdict was not derived again");
    folder.file("day.pcapng", readFileSync(QUICKSTART));
  });

  it("catches a changed byte in any file, at its ends, in its middle, and anywhere (random)", async () => {
    const path = copied();
    const files = allFiles(path);
    expect(files.length).toBeGreaterThan(30);
    const isCaught = async (file: string, at: number, by: number): Promise<void> => {
      const octets = readFileSync(file);
      const changed = Buffer.from(octets);
      changed[at] ^= by;
      writeFileSync(file, changed);
      expect(await run("verify", path), `${file} ${at} ${by}`).toMatchObject({ code: 1, err: "" });
      writeFileSync(file, octets);
    };
    for (const file of files) {
      const { size } = statSync(file);
      for (const at of new Set([0, size >> 1, size - 1])) await isCaught(file, at, 0x01);
    }
    const change = fc.record({
      file: fc.constantFrom(...files),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      by: fc.integer({ min: 1, max: 255 }),
    });
    const property = fc.asyncProperty(change, async ({ file, at, by }) => {
      await isCaught(file, Math.floor(at * statSync(file).size), by);
    });
    await fc.assert(property, { numRuns: 100, endOnFailure: true });
    expect(await run("verify", path)).toMatchObject({ code: 0 });
  });

  it("catches an added, a missing, and a linked file, and a cut list", async () => {
    for (const harm of [
      (path: string) => writeFileSync(join(path, "evidence/0123456789ab.pcapng"), ""),
      (path: string) => writeFileSync(join(path, "note.txt"), "trust me"),
      (path: string) => mkdirSync(join(path, "more")),
      (path: string) => symlinkSync("/etc/hostname", join(path, "link")),
      (path: string) => writeFileSync(join(path, "SHA256SUMS"), ""),
    ]) {
      const path = copied();
      harm(path);
      expect(await run("verify", path), String(harm)).toMatchObject({ code: 1 });
    }
    const path = copied();
    for (const file of allFiles(path)) {
      const octets = readFileSync(file);
      rmSync(file);
      expect(await run("verify", path), file).toMatchObject({ code: 1 });
      writeFileSync(file, octets);
    }
  });

  it("takes a report that somebody else signed for consistent only as long as nobody asks who", async () => {
    const path = copied();
    signAnew(path, join(folder.path, "others"));
    expect((await run("verify", path)).out).toMatch(/^consistent, signer unverified/);
    const { code, out } = await run("verify", path, "--key", PUB);
    expect([code, out]).toEqual([1, expect.stringContaining("signed with another key")]);
  });

  it("catches a signer who lets the forms of a report differ, or the verdict not follow", async () => {
    for (const [file, from, to] of [
      ["report.html", "FAIL", "PASS"],
      ["report.junit.xml", 'failures="', 'failures="0'],
      ["oscal-assessment-results.json", "not-satisfied", "satisfied"],
      ["enclave.yaml", "never", "2031-01-01"],
      ["report.json", '"result": "FAIL"', '"result": "PASS"'],
      ["report.json", '"verdict": "reachback"', '"verdict": "clean"'],
      ["report.json", '"attempts": 2', '"attempts": 3'],
    ]) {
      const path = copied();
      const text = readFileSync(join(path, file), "utf8");
      expect(text).toContain(from);
      writeFileSync(join(path, file), text.replace(from, to));
      signAnew(path, STATE);
      expect(await run("verify", path, "--key", PUB), file).toMatchObject({ code: 1 });
    }
  });

  it("catches a signer who changes any part of the report, also in all its forms alike", async () => {
    const { reportFiles } = await import("../../src/report/report-forms.ts");
    const sound = JSON.parse(readFileSync(join(SOUND, "report.json"), "utf8"));
    const paths = [...leaves(sound, [])].filter((path) => !MAY_DIFFER.test(path.join(".")));
    const kinds = new Map(paths.map((path) => [path.join(".").replace(/\.\d+/g, ".N"), path]));
    let changes = 0;
    for (const [n, [kind, path]] of [...kinds].entries()) {
      if (n % 4 !== 1) continue; // each judges the capture again; all of them were tried
      const changed = structuredClone(sound);
      change(changed, path);
      if (!reportShape.safeParse(changed).success) continue; // which verify sees at once
      changes++;
      const copy = copied();
      for (const [name, text] of reportFiles(changed)) writeFileSync(join(copy, name), text);
      signAnew(copy, STATE);
      expect(await run("verify", copy, "--key", PUB), kind).toMatchObject({ code: 1 });
    }
    expect(changes).toBeGreaterThan(20);
  }, 60_000);

  it("reads nothing that never ends, whatever a report names", async () => {
    const path = copied();
    const report = readFileSync(join(path, "report.json"), "utf8");
    const named = report
      .replace(/"path": "[^"]*"/, '"path": "/dev/zero"')
      .replace(/"sensor": \[[^\]]*\]/, '"sensor": ["/dev/zero"]');
    writeFileSync(join(path, "report.json"), named);
    const { reportFiles } = await import("../../src/report/report-forms.ts");
    for (const [name, text] of reportFiles(JSON.parse(named))) writeFileSync(join(path, name), text);
    signAnew(path, STATE);
    expect(await run("verify", path)).toMatchObject({
      code: 0,
      out: expect.stringContaining("/dev/zero is not at hand"),
    });
  });

  it("refuses to take an unsigned report for a signed one", async () => {
    const path = copied();
    rmSync(join(path, "SHA256SUMS.sig"));
    rmSync(join(path, "signer.pub"));
    writeFileSync(join(path, "SHA256SUMS"), sumsText(hashFiles(path)));
    expect((await run("verify", path)).out).toMatch(/^consistent, not signed/);
    const { code, out } = await run("verify", path, "--key", PUB);
    expect([code, out]).toEqual([1, expect.stringContaining("it is not signed")]);
  });

  it("notices when the capture at hand is another, or leads to something else", async () => {
    const day = join(folder.path, "day.pcapng");
    writeFileSync(day, readFileSync(inRepository("captures/clean.pcapng")));
    const { code, out } = await run("verify", SOUND);
    expect([code, out]).toEqual([1, expect.stringContaining("is not the capture that was judged")]);
    writeFileSync(day, readFileSync(QUICKSTART));
    expect((await run("verify", SOUND)).code).toBe(0);
  });
});
