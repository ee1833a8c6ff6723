import { describe, expect, it } from "vitest";
import {
  CONTROLS,
  CONTROLS_OF_DEPENDENCY,
  CONTROLS_OF_GROUP,
  CONTROLS_OF_KIND,
  CONTROLS_OF_TRANSFER,
  frameworksOf,
  NOT_CLAIMED,
} from "../../src/findings/frameworks.ts";
import { CONNECTED, TRANSFERRED } from "../../src/flow/outcome.ts";

const CLAIMED = [CONTROLS_OF_KIND, CONTROLS_OF_GROUP, CONTROLS_OF_DEPENDENCY].flatMap((table) =>
  Object.values(table).flat(),
);

describe("the frameworks table", () => {
  it("has every id that a finding can carry, and no other", () => {
    expect(new Set([...CLAIMED, ...CONTROLS_OF_TRANSFER])).toEqual(new Set(Object.keys(CONTROLS)));
  });

  it("claims nothing of what it says that it does not claim", () => {
    const whole = NOT_CLAIMED.filter(([, title]) => title !== "as a whole").map(([id]) => id);
    expect(whole.filter((id) => id in CONTROLS)).toEqual([]);
  });

  it("has the labels of glossaries verbatim, the official ids beside them", () => {
    expect(CONTROLS["NHI-02"].title).toContain("NHI2:2025");
    expect(CONTROLS.A2.title).toContain("ASI02");
    expect(CONTROLS.M1.title).toContain("layer 4");
  });

  it("names no id twice in a finding, and exfiltration only where payload left", () => {
    const known = { group: "secrets", kind: "cloud-metadata" } as const;
    const left = frameworksOf("egress.flow", TRANSFERRED, known);
    expect(left).toHaveLength(new Set(left).size);
    expect(left).toContain("SC-7(10)");
    expect(frameworksOf("egress.flow", CONNECTED, known)).not.toContain("SC-7(10)");
    expect(frameworksOf("ingress.flow", TRANSFERRED, null)).not.toContain("SC-7(10)");
    expect(frameworksOf("name.inside", TRANSFERRED, null)).toEqual([]);
  });
});
