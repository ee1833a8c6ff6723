import { expect, test } from "vitest";
import { remembering } from "../src/text-memo.ts";

function counted(): { asked: string[]; of: (text: string) => { text: string } } {
  const asked: string[] = [];
  const of = remembering((text: string) => {
    asked.push(text);
    return { text };
  });
  return { asked, of };
}

test("a text that comes again is asked for once", () => {
  const { asked, of } = counted();
  expect(of("gpu-01.enclave.example")).toBe(of("gpu-01.enclave.example"));
  expect(of("")).toEqual({ text: "" });
  expect(of("\u00ff\u0000a")).toEqual({ text: "\u00ff\u0000a" });
  expect(of("\u00ff\u0000b")).toEqual({ text: "\u00ff\u0000b" });
  expect(asked).toEqual(["gpu-01.enclave.example", "", "\u00ff\u0000a", "\u00ff\u0000b"]);
});

test("long texts and floods of texts are answered and take no more memory", () => {
  const { asked, of } = counted();
  const long = "a".repeat(129);
  expect(of(long)).toEqual({ text: long });
  expect(of(long)).not.toBe(of(long));
  const first = of("0");
  for (let i = 1; i <= 4096; i++) expect(of(`${i}`).text).toBe(`${i}`);
  expect(of("0")).toEqual({ text: "0" });
  expect(of("0")).not.toBe(first);
  expect(asked.length).toBe(3 + 1 + 4096 + 1);
});
