import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { AuditLog, type AuditLogOptions } from "../../src/records/audit-log.ts";
import { GENESIS, readAuditLine, sha256 } from "../../src/records/audit-record.ts";
import { type AuditCheck, breakText, verifyAuditLog } from "../../src/records/audit-verify.ts";
import { createKeyPair, loadCheckingKey, loadSigningKey } from "../../src/records/signing-key.ts";
import { ownFolder } from "./own-folder.ts";

const root = ownFolder();
let folder = "";
let alarms: (string | null)[] = [];

beforeEach(() => {
  folder = root.fresh();
  alarms = [];
});

function open(options: Partial<AuditLogOptions> = {}): AuditLog {
  return new AuditLog(folder, { key: null, alarm: (_, message) => alarms.push(message), ...options });
}

/** A log of `count` records, in files of about three. */
function written(count: number, options: Partial<AuditLogOptions> = {}): void {
  const log = open({ maxFileBytes: 700, ...options });
  for (let i = 1; i <= count; i++) {
    log.append("finding.new", { n: i, name: `host-${i}.example.org`, odd: 'é "\\ \u2028' });
    expect(log.flush()).toBe(true);
  }
  log.close();
}

function files(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(folder, name));
}

function lines(): string[] {
  return files().flatMap((path) => readFileSync(path, "utf8").split(/(?<=\n)/));
}

function check(): AuditCheck {
  return verifyAuditLog(folder, null, null);
}

function broken(): string {
  const found = check().broken;
  return found === null ? "" : breakText(found);
}

describe("the chain", () => {
  it("numbers its records and refers each to the octets of the line before it", () => {
    written(9);
    let prev = GENESIS;
    for (const [i, line] of lines().entries()) {
      expect(readAuditLine(Buffer.from(line))).toMatchObject({ seq: i + 1, prev, n: i + 1 });
      prev = sha256(line);
    }
    expect(files().length).toBeGreaterThan(2);
    expect(check()).toMatchObject({
      records: 9,
      firstSeq: 1,
      lastSeq: 9,
      hash: prev,
      tornLen: 0,
      broken: null,
    });
  });

  it("goes on where it was, in the file where it was", () => {
    written(2, { maxFileBytes: 1e6 });
    written(2, { maxFileBytes: 1e6 });
    expect(files()).toHaveLength(1);
    expect(check()).toMatchObject({ records: 4, broken: null });
  });

  it("is checked one file at a time, too", () => {
    written(9);
    const [, second] = files();
    expect(verifyAuditLog(second, null, null)).toMatchObject({ files: 1, broken: null });
    expect(verifyAuditLog(second, null, null).firstSeq).toBeGreaterThan(1);
  });

  it("says nothing of an empty log but that it is empty", () => {
    open().close();
    expect(() => check()).toThrow(/holds no audit log/);
  });
});

describe("what was changed is named", () => {
  it("any octet of any record, whatever it becomes", () => {
    written(9);
    const paths = files();
    const whole = paths.map((path) => readFileSync(path));
    const place = fc.nat({ max: whole.length - 1 }).chain((file) =>
      fc.record({
        file: fc.constant(file),
        at: fc.nat({ max: whole[file].length - 1 }),
        flip: fc.integer({ min: 1, max: 255 }),
      }),
    );
    fc.assert(
      fc.property(place, ({ file, at, flip }) => {
        const octets = Buffer.from(whole[file]);
        octets[at] ^= flip;
        writeFileSync(paths[file], octets);
        const found = check().broken;
        writeFileSync(paths[file], whole[file]);
        const line = whole[file].subarray(0, at).filter((octet) => octet === 0x0a).length + 1;
        expect(found).toMatchObject({ path: paths[file], line });
      }),
      { numRuns: 200 },
    );
  });

  it("the line feed of the last record, which is not torn", () => {
    written(2, { maxFileBytes: 1e6 });
    const [path] = files();
    const octets = readFileSync(path);
    octets[octets.length - 1] = 0x0b;
    writeFileSync(path, octets);
    expect(broken()).toBe("audit-000001.ndjson:2: record 2: does not end with a line feed");
  });

  it("a record rewritten with a checksum of its own", () => {
    written(3, { maxFileBytes: 1e6 });
    const [first, second, third] = lines();
    const text = second.slice(0, second.lastIndexOf(',"sum"')).replace("host-2", "host-9");
    writeFileSync(files()[0], `${first}${text},"sum":"${sha256(text)}"}\n${third}`);
    expect(broken()).toMatch(/^audit-000001\.ndjson:3: record 3: does not refer to record 2 as it stands/);
  });

  const rewritten: readonly (readonly [string, (all: string[]) => string[], RegExp])[] = [
    [
      "a record removed",
      ([a, , ...rest]) => [a, ...rest],
      /:2: record 3: follows record 1: records are missing/,
    ],
    ["two exchanged", ([a, b, c, d]) => [a, c, b, d], /:2: record 3: follows record 1/],
    ["one twice", ([a, b, c, d]) => [a, b, b, c, d], /:3: record 2: follows record 2/],
    [
      "the first removed, the next renumbered",
      ([, b]) => [renumbered(b)],
      /:1: record 1: is the first, but refers/,
    ],
    ["a line of something else", ([a, b]) => [a, "{}\n", b], /:2: record 2: does not end with its checksum/],
    ["an endless line", ([a, b]) => [a, "x".repeat(2 ** 21), b], /:2: record 2: is longer than/],
  ];
  for (const [what, change, says] of rewritten) {
    it(what, () => {
      written(4, { maxFileBytes: 1e6 });
      writeFileSync(files()[0], change(lines()).join(""));
      expect(broken()).toMatch(says);
    });
  }

  it("a file that is missing in between", () => {
    written(9);
    rmSync(files()[1]);
    expect(broken()).toMatch(/^audit-000003\.ndjson:1: record \d: follows record \d: records are missing/);
  });

  it("a torn line where the log went on in another file", () => {
    written(9);
    const [first] = files();
    writeFileSync(first, readFileSync(first).subarray(0, -5));
    expect(broken()).toMatch(/^audit-000001\.ndjson:\d: record \d: does not end with a line feed/);
  });
});

describe("a writer that was killed", () => {
  it("leaves a whole log at every length, and its successor cuts the torn line and says so", () => {
    written(3, { maxFileBytes: 1e6 });
    const [path] = files();
    const whole = readFileSync(path);
    const ends = [...whole.entries()].flatMap(([i, octet]) => (octet === 0x0a ? [i + 1] : []));
    for (let length = 1; length < whole.length; length += 7) {
      const kept = ends.filter((end) => end <= length);
      const torn = length - (kept.at(-1) ?? 0);
      writeFileSync(path, whole.subarray(0, length));
      expect(check()).toMatchObject({ records: kept.length, tornLen: torn, broken: null });
      const log = open();
      log.append("start", {});
      log.close();
      expect(check()).toMatchObject({ tornLen: 0, broken: null, records: kept.length + (torn > 0 ? 2 : 1) });
      const repair = lines()[kept.length];
      expect(repair.includes(`"type":"repair"`)).toBe(torn > 0);
      if (torn > 0)
        expect(JSON.parse(repair)).toMatchObject({ file: "audit-000001.ndjson", torn_bytes: torn });
    }
  });

  it("does not pass off a damaged last record as a torn one", () => {
    written(3, { maxFileBytes: 1e6 });
    const [path] = files();
    const octets = readFileSync(path);
    octets[octets.length - 200] ^= 1;
    writeFileSync(path, octets);
    const log = open();
    log.append("start", {});
    log.close();
    expect(alarms).toEqual([]);
    expect(JSON.parse(lines()[3])).toMatchObject({ seq: 4, type: "repair", damaged_seq: 3 });
    expect(broken()).toBe("audit-000001.ndjson:3: record 3: does not match its own checksum");
  });

  it("goes on after a file that was made but never written to", () => {
    written(2, { maxFileBytes: 1e6 });
    writeFileSync(join(folder, "audit-000002.ndjson"), "");
    written(2, { maxFileBytes: 1e6 });
    expect(check()).toMatchObject({ files: 2, records: 4, broken: null });
  });
});

describe("signed heads", () => {
  const keys = join(root.path, "keys");
  const { publicKey, publicPath } = createKeyPair(keys);
  const key = loadSigningKey(keys);
  const otherKeys = join(root.path, "other-keys");
  const other = createKeyPair(otherKeys);

  function checked(pub: string): AuditCheck {
    return verifyAuditLog(folder, loadCheckingKey(pub), null);
  }

  it("are written when a file is full, when time is up, and at the end", () => {
    written(5, { key });
    const types = files().map((path) => readFileSync(path, "utf8").match(/"type":"[a-z.]+"/g) ?? []);
    expect(types.length).toBeGreaterThan(1);
    for (const each of types) expect(each.at(-1)).toBe('"type":"head"');
    const before = check().heads;
    const log = open({ key, headIntervalMs: 0 });
    log.append("sensor", {});
    log.flush();
    expect(check().heads).toBe(before + 1);
    log.close(); // nothing new to sign
    expect(check().heads).toBe(before + 1);
  });

  it("verify with the public key, as file and as text", () => {
    written(5, { key });
    for (const pub of [publicKey, publicPath]) {
      const { broken: found, heads, verifiedHeads, verifiedSeq, lastSeq } = checked(pub);
      expect(found).toBeNull();
      expect(verifiedHeads).toBe(heads);
      expect(verifiedSeq).toBe(lastSeq);
    }
  });

  it("do not verify with another key, nor where there are none", () => {
    written(5, { key });
    expect(checked(other.publicKey).broken?.why).toMatch(
      /^the latest signed head is signed with another key/,
    );
    folder = root.fresh();
    written(2);
    expect(checked(publicKey).broken?.why).toMatch(/^there is no signed head/);
  });

  it("do not verify when somebody without the key wrote them", () => {
    const forger = loadSigningKey(otherKeys);
    if (forger === null || key === null) throw new Error("no key");
    written(2, { key: { fingerprint: key.fingerprint, sign: (head) => forger.sign(head) } });
    expect(checked(publicKey).broken).toMatchObject({
      line: 3,
      why: "has a signature that is not of the key given",
    });
  });

  it("show a cut tail", () => {
    written(9, { key });
    const all = files();
    const last = all.at(-1) ?? "";
    const rows = readFileSync(last, "utf8").split(/(?<=\n)/);
    writeFileSync(last, rows.slice(0, -1).join(""));
    expect(broken()).toMatch(
      /the log ends with record \d+, the signed head kept beside it is of record \d+: its tail/,
    );
    rmSync(last);
    expect(broken()).toMatch(/its tail was cut/);
  });

  it("show a rewritten log, also by a head that was kept elsewhere", () => {
    written(5, { key });
    const log = open({ key });
    const { seq, hash } = log.head;
    log.close();
    expect(verifyAuditLog(folder, null, { seq, hash }).broken).toBeNull();
    expect(verifyAuditLog(folder, null, { seq: seq + 1, hash }).broken?.why).toMatch(/its tail was cut/);
    const head = readFileSync(join(folder, "head"));
    folder = root.fresh();
    written(5, { key });
    expect(verifyAuditLog(folder, null, { seq, hash }).broken?.why).toBe(
      "is not what the head given says: the log was rewritten",
    );
    writeFileSync(join(folder, "head"), head);
    expect(broken()).toMatch(/is not what the signed head kept beside the log says: the log was rewritten/);
  });

  it("may be a little older beside the log than in it: the writer may be killed between the two", () => {
    written(2, { key });
    const older = readFileSync(join(folder, "head"));
    written(2, { key });
    writeFileSync(join(folder, "head"), older);
    expect(broken()).toBe("");
  });
});

it("writes by itself what can wait no longer: a report of very many findings at once loses none", () => {
  const log = open();
  for (let i = 0; i < 100; i++) log.append("finding.new", { text: "x".repeat(250_000) });
  log.close();
  expect(check()).toMatchObject({ broken: null, records: 100 });
  expect(alarms).toEqual([]);
});

describe("a disk that takes no more", () => {
  it("raises one alarm, keeps what waits, loses what is too much by number, and clears the alarm", () => {
    const log = open();
    rmSync(folder, { recursive: true });
    log.append("finding.new", { n: 1 });
    expect(log.flush()).toBe(false);
    for (let i = 0; i < 100; i++) log.append("finding.new", { text: "x".repeat(250_000) });
    expect(log.flush()).toBe(false);
    expect(alarms).toEqual([
      expect.stringMatching(/^cannot write the audit log in .*: no such file or directory/),
    ]);
    mkdirSync(folder);
    expect(log.flush()).toBe(true);
    expect(alarms).toHaveLength(2);
    expect(alarms[1]).toBeNull();
    log.close();
    expect(check()).toMatchObject({ broken: null });
    const last = JSON.parse(lines().at(-1) ?? "") as { type: string; records: number };
    expect(last.type).toBe("lost");
    expect(last.records + check().records).toBe(102);
  });

  it("goes on in another file when somebody deletes the one it writes to", () => {
    const log = open();
    log.append("start", {});
    log.flush();
    rmSync(files()[0]);
    log.append("finding.new", { n: 1 });
    expect(log.flush()).toBe(true);
    log.close();
    expect(files().map((path) => path.slice(-10))).toEqual(["002.ndjson"]);
    expect(check()).toMatchObject({ firstSeq: 2, lastSeq: 3, broken: null });
    expect(JSON.parse(lines()[1])).toMatchObject({
      type: "repair",
      file: "audit-000001.ndjson",
      removed: true,
    });
  });

  it("overwrites what a failed attempt left behind", () => {
    const log = open();
    log.append("finding.new", { n: 1 });
    log.flush();
    appendFileSync(files()[0], '{"seq":2,"half of a rec');
    log.append("x", {});
    expect(log.flush()).toBe(true);
    expect(check()).toMatchObject({ records: 2, tornLen: 0, broken: null });
  });
});

function renumbered(line: string): string {
  const text = line.slice(0, line.lastIndexOf(',"sum"')).replace('"seq":2', '"seq":1');
  return `${text},"sum":"${sha256(text)}"}\n`;
}
