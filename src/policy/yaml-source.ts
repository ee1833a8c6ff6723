import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";

/** A place in the file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type YamlPath = readonly PropertyKey[];

/** Something wrong, or odd, at a place in the enclave file. */
export interface Problem extends Place {
  readonly path: string;
  readonly message: string;
  /** What would be right; empty where the message says it all. */
  readonly expected: string;
}

const MAX_TEXT = 4 * 1024 * 1024;
const MAX_ALIASES = 100;

/** A YAML text as plain values, with the place of each. */
export class YamlSource {
  readonly value: unknown;
  /** Syntax errors, duplicate keys, unknown tags, excessive aliases; `value` counts only without any. */
  readonly problems: readonly Problem[];
  readonly #path: string;
  readonly #document: Document | null;
  readonly #lines = new LineCounter();

  constructor(text: string, path: string) {
    this.#path = path;
    const problems: Problem[] = [];
    if (text.length > MAX_TEXT) {
      this.problems = [this.#problem(0, "the file is larger than 4 MiB", "")];
      this.#document = null;
      return;
    }
    let document: Document | null = null;
    try {
      document = parseDocument(text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        logLevel: "error", // what it would warn of on stderr is refused by every shape, with its place
      });
      for (const error of [...document.errors, ...document.warnings]) {
        problems.push(this.#problem(error.pos[0], `not valid YAML: ${reasonOf(error)}`, ""));
      }
      problems.push(...this.#loose(document));
      if (problems.length === 0) this.value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      // Excessive aliases, and stacks that nesting has exhausted.
      const reason = error instanceof Error ? firstLine(error.message) : "unreadable";
      problems.push(this.#problem(0, `not valid YAML: ${reason}`, ""));
    }
    this.#document = document;
    this.problems = problems;
  }

  /** A problem at the value that the path leads to, or at the last value that exists on the way. */
  at(path: YamlPath, message: string, expected = ""): Problem {
    let node: unknown = this.#document?.contents ?? null;
    let offset = offsetOf(node) ?? 0;
    for (const step of path) {
      node = isAlias(node) ? null : child(node, step);
      const next = offsetOf(node);
      if (next === null) break;
      offset = next;
    }
    return this.#problem(offset, message, expected);
  }

  /** A problem at a key of the mapping that the path leads to. */
  atKey(path: YamlPath, key: string, message: string, expected = ""): Problem {
    let node: unknown = this.#document?.contents ?? null;
    for (const step of path) node = child(node, step);
    if (isMap(node)) {
      for (const pair of node.items) {
        const offset = isScalar(pair.key) && String(pair.key.value) === key ? offsetOf(pair.key) : null;
        if (offset !== null) return this.#problem(offset, message, expected);
      }
    }
    return this.at(path, message, expected);
  }

  /** Aliases whose anchor does not stand before them. */
  #loose(document: Document): Problem[] {
    const problems: Problem[] = [];
    visit(document, {
      Alias: (_, alias) => {
        if (alias.resolve(document) !== undefined) return;
        const message = `not valid YAML: no anchor &${alias.source} stands before the alias *${alias.source}`;
        problems.push(this.#problem(offsetOf(alias) ?? 0, message, ""));
      },
    });
    return problems;
  }

  #problem(offset: number, message: string, expected: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return { path: this.#path, line: Math.max(1, line), column: Math.max(1, col), message, expected };
  }
}

/** `file:line:column: what is wrong; expected what`. */
export function formatProblem(problem: Problem): string {
  const expected = problem.expected === "" ? "" : `; expected ${problem.expected}`;
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.message}${expected}`;
}

function child(node: unknown, step: PropertyKey): unknown {
  if (isMap(node) || isSeq(node)) return node.get(typeof step === "symbol" ? "" : step, true);
  return null;
}

function offsetOf(node: unknown): number | null {
  return (node as Node | null | undefined)?.range?.[0] ?? null;
}

function reasonOf({ code, message }: YAMLError): string {
  return code === "MULTIPLE_DOCS" ? "multiple documents; one is all that there may be" : firstLine(message);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0];
}
