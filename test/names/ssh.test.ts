import { describe, expect, it } from "vitest";
import { isSshStart, SshBannerLine } from "../../src/names/ssh.ts";

const viewOf = (text: string) => new DataView(Uint8Array.from(Buffer.from(text, "latin1")).buffer);

describe("isSshStart", () => {
  it.each([
    ["SSH-2.0-x", "yes"],
    ["SSH-1.99-x", "yes"],
    ["SSH-", "maybe"],
    ["SS", "maybe"],
    ["", "maybe"],
    ["SSH-x", "no"],
    ["SSH / HTTP/1.1", "no"],
    ["ssh-2.0", "no"],
  ])("%j: %s", (text, expected) => {
    expect(isSshStart(viewOf(text), 0, text.length)).toBe(expected);
  });
});

describe("SshBannerLine", () => {
  const read = (text: string, size = text.length) => {
    const line = new SshBannerLine();
    for (let at = 0; at < text.length; at += size) {
      const part = text.slice(at, at + size);
      const banner = line.feed(viewOf(part), 0, part.length);
      if (banner !== null) return banner;
    }
    return null;
  };

  it.each([1, 3, 100])("reads a banner in pieces of %i, without its comment", (size) => {
    const expected = { protoVersion: "2.0", softwareVersion: "OpenSSH_9.2p1" };
    expect(read("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n\0\0", size)).toEqual(expected);
  });

  it("escapes what is not printable", () => {
    expect(read("SSH-2.0-a\x1b[2J\n")).toEqual({ protoVersion: "2.0", softwareVersion: "a\\027[2J" });
  });

  it("waits for the end of the line, within bounds", () => {
    expect(read("SSH-2.0-a")).toBeNull();
    expect(read(`SSH-2.0-${"a".repeat(400)}`)).toBe("bad");
    expect(read("SSH-9-a\r\n")).toBe("bad");
  });
});
