import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CaptureError } from "../../src/capture/frame-source.ts";
import { openCapture } from "../../src/capture/open-capture.ts";
import { readSource } from "./read-all.ts";

// Captures of public projects, each with the facts that tshark reports beside it; see README.md there.
const corpus = new URL("../../../shared/captures/", import.meta.url).pathname;
const ORACLE_SUFFIX = ".oracle.tsv";

type Ending = "whole" | "damaged" | "refused";

/** What tshark calls the end of a file, in our words. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  ok: "whole",
  "cut-short": "damaged",
  corrupt: "damaged",
  error: "damaged", // it met something in the midst that it does not support
  unreadable: "refused",
};

const CUSTOM = "tshark counts custom blocks as packets";
const LINK_TYPE =
  "tshark refuses link types that it has no dissector for; their frames are counted as undecoded here";
const REGRESSION = "seladb.PcapPlusPlus/Tests/Fuzzers/RegressionTests/regression_samples";

/** Where we differ, and why. A path that no longer differs must leave the list. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "hadrielk.pcapng-test-generator/output_be/advanced/test102.pcapng": CUSTOM,
  "hadrielk.pcapng-test-generator/output_be/basic/test017.pcapng": CUSTOM,
  "hadrielk.pcapng-test-generator/output_be/basic/test018.pcapng": CUSTOM,
  "hadrielk.pcapng-test-generator/output_be/difficult/test202.pcapng": `${CUSTOM}, and names`,
  "hadrielk.pcapng-test-generator/output_le/advanced/test102.pcapng": CUSTOM,
  "hadrielk.pcapng-test-generator/output_le/basic/test017.pcapng": CUSTOM,
  "hadrielk.pcapng-test-generator/output_le/basic/test018.pcapng": CUSTOM,
  "hadrielk.pcapng-test-generator/output_le/difficult/test202.pcapng": `${CUSTOM}, and names`,
  "seladb.PcapPlusPlus/Tests/ExamplesTest/pcap_examples/solaris.snoop":
    "snoop is refused, with the way to convert it",
  [`${REGRESSION}/clusterfuzz-testcase-minimized-FuzzTarget-5631583764873216`]: LINK_TYPE,
  [`${REGRESSION}/clusterfuzz-testcase-minimized-FuzzTarget-5685520970809344`]: LINK_TYPE,
  [`${REGRESSION}/clusterfuzz-testcase-minimized-FuzzTarget-5752969003008000`]: LINK_TYPE,
  [`${REGRESSION}/crash-exception-cast-constructed-record`]:
    "tshark stops a record earlier; tcpdump sees the same two as we do",
  "the-tcpdump-group.libpcap/tests/filter/brcm-tag-stp.pcap": LINK_TYPE,
  "the-tcpdump-group.libpcap/tests/filter/brcm-tag.pcap": LINK_TYPE,
  "the-tcpdump-group.libpcap/tests/linktype-reserved-field-not-zero.pcap":
    "reserved bits beside the link type are tolerated: nothing else depends on them",
  "the-tcpdump-group.libpcap/tests/pcapng-invalid-vers-1.pcapng":
    "the version of a section is damage at offset 0 here",
  "the-tcpdump-group.libpcap/tests/pcapng-invalid-vers-2.pcapng":
    "minor versions are compatible by definition",
  "the-tcpdump-group.tcpdump/tests/brcm-tag-prepend.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/brcm-tag.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/dsa-high-vid.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/dsa.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/edsa-high-vid.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/edsa.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/frf16_magic_ie-oobr.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/hoobr_juniper3.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/juniper_es_oobr.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/juniper_monitor_invalid_cookie_length.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/kday6.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/vtp_asan-2.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/vtp_asan-3.pcap": LINK_TYPE,
  "the-tcpdump-group.tcpdump/tests/vtp_asan.pcap": LINK_TYPE,
};

/** Packets and ending, as one string that reads well in a failure. */
function oracle(path: string): string {
  const facts = readFileSync(corpus + path + ORACLE_SUFFIX, "latin1").split("\n");
  const columns = facts.find((line) => line.startsWith("FILE\t"))?.split("\t") ?? [];
  return `${columns[3]} packets, ${ENDINGS[columns[1]]}`;
}

async function reading(path: string): Promise<string> {
  try {
    const { facts } = await readSource(await openCapture(corpus + path));
    return `${facts.packets} packets, ${facts.damage ? "damaged" : "whole"}`;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return "0 packets, refused";
  }
}

const present = existsSync(corpus);
const notice = present ? "" : ` (skipped: ${corpus} is missing)`;

describe.skipIf(!present)(`captures of public projects${notice}`, () => {
  it("give as many packets, and end, as tshark says, where no reason is listed", async () => {
    const paths = readdirSync(corpus, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(ORACLE_SUFFIX))
      .map((path) => path.slice(0, -ORACLE_SUFFIX.length))
      .sort();
    expect(paths.length).toBeGreaterThan(1000);
    const differing: string[] = [];
    for (const path of paths) {
      const ours = await reading(path);
      const theirs = oracle(path);
      if (ours === theirs) continue;
      differing.push(path);
      if (!(path in DIFFERENCES)) expect(`${path}: ${ours}`).toBe(`${path}: ${theirs}`);
    }
    expect(differing).toEqual(Object.keys(DIFFERENCES).sort());
  });
});
