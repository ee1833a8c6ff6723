import { describe, expect, it } from "vitest";
import { ja4, ja4Raw } from "../../src/names/ja4.ts";
import { ClientHello, readClientHello } from "../../src/names/tls-client-hello.ts";
import { placed } from "./octets.ts";
import {
  alpn,
  clientHello,
  extension,
  serverName,
  signatureAlgorithms,
  supportedVersions,
} from "./tls-octets.ts";

function numbers(list: string): number[] {
  return list === "" ? [] : list.split(",").map((value) => Number.parseInt(value, 16));
}

interface Case {
  readonly suites: string;
  readonly extensions: string;
  readonly algorithms?: string;
  readonly versions?: number[];
  readonly protocols?: string[];
  readonly legacyVersion?: number;
}

/** A hello with these values on the wire, read back. */
function hello(of: Case): ClientHello {
  const wire = numbers(of.extensions).flatMap((type) => {
    if (type === 0) return serverName("a.example");
    if (type === 16) return alpn(...(of.protocols ?? ["h2"]));
    if (type === 43) return supportedVersions(...(of.versions ?? [0x0304, 0x0303]));
    if (type === 13) return signatureAlgorithms(...numbers(of.algorithms ?? ""));
    return extension(type);
  });
  const out = new ClientHello();
  const { view, at, end } = placed(clientHello(numbers(of.suites), wire, of.legacyVersion));
  expect(readClientHello(out, view, at, end)).toBe("ok");
  return out;
}

const CHROME_SUITES = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035";
const CHROME_ALGORITHMS = "0403,0804,0401,0503,0805,0501,0806,0601";
const CHROME_EXTENSIONS = "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015";
const FIREFOX_SUITES = "1301,1303,1302,c02b,c02f,cca9,cca8,c02c,c030,c00a,c009,c013,c014,009c,009d,002f,0035";
const FIREFOX_ALGORITHMS = "0403,0503,0603,0804,0805,0806,0401,0501,0601,0203,0201";

describe("ja4", () => {
  it.each<[string, string, "t" | "q", Case]>([
    [
      "the specification's example",
      "t13d1516h2_8daaf6152771_e5627efa2ab1",
      "t",
      { suites: CHROME_SUITES, extensions: CHROME_EXTENSIONS, algorithms: CHROME_ALGORITHMS },
    ],
    [
      "the same with grease everywhere",
      "t13d1516h2_8daaf6152771_e5627efa2ab1",
      "t",
      {
        suites: `0a0a,${CHROME_SUITES}`,
        extensions: `fafa,${CHROME_EXTENSIONS},1a1a`,
        algorithms: `2a2a,${CHROME_ALGORITHMS}`,
        versions: [0xaaaa, 0x0304, 0x0303],
      },
    ],
    [
      "Chrome with ECH and ALPS",
      "t13d1516h2_8daaf6152771_d8a2da3f94cd",
      "t",
      {
        suites: CHROME_SUITES,
        extensions: "002d,0033,0010,fe0d,0017,44cd,0000,000b,000a,002b,ff01,0023,0012,0005,000d,001b",
        algorithms: CHROME_ALGORITHMS,
      },
    ],
    [
      "Firefox with padding",
      "t13d1715h2_5b57614c22b0_3d5424432f57",
      "t",
      {
        suites: FIREFOX_SUITES,
        extensions: "0000,0017,ff01,000a,000b,0023,0010,0005,0022,0033,002b,000d,002d,001c,0015",
        algorithms: FIREFOX_ALGORITHMS,
      },
    ],
    [
      "Firefox with ECH",
      "t13d1715h2_5b57614c22b0_5c2c66f702b0",
      "t",
      {
        suites: FIREFOX_SUITES,
        extensions: "0000,0017,ff01,000a,000b,0023,0010,0005,0022,0033,002b,000d,002d,001c,fe0d",
        algorithms: FIREFOX_ALGORITHMS,
      },
    ],
    [
      "Chrome over QUIC",
      "q13d0310h3_55b375c5d22e_cd85d2d88918",
      "q",
      {
        suites: "1301,1302,1303",
        extensions: "000a,000d,001b,002b,002d,0033,0039,4469,0000,0010",
        algorithms: "0403,0804,0401,0503,0805,0501,0806,0601,0201",
        versions: [0x0304],
        protocols: ["h3"],
      },
    ],
  ])("%s: %s", (_what, expected, transport, of) => {
    expect(ja4(hello(of), transport)).toBe(expected);
  });

  it("hashes extensions alone when there are no signature algorithms", () => {
    const of = { suites: CHROME_SUITES, extensions: CHROME_EXTENSIONS };
    expect(ja4(hello(of), "t")).toBe("t13d1516h2_8daaf6152771_6d807ffa2a79");
  });

  it("shows empty lists as zeros", () => {
    expect(ja4(hello({ suites: "", extensions: "", legacyVersion: 0x0301 }), "t")).toBe(
      "t10i000000_000000000000_000000000000",
    );
    expect(ja4(hello({ suites: "", extensions: "0000,0010" }), "t")).toBe(
      "t12d0002h2_000000000000_000000000000",
    );
  });

  it("counts to 99", () => {
    const many = Array.from({ length: 120 }, (_, i) => (0x4000 + i).toString(16)).join(",");
    expect(ja4Raw(hello({ suites: many, extensions: many }), "t")).toMatch(/^t12i999900_/);
  });

  it.each([
    [["h2"], "h2"],
    [["http/1.1", "h2"], "h1"],
    [["x"], "xx"],
    [[""], "00"],
    [[], "00"],
    [["\xab"], "ab"],
    [["\xab\xcd"], "ad"],
    [["0\xab"], "3b"],
    [["01\xab\xcd"], "3d"],
    [["0\xab\xcd1"], "01"],
    [["\x2a\x2a"], "00"],
  ])("ALPN %j gives %s", (protocols, expected) => {
    expect(ja4(hello({ suites: "", extensions: "0010", protocols }), "t").slice(8, 10)).toBe(expected);
  });

  it.each([
    [[0x0303, 0x0302], 0x0301, "12"],
    [[0x0301], 0x0303, "10"],
    [[0x7f1c], 0x0303, "00"],
    [[0xfafa], 0x0302, "11"],
    [[0x0300], 0x0303, "s3"],
  ])("versions %j give the highest that is no grease", (versions, legacyVersion, expected) => {
    expect(ja4(hello({ suites: "", extensions: "002b", versions, legacyVersion }), "t").slice(1, 3)).toBe(
      expected,
    );
  });

  it("gives the raw form of the specification", () => {
    const of = { suites: CHROME_SUITES, extensions: CHROME_EXTENSIONS, algorithms: CHROME_ALGORITHMS };
    expect(ja4Raw(hello(of), "t")).toBe(
      "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
        "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_" +
        "0403,0804,0401,0503,0805,0501,0806,0601",
    );
  });
});
