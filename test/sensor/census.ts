import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Set once for the rules and not by traffic, and far too large to walk. */
const FIXED = new Set([".judge", ".policy", ".observer"]);

/**
 * Entries in every table that an object leads to, by the path of field names to it. A table that nobody
 * thought of is counted too, which a list of known tables would miss.
 */
export function census(root: object): Map<string, number> {
  const counts = new Map<string, number>();
  const seen = new Set<object>();
  const waiting: (readonly [path: string, item: object])[] = [[root.constructor.name, root]];
  // Breadth first: what several lead to has the shortest path, whoever is there.
  for (const [path, item] of waiting) {
    if (seen.has(item)) continue;
    seen.add(item);
    const size = sizeOf(item);
    if (size !== null) counts.set(path, (counts.get(path) ?? 0) + size);
    for (const [name, value] of partsOf(item)) {
      if (typeof value === "object" && value !== null && !FIXED.has(name)) waiting.push([path + name, value]);
    }
  }
  return counts;
}

function sizeOf(item: object): number | null {
  if (item instanceof Map || item instanceof Set) return item.size;
  if (Array.isArray(item)) return item.length;
  return ArrayBuffer.isView(item) ? item.byteLength : null;
}

function* partsOf(item: object): Generator<readonly [name: string, value: unknown]> {
  if (ArrayBuffer.isView(item)) return;
  if (item instanceof Map || item instanceof Set || Array.isArray(item)) {
    for (const value of item.values()) yield ["[]", value];
    return;
  }
  for (const [name, value] of Object.entries(item)) yield [`.${name}`, value];
}

/** Octets in use, on the heap and in buffers, once all garbage is gone. */
export function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("no garbage collector to call");
  for (let n = 0; n < 3; n++) collect(); // buffers are given back one collection after their views
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
