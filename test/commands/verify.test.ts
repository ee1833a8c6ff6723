import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { addKeygenCommand } from "../../src/commands/keygen.ts";
import { addVerifyCommand } from "../../src/commands/verify.ts";
import { AuditLog } from "../../src/records/audit-log.ts";
import { loadSigningKey } from "../../src/records/signing-key.ts";
import { ownFolder } from "../records/own-folder.ts";
import { commandRunner } from "./run-command.ts";

const root = ownFolder();
const run = commandRunner(addKeygenCommand, addVerifyCommand);
let state = "";

beforeEach(() => {
  state = root.fresh();
});

function write(records: number): AuditLog {
  const key = loadSigningKey(join(state, "keys"));
  const log = new AuditLog(join(state, "audit"), { key, alarm: () => {} });
  for (let i = 0; i < records; i++) log.append("start", { i });
  log.close();
  return log;
}

async function keygen(): Promise<string> {
  expect(await run("keygen", "--state", state)).toMatchObject({ code: 0, err: "" });
  return join(state, "keys", "audit.pub");
}

describe("keygen", () => {
  it("writes a pair, the private half for its owner only, and prints the public key", async () => {
    const { code, out, err } = await run("keygen", "--state", state);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^public key {3}[A-Za-z0-9+/]{59}=\nfingerprint {2}[0-9a-f]{64}\nfiles {8}/);
    expect(statSync(join(state, "keys", "audit.key")).mode & 0o777).toBe(0o600);
    expect(statSync(join(state, "keys")).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(state, "keys", "audit.pub"), "utf8")).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  it("does not overwrite", async () => {
    await keygen();
    const before = readFileSync(join(state, "keys", "audit.key"), "utf8");
    const { code, out, err } = await run("keygen", "--state", state);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^gapwatch: .*audit\.key is there already: it is not overwritten\n$/);
    expect(readFileSync(join(state, "keys", "audit.key"), "utf8")).toBe(before);
  });

  it("says why it cannot write", async () => {
    writeFileSync(join(state, "keys"), "a file");
    expect(await run("keygen", "--state", state)).toMatchObject({ code: 2, out: "" });
  });
});

describe("verify", () => {
  it("takes the state directory, the log's directory, or a file", async () => {
    const { head } = write(3);
    const audit = join(state, "audit");
    const text =
      "consistent, signer unverified\n  records    3 in 1 file\n" +
      `  head       3:${head.hash}\n  signed     0 heads, not checked: give the public key with --key\n`;
    for (const path of [state, audit, join(audit, "audit-000001.ndjson")]) {
      expect(await run("verify", path)).toEqual({ code: 0, out: text, err: "" });
    }
  });

  it("checks the signer, by file or by what keygen printed", async () => {
    const pub = await keygen();
    write(3);
    const printed = readFileSync(pub, "utf8").split("\n")[1];
    for (const key of [pub, printed]) {
      const { code, out } = await run("verify", state, "--key", key);
      expect(code).toBe(0);
      expect(out).toMatch(/^consistent, signature verified\n/);
      expect(out).toMatch(/\n {2}signed {5}1 heads by [0-9a-f]{64}\n/);
    }
  });

  it("names the first broken record", async () => {
    write(3);
    const path = join(state, "audit", "audit-000001.ndjson");
    writeFileSync(path, readFileSync(path, "utf8").replace('"i":1', '"i":7'));
    expect(await run("verify", state)).toEqual({
      code: 1,
      out:
        "BROKEN\n  audit-000001.ndjson:2: record 2: does not match its own checksum\n" +
        "  records 1 to 1 before it are consistent\n",
      err: "",
    });
  });

  it("compares with a head that syslog kept", async () => {
    const { seq, hash } = write(3).head;
    expect((await run("verify", state, "--head", `${seq}:${hash}`)).code).toBe(0);
    expect((await run("verify", state, "--head", `${seq + 1}:${hash}`)).out).toMatch(/its tail was cut/);
    expect(await run("verify", state, "--head", `${seq - 1}:${hash}`)).toMatchObject({ code: 1 });
  });

  it("says that a last line is unfinished", async () => {
    write(3);
    const path = join(state, "audit", "audit-000001.ndjson");
    writeFileSync(path, readFileSync(path).subarray(0, -9));
    const { code, out } = await run("verify", state);
    expect(code).toBe(0);
    expect(out).toMatch(/note {7}the last line is unfinished \(\d+ octets\)/);
  });

  const cannot: readonly (readonly [string, () => string[], RegExp])[] = [
    ["a path that is not there", () => [join(state, "nowhere")], /nowhere: no such file or directory/],
    ["a directory without a log", () => [state], /holds no audit log/],
    ["a key that is none", () => [state, "--key", "AAAA"], /AAAA is no Ed25519 key/],
    ["a head that is none", () => [state, "--head", "17"], /--head is "17"; expected a number and a hash/],
  ];
  for (const [what, args, says] of cannot) {
    it(`cannot run with ${what}`, async () => {
      const { code, out, err } = await run("verify", ...args());
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(says);
    });
  }

  it.each(["", "hello"])("finds nothing consistent in a log of %j", async (octets) => {
    write(3);
    writeFileSync(join(state, "audit", "audit-000001.ndjson"), octets);
    expect(await run("verify", state)).toMatchObject({
      code: 2,
      err: expect.stringContaining("holds no record"),
    });
  });

  it("escapes what a forged log says", async () => {
    mkdirSync(join(state, "audit"));
    const name = join(state, "audit", "audit-000001.ndjson");
    writeFileSync(name, '{"seq":1,"type":"\u001b[2J"}\n');
    expect((await run("verify", state)).out).not.toMatch(/\u001b/);
    expect(readdirSync(join(state, "audit"))).toHaveLength(1);
  });
});
