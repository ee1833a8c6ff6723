import {
  ADDR_A,
  ADDR_B,
  CLASS_A_SHIFT,
  CLASS_B_SHIFT,
  CLASS_MASK,
  FIRST_NSEC,
  FIRST_SEC,
  FLAGS,
  INITIATOR_B,
  LAST_NSEC,
  LAST_SEC,
  PORTS,
  PROTO,
  ROW_DOUBLES,
  ROW_WORDS,
} from "./flow-row.ts";
import type { FlowTable } from "./flow-table.ts";

/** An address as four big-endian int32 words, IPv4 as v4-mapped. */
export type AddressWords = [number, number, number, number];

/** Which end of a flow: 0 is A, 1 is B. */
export type End = 0 | 1;

export function initiatorOf(table: FlowTable, row: number): End {
  return (table.words[row * ROW_WORDS + FLAGS] & INITIATOR_B) !== 0 ? 1 : 0;
}

export function addressOf(table: FlowTable, row: number, end: End): AddressWords {
  const w = row * ROW_WORDS + (end === 0 ? ADDR_A : ADDR_B);
  const words = table.words;
  return [words[w], words[w + 1], words[w + 2], words[w + 3]];
}

/** Class of the address at `end`, as `setClasses` was told. */
export function classOf(table: FlowTable, row: number, end: End): number {
  return (table.words[row * ROW_WORDS + FLAGS] >> (end === 0 ? CLASS_A_SHIFT : CLASS_B_SHIFT)) & CLASS_MASK;
}

export function setClasses(table: FlowTable, row: number, classA: number, classB: number): void {
  const w = row * ROW_WORDS + FLAGS;
  const others = table.words[w] & ~((CLASS_MASK << CLASS_A_SHIFT) | (CLASS_MASK << CLASS_B_SHIFT));
  table.words[w] = others | (classA << CLASS_A_SHIFT) | (classB << CLASS_B_SHIFT);
}

export function portOf(table: FlowTable, row: number, end: End): number {
  const ports = table.words[row * ROW_WORDS + PORTS];
  return end === 0 ? ports >>> 16 : ports & 0xffff;
}

export function protoOf(table: FlowTable, row: number): number {
  return table.words[row * ROW_WORDS + PROTO] & 0xff;
}

export function firstMoment(table: FlowTable, row: number): { sec: number; nsec: number } {
  return {
    sec: table.doubles[row * ROW_DOUBLES + FIRST_SEC],
    nsec: table.words[row * ROW_WORDS + FIRST_NSEC],
  };
}

export function lastMoment(table: FlowTable, row: number): { sec: number; nsec: number } {
  return {
    sec: table.doubles[row * ROW_DOUBLES + LAST_SEC],
    nsec: table.words[row * ROW_WORDS + LAST_NSEC],
  };
}
