import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pcapHeader, pcapRecord, writePcap } from "../capture/write-pcap.ts";
import { IF_FILTER, PcapngWriter } from "../capture/write-pcapng.ts";
import { captured } from "../captured-frames.ts";
import { pcapOf } from "../traffic/frames.ts";
import { ENCLAVE, gapwatch, type Outcome, ownFolder, QUICKSTART, replay } from "./run-gapwatch.ts";

const folder = ownFolder();
const whole = readFileSync(QUICKSTART);

interface Brief {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly inputs: readonly { complete: boolean; packets: number; format: string | null }[];
}

function json(...args: readonly string[]): Brief {
  return JSON.parse(replay(...args, "--json").out) as Brief;
}

/** Whatever the input: words, no stack, nothing on stdout that is not a report. */
function expectWords({ code, out, err }: Outcome): void {
  expect(err).not.toMatch(/\n {4}at |node:internal|Error:/);
  expect(out).not.toMatch(/\n {4}at /);
  expect(code).not.toBeNull();
}

describe("inputs that are no captures", () => {
  const cases: readonly (readonly [name: string, content: Uint8Array | string, says: RegExp])[] = [
    ["empty.pcap", "", /empty\.pcap: is empty; expected pcap or pcapng/],
    ["text.pcap", "hello, I am a text\n", /not a capture: begins with the text "hello/],
    ["noise.pcap", Buffer.alloc(100, 0xee), /not a capture: begins with ee ee ee/],
    ["short.pcap", pcapHeader().subarray(0, 20), /short\.pcap: /],
    ["snoop.pcap", "snoop\0\0\0\0\0\0\x02\0\0\0\x04", /looks like snoop; convert it with `editcap/],
  ];
  for (const [name, content, says] of cases) {
    it(`${name}: says what is wrong and does not run`, () => {
      const result = replay(folder.file(name, content));
      expectWords(result);
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toMatch(says);
    });
  }

  it("a file that is not there, and one that may not be read", () => {
    const missing = replay(join(folder.path, "nowhere.pcap"));
    expect(missing).toMatchObject({ code: 2, out: "" });
    expect(missing.err).toMatch(/nowhere\.pcap: no such file or directory/);
    const secret = folder.file("secret.pcap", whole);
    chmodSync(secret, 0);
    if (process.getuid?.() === 0) return; // permissions do not hold for root
    const denied = replay(secret);
    expect(denied).toMatchObject({ code: 2, out: "" });
    expect(denied.err).toMatch(/secret\.pcap: permission denied/);
  });

  it("an empty directory", () => {
    mkdirSync(join(folder.path, "nothing"));
    const result = replay(join(folder.path, "nothing"));
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/nothing: holds no capture/);
  });

  it("does not hide what the readable ones hold, and says that one is missing", () => {
    const result = replay(folder.file("none.pcap", ""), QUICKSTART, "--json");
    expect(result.code).toBe(1);
    const { inputs, reasons } = JSON.parse(result.out) as Brief;
    expect(inputs.map(({ complete }) => complete).sort()).toEqual([false, true]);
    expect(reasons.join()).toMatch(/capture\.incomplete: .*none\.pcap: is empty/);
  });

  it("is not overwritten with events, nor is the enclave file", () => {
    const bad = folder.file("kept.pcap", "hello");
    const catalogue = folder.file("kept-catalogue.yaml", "gapwatch_catalogue: 1\nentries: []\n");
    const named = readFileSync(ENCLAVE, "utf8").replace(
      "enclave:",
      "enclave:\n  catalogue: [kept-catalogue.yaml]",
    );
    const enclave = folder.file("kept.yaml", named);
    for (const [command, path] of [
      [["replay", bad, QUICKSTART], bad],
      [["replay", bad, QUICKSTART], enclave],
      [["replay", bad, QUICKSTART], catalogue],
      [["watch", "-i", "lo", "--state", folder.path], enclave],
      [["watch", "-i", "lo", "--state", folder.path], catalogue],
    ] as const) {
      const before = readFileSync(path);
      const result = gapwatch([...command, "-e", enclave, "--events", path]);
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toMatch(/is read by this run: events would overwrite it/);
      expect(readFileSync(path)).toEqual(before);
    }
  });

  it("writes nothing to the terminal that a file name smuggles in", () => {
    const result = replay(folder.file("a\x1b]0;owned\x07\u202e.pcap", ""));
    expect(result.err).toMatch(/a\\u\{1b\}\]0;owned\\u\{7\}\\u\{202e\}\.pcap: is empty/);
  });

  it("lets no name reach a terminal raw, whatever the command", () => {
    const smuggled = join(folder.path, "b\x1b[31m\u009b32m\u202e");
    mkdirSync(smuggled);
    const file = (name: string, octets: Uint8Array): string => {
      writeFileSync(join(smuggled, name), octets);
      return join(smuggled, name);
    };
    const [capture, enclave] = [
      file("q.pcapng", readFileSync(QUICKSTART)),
      file("e.yaml", readFileSync(ENCLAVE)),
    ];
    const broken = file("broken.yaml", Buffer.from("gapwatch: 2\n"));
    for (const args of [
      ["replay", capture, "-e", enclave, "--json", "--state", smuggled],
      ["replay", capture, "-e", enclave, "--events", "-"],
      ["findings", "--rebuild", "--state", smuggled],
      ["keygen", "--state", smuggled],
      ["keygen", "--state", smuggled],
      ["policy", "check", enclave],
      ["policy", "check", broken],
      ["policy", "diff", enclave, ENCLAVE, "--state", join(smuggled, "none")],
      [
        "validate",
        capture,
        "-e",
        enclave,
        "--json",
        "--report",
        join(smuggled, "proof"),
        "--state",
        smuggled,
      ],
      ["verify", join(smuggled, "proof")],
    ]) {
      const { out, err } = gapwatch(args);
      expect((out + err).replace(/\n/g, ""), args.join(" ")).toMatch(/^[ -~]+$/);
    }
  });
});

describe("damaged captures", () => {
  it("judges a truncated one up to the cut and names the byte", () => {
    const path = folder.file("cut.pcapng", whole.subarray(0, 30_000));
    const result = replay(path);
    expectWords(result);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/cut\.pcapng: cut short: .* at byte 29\d\d\d; judged up to there/);
    expect(result.out).toMatch(/^ {2}capture\.incomplete$/m);
    expect(json(path).inputs[0]).toMatchObject({ complete: false });
  });

  it("judges a corrupt one up to the damage", () => {
    const records = [0, 1].map(() => pcapRecord({ data: new Uint8Array(60) }));
    const broken = Buffer.concat([pcapHeader(), ...records, Buffer.alloc(64, 0xff), ...records]);
    const result = replay(folder.file("corrupt.pcap", broken));
    expectWords(result);
    expect(result.code).toBe(3);
    expect(result.err).toMatch(/corrupt\.pcap: .* at byte 176; judged up to there/);
  });

  it("bounds what a record may claim", () => {
    const lie = Buffer.concat([pcapHeader(), pcapRecord({ data: new Uint8Array(60), caplen: 0x7fffffff })]);
    const result = replay(folder.file("huge.pcap", lie));
    expectWords(result);
    expect(result.code).toBe(3);
    expect(result.err).toMatch(/claims 2147483647 captured octets.* at byte 24;/);
  });

  it("does not call a capture without packets clean", () => {
    const path = folder.file("zero.pcap", pcapHeader());
    expect(replay(path).code).toBe(3);
    expect(json(path)).toMatchObject({
      verdict: "inconclusive",
      reasons: [/./, /./].map(() => expect.any(String)),
    });
    expect(json(path).reasons[0]).toBe("capture.empty: no packet was seen");
  });

  it("does not call frames of an unknown link type clean, alone or among others", () => {
    const wifi = folder.file("wifi.pcap", writePcap([{ data: new Uint8Array(40) }], { linkType: 147 }));
    expect(json(wifi).reasons.join()).toMatch(/link\.unsupported: 1 frame:/);
    const writer = new PcapngWriter();
    const mixed = Buffer.concat([
      writer.section(),
      writer.interface(1),
      writer.interface(147),
      writer.enhanced({ data: new Uint8Array(60), interfaceId: 0 }),
      writer.enhanced({ data: new Uint8Array(60), interfaceId: 1 }),
    ]);
    const result = replay(folder.file("mixed.pcapng", mixed));
    expect(result.code).toBe(3);
    expect(result.out).toMatch(/link\.unsupported\n {4}1 frame: .*\n {4}What to do: /);
  });

  it("says that a filter kept packets out", () => {
    const writer = new PcapngWriter();
    const filter = Buffer.from("\0tcp port 443");
    const filtered = Buffer.concat([writer.section(), writer.interface(1, 0, [[IF_FILTER, filter]])]);
    expect(json(folder.file("filtered.pcapng", filtered)).reasons.join()).toMatch(/capture\.filtered/);
  });

  it("gives a notice and a verdict for a broken pipe of octets on stdin", () => {
    const args = ["replay", "-", "-e", ENCLAVE];
    const result = gapwatch(args, whole.subarray(0, 30_000));
    expectWords(result);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/-: cut short: .* at byte 29\d\d\d/);
  });

  it.each([
    ["nothing", ""],
    ["no capture", "hello, I am a text\n"],
  ])("does not run on %s from stdin, as on a file of it", (_, content) => {
    const result = gapwatch(["replay", "-", "-e", ENCLAVE, "--json"], Buffer.from(content));
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).toMatch(/^gapwatch: -: .*expected pcap or pcapng/);
  });
});

describe("byte orders", () => {
  it("reads the other one as well", async () => {
    const frames = (await captured(QUICKSTART)).map(({ data, sec, nsec, wireLen }) => {
      return { data, sec, fraction: Math.trunc(nsec / 1000), wireLen: wireLen ?? data.length };
    });
    const little = replay(folder.file("little.pcap", writePcap(frames)), "--json");
    const big = replay(folder.file("big.pcap", writePcap(frames, { littleEndian: false })), "--json");
    expect(big.out.replaceAll("big.pcap", "little.pcap")).toBe(little.out);
    expect(big.code).toBe(1);
  });

  it("and a whole capture written anew has the findings of the original", async () => {
    const copy = folder.file("copy.pcap", pcapOf(await captured(QUICKSTART)));
    const findings = (path: string): unknown =>
      (JSON.parse(replay(path, "--json").out) as { findings: unknown }).findings;
    expect(findings(copy)).toEqual(findings(QUICKSTART));
  });
});
