import { expect, it } from "vitest";
import { latin1 } from "../../src/names/octet-text.ts";

it("reads the octets of a view that begins within its buffer, of one buffer and then another", () => {
  const first = Uint8Array.of(1, 65, 66, 255, 0);
  const second = Uint8Array.of(67, 68);
  const inFirst = new DataView(first.buffer, 1);
  expect(latin1(inFirst, 0, 3)).toBe("AB\u00ff");
  expect(latin1(new DataView(second.buffer), 0, 2)).toBe("CD");
  first[1] = 69;
  expect(latin1(inFirst, 0, 4)).toBe("EB\u00ff\u0000");
  expect(latin1(inFirst, 2, 2)).toBe("");
});
