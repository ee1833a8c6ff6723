import { describe, expect, it } from "vitest";
import { AddressNames } from "../../src/flow/address-names.ts";
import { Fifo } from "../../src/flow/fifo.ts";

const GRACE = 300;

interface Answer {
  readonly address?: string;
  readonly host?: string;
  readonly name?: string;
  readonly approved?: boolean;
  readonly ambiguous?: boolean;
  readonly ttl?: number;
  readonly at?: number;
}

function learn(names: AddressNames, answer: Answer = {}): void {
  const { address = "192.0.2.1", host = "10.20.1.11", name = "a.example", ttl = 60, at = 1000 } = answer;
  names.learn(address, host, host, name, answer.approved ?? true, answer.ambiguous ?? false, ttl, at);
}

function at(names: AddressNames, sec: number, address = "192.0.2.1") {
  return names.namesOf(address, sec).map(({ host, name, approved, ambiguous }) => {
    return `${host} ${name}${approved ? "" : " unapproved"}${ambiguous ? " ambiguous" : ""}`;
  });
}

describe("AddressNames", () => {
  it("keeps a name for its TTL and the grace", () => {
    const names = new AddressNames(GRACE);
    learn(names);
    expect(at(names, 1360)).toEqual(["10.20.1.11 a.example"]);
    expect(at(names, 1361)).toEqual([]);
    expect(at(names, 1000, "192.0.2.2")).toEqual([]);
  });

  it("caps the TTL at a day, and takes none below zero", () => {
    const names = new AddressNames(GRACE);
    learn(names, { ttl: 0x7fffffff });
    learn(names, { address: "192.0.2.2", ttl: -5 });
    expect([at(names, 1000 + 86_700).length, at(names, 1000 + 86_701).length]).toEqual([1, 0]);
    expect([at(names, 1300, "192.0.2.2").length, at(names, 1301, "192.0.2.2").length]).toEqual([1, 0]);
  });

  it("keeps hosts and names apart, in the order in which they were learned", () => {
    const names = new AddressNames(GRACE);
    learn(names, { name: "b.example" });
    learn(names, { host: "10.20.1.12" });
    learn(names);
    learn(names, { name: "b.example", at: 1010 });
    expect(at(names, 1020)).toEqual(["10.20.1.11 b.example", "10.20.1.12 a.example", "10.20.1.11 a.example"]);
  });

  it("lasts as long as the last answer says, not shorter", () => {
    const names = new AddressNames(GRACE);
    learn(names, { ttl: 1000 });
    learn(names, { ttl: 10, at: 1100 });
    expect(at(names, 2300).length).toBe(1);
    learn(names, { ttl: 1000, at: 2200 });
    expect(at(names, 3500).length).toBe(1);
  });

  it("lets no worse answer spoil a better one, or make it last longer", () => {
    const names = new AddressNames(GRACE);
    learn(names);
    learn(names, { ambiguous: true, ttl: 86_400 });
    learn(names, { approved: false, ttl: 86_400 });
    expect(at(names, 1360)).toEqual(["10.20.1.11 a.example"]);
    expect(at(names, 1361)).toEqual([]);
  });

  it("holds an answer to a question worth more than the resolver that gave it", () => {
    const names = new AddressNames(GRACE);
    learn(names, { approved: false });
    learn(names, { ambiguous: true });
    expect(at(names, 1000)).toEqual(["10.20.1.11 a.example unapproved"]);
  });

  it("takes a better answer over a worse one, for no longer than it says", () => {
    const names = new AddressNames(GRACE);
    learn(names, { ambiguous: true, ttl: 86_400 });
    expect(at(names, 1000)).toEqual(["10.20.1.11 a.example ambiguous"]);
    learn(names, { ttl: 10, at: 1001 });
    expect(at(names, 1002)).toEqual(["10.20.1.11 a.example"]);
    expect(at(names, 1312)).toEqual([]);
  });

  it("believes a worse answer once the better one is over", () => {
    const names = new AddressNames(GRACE);
    learn(names);
    learn(names, { approved: false, at: 5000 });
    expect(at(names, 5000)).toEqual(["10.20.1.11 a.example unapproved"]);
  });

  it("can take an answer back, for that host and name alone", () => {
    const names = new AddressNames(GRACE);
    learn(names);
    learn(names, { host: "10.20.1.12" });
    names.distrust("192.0.2.1", "10.20.1.11", "a.example", 1000);
    names.distrust("192.0.2.9", "10.20.1.11", "a.example", 1000);
    expect(at(names, 1000)).toEqual(["10.20.1.11 a.example ambiguous", "10.20.1.12 a.example"]);
  });

  it("forgets the shortest-lived name of an address first, and counts what still counted", () => {
    const names = new AddressNames(GRACE);
    for (let n = 0; n < 256; n++) learn(names, { name: `n${n}.example`, ttl: n === 7 ? 5 : 60 });
    expect(names.evicted).toBe(0);
    learn(names, { name: "one-more.example" });
    expect(names.evicted).toBe(1);
    const left = at(names, 1001);
    expect(left.length).toBe(256);
    expect(left).not.toContain("10.20.1.11 n7.example");
    learn(names, { name: "late.example", at: 10_000 });
    expect(names.evicted).toBe(1); // the one that went was over
  });

  it("forgets in that order whatever ends when, and is refreshed", () => {
    const names = new AddressNames(GRACE);
    const ends = new Map<string, number>();
    let state = 1;
    const below = (n: number) => {
      state = Math.imul(state, 1_103_515_245) + 12_345;
      return (state >>> 8) % n;
    };
    for (let n = 0; n < 3000; n++) {
      const known = below(4) === 0 ? [...ends.keys()][below(ends.size)] : undefined;
      const name = known ?? `n${n}.example`;
      const ttl = below(3) === 0 ? 60 : 60 + below(40);
      const sec = 1000 + (n >> 6);
      if (known === undefined && ends.size === 256) {
        let first = "";
        for (const [each, end] of ends) if (end < (ends.get(first) ?? Infinity)) first = each;
        ends.delete(first);
      }
      ends.set(name, Math.max(ends.get(name) ?? 0, sec + ttl));
      learn(names, { name, ttl, at: sec });
    }
    expect(at(names, 1050)).toEqual([...ends.keys()].map((name) => `10.20.1.11 ${name}`));
  });

  it("has a cap on addresses, the first learned going first", () => {
    const names = new AddressNames(GRACE);
    const address = (n: number) => `192.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const count = (1 << 17) + 10;
    for (let n = 0; n < count; n++) learn(names, { address: address(n) });
    expect(names.evicted).toBe(10);
    expect(at(names, 1000, address(9))).toEqual([]);
    expect(at(names, 1000, address(10)).length).toBe(1);
  });
});

describe("Fifo", () => {
  it("gives back in order, also after many have passed", () => {
    const fifo = new Fifo<number>();
    expect([fifo.first(), fifo.shift(), fifo.length]).toEqual([undefined, undefined, 0]);
    let next = 0;
    for (let n = 0; n < 10_000; n++) {
      fifo.push(n);
      if (n % 3 === 0) continue;
      expect(fifo.first()).toBe(next);
      expect(fifo.shift()).toBe(next++);
    }
    expect(fifo.length).toBe(10_000 - next);
  });
});
