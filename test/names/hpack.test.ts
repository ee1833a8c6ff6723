import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HpackDecoder } from "../../src/names/hpack.ts";
import { huffmanText } from "../../src/names/hpack-huffman.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

function framed(octets: Uint8Array, padding: number): [DataView, number, number] {
  const memory = Buffer.alloc(octets.length + 32, padding);
  memory.set(octets, 16);
  return [new DataView(memory.buffer, memory.byteOffset, memory.length), 16, 16 + octets.length];
}

/** Fields of blocks given one after another to one decoder, as "name: value"; null where a block is broken. */
function decoded(...blocks: Uint8Array[]): (string[] | null)[] {
  const [zeros, ones] = [0x00, 0xff].map((padding) => {
    const decoder = new HpackDecoder();
    return blocks.map((block) => {
      const fields: string[] = [];
      const isRead = decoder.decode(...framed(block, padding), ({ name, value }) =>
        fields.push(`${name}: ${value}`),
      );
      return isRead ? fields : null;
    });
  });
  expect(ones).toEqual(zeros);
  return zeros;
}

const FIRST = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const SECOND = [...FIRST, "cache-control: no-cache"];
const THIRD = [
  ":method: GET",
  ":scheme: https",
  ":path: /index.html",
  ":authority: www.example.com",
  "custom-key: custom-value",
];

describe("HpackDecoder", () => {
  it("reads the examples of RFC 7541 C.3: plain strings and a table that grows", () => {
    const blocks = [
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ].map(hex);
    expect(decoded(...blocks)).toEqual([FIRST, SECOND, THIRD]);
  });

  it("reads those of C.4: the same in Huffman's code", () => {
    const blocks = [
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ].map(hex);
    expect(decoded(...blocks)).toEqual([FIRST, SECOND, THIRD]);
  });

  it("drops the oldest entries when a table is full, as in C.5", () => {
    const shrink = hex("3fe101"); // 256 octets
    const blocks = [
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54" +
        "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
      "4803333037c1c0bf",
    ].map(hex);
    const [, second] = decoded(Buffer.concat([shrink, blocks[0]]), blocks[1]);
    expect(second).toEqual([
      ":status: 307",
      "cache-control: private",
      "date: Mon, 21 Oct 2013 20:13:21 GMT",
      "location: https://www.example.com",
    ]);
    expect(decoded(Buffer.concat([shrink, blocks[0]]), blocks[1], hex("c2"))[2]).toBeNull();
  });

  it.each([
    ["an index of nothing", "80"],
    ["an index beyond the table", "be"],
    ["an integer without an end", "ffffffffffffff"],
    ["a string longer than its block", "400a6162"],
    ["a name without a value", "400161"],
    ["a larger table than anybody has", "3fe1ffff7f"],
    ["a code that is EOS", "4085ffffffffff0161"],
    ["padding with a zero in it", "40011840811e"],
    ["padding of a whole octet", "408318ffff0161"],
  ])("gives up at %s", (_, block) => {
    expect(decoded(hex(block))).toEqual([null]);
  });

  it("holds no more than its table, whatever is added", () => {
    const decoder = new HpackDecoder();
    const block = Buffer.concat(
      Array.from({ length: 20_000 }, (_, i) => hex(`4002${(0x6161 + (i % 9)).toString(16)}0163`)),
    );
    decoder.decode(...framed(block, 0), () => {});
    expect(decoder.heldBytes).toBeLessThanOrEqual(4096);
    expect((Reflect.get(decoder, "entries") as unknown[]).length).toBeLessThan(512);
  });

  it("passed over, leaves the table as if it had been read", () => {
    const blocks = [
      "400161 0162",
      "000163 0164 8140 0165 0166",
      "1f2f 0167 4085f2b24a84ff 8374a5ff be",
      "bf c0",
    ];
    for (const skipped of [[0], [1], [2], [0, 1, 2]]) {
      const [read, passed] = [new HpackDecoder(), new HpackDecoder()];
      for (const [i, block] of blocks.slice(0, 3).entries()) {
        const framing = framed(hex(block), 0xff);
        const isRead = read.decode(...framing, () => {});
        expect(passed.decode(...framing, skipped.includes(i) ? null : () => {})).toBe(isRead);
      }
      expect(Reflect.get(passed, "entries")).toEqual(Reflect.get(read, "entries"));
    }
    for (const broken of ["000a6162", "00016102", "be", "0002"]) {
      expect(new HpackDecoder().decode(...framed(hex(broken), 0xff), null), broken).toBe(false);
    }
  });

  it("never throws", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
        if (decoded(octets)[0] !== null) read++;
      }),
      { seed: 7, numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});

describe("huffmanText", () => {
  it("reads every octet's code (RFC 7541 Appendix B, from node's own HTTP/2)", () => {
    // A few from each length of code.
    expect(huffmanText(...framed(hex("f1e3c2e5f23a6ba0ab90f4ff"), 0xff))).toBe("www.example.com");
    expect(huffmanText(...framed(hex("9d29ad171863c78f0b97c8e9ae82ae43d3"), 0))).toBe(
      "https://www.example.com",
    );
    expect(huffmanText(...framed(hex(""), 0xff))).toBe("");
  });
});
