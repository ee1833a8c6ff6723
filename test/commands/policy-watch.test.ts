import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readEnclave } from "../../src/commands/enclave-option.ts";
import { PolicyWatch } from "../../src/commands/policy-watch.ts";
import { until as waitUntil } from "../patience.ts";
import { ENCLAVE, ownFolder } from "./run-gapwatch.ts";

const folder = ownFolder();
const SOUND = readFileSync(ENCLAVE, "utf8");
const WITH_RULE = SOUND.replace(
  "allow:\n",
  "allow:\n  - { id: more, to: [203.0.113.77], reason: r, owner: o, expires: never }\n",
);
const LOOK_MS = 5;

let path: string;
let said: string[];
let differences: string[];
let watch: PolicyWatch | null = null;
let made = 0;

beforeEach(() => {
  path = join(folder.path, `${++made}.yaml`);
  writeFileSync(path, SOUND);
  said = [];
  differences = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  watch?.stop();
  vi.restoreAllMocks();
});

function follow(): void {
  const enclave = readEnclave(path);
  if (enclave === null) throw new Error(said.join(""));
  said = [];
  watch = new PolicyWatch(enclave, (_now, difference) => differences.push(difference), LOOK_MS);
}

async function until(what: () => boolean): Promise<void> {
  await waitUntil(what, () => `${said.join("")} ${differences.join("; ")}`);
}

it("takes what an editor wrote, and says what is different", async () => {
  follow();
  writeFileSync(path, WITH_RULE);
  await until(() => differences.length > 0);
  writeFileSync(
    path,
    WITH_RULE.replace("203.0.113.77", "203.0.113.78").replace("stage: staging", "stage: production"),
  );
  await until(() => differences.length > 1);
  writeFileSync(path, `${SOUND}\n# a comment\n`);
  await until(() => differences.length > 2);
  writeFileSync(path, SOUND);
  await until(() => differences.length > 3);
  expect(differences).toEqual(["+more", "~more, enclave.stage", "-more, enclave.stage", "comments only"]);
});

it("takes a file that was replaced by another name, or by a link as a ConfigMap does it", async () => {
  const [one, two] = ["..one", "..two"].map((name) => join(folder.path, `${made}${name}`));
  mkdirSync(one);
  mkdirSync(two);
  writeFileSync(join(one, "enclave.yaml"), SOUND);
  writeFileSync(join(two, "enclave.yaml"), WITH_RULE);
  const link = join(folder.path, `${made}..data`);
  symlinkSync(one, link);
  path = join(link, "enclave.yaml");
  follow();
  symlinkSync(two, `${link}.new`);
  renameSync(`${link}.new`, link);
  await until(() => differences.length > 0);
  expect(differences).toEqual(["+more"]);
});

it("refuses a broken file once, keeps the policy of before, and takes the file when it is mended", async () => {
  follow();
  const before = watch?.enclave;
  writeFileSync(path, `${SOUND}\nnonsense: [`);
  await until(() => said.some((line) => line.includes("refused: the policy of before stays in force")));
  await pause(10 * LOOK_MS);
  expect(said.filter((line) => line.includes("refused"))).toHaveLength(1);
  expect(watch?.enclave).toBe(before);
  writeFileSync(path, WITH_RULE);
  await until(() => differences.length > 0);
});

it("tells a file that is gone from one that is being replaced", async () => {
  follow();
  rmSync(path);
  await until(() =>
    said.some((line) => line.includes("no such file or directory (ENOENT); the policy of before")),
  );
  await pause(10 * LOOK_MS);
  expect(said).toHaveLength(1);
  watch?.reload();
  expect(said).toHaveLength(2);
  writeFileSync(path, WITH_RULE);
  await until(() => differences.length > 0);
});

it("does not take half of a file that is still being written", async () => {
  follow();
  watch?.stop(); // its looks are made by hand, between the writer's
  const look = (watch as unknown as { look(): void }).look.bind(watch);
  writeFileSync(path, SOUND.slice(0, SOUND.indexOf("allow:")));
  look();
  writeFileSync(path, WITH_RULE);
  look();
  look();
  expect(differences).toEqual(["+more"]);
});

it("does not wait for somebody who writes to a pipe", async () => {
  follow();
  rmSync(path);
  execFileSync("mkfifo", [path], { stdio: "ignore" });
  await until(() => said.length > 0);
  watch?.reload();
  expect(said.join("")).toMatch(/^(gapwatch: cannot read .*: it is no plain file, .*\n){2}$/);
});
