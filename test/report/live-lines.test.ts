import { describe, expect, it } from "vitest";
import { findingLine } from "../../src/report/live-lines.ts";
import { FINDINGS } from "./sample-run.ts";

describe("findingLine", () => {
  const [known, unknown] = FINDINGS;

  it("says which component it is", () => {
    expect(findingLine(known, true)).toContain(
      "huggingface.co 443/tcp [model hub: Hugging Face Hub client] transferred",
    );
  });

  it("says nothing of a component that is not known", () => {
    expect(findingLine(unknown, true)).toContain("192.0.2.41 80/tcp transferred");
  });
});
