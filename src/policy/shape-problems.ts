import * as z from "zod/mini";
import { didYouMean } from "./did-you-mean.ts";
import type { Problem, YamlPath, YamlSource } from "./yaml-source.ts";

/** Problems for what zod found in the value at `base`, each at its own place. */
export function shapeProblems(
  source: YamlSource,
  base: YamlPath,
  shape: z.ZodMiniType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): Problem[] {
  return issues.flatMap((issue) => problemsOf(source, base, shape, value, issue));
}

function problemsOf(
  source: YamlSource,
  base: YamlPath,
  shape: z.ZodMiniType,
  value: unknown,
  issue: z.core.$ZodIssue,
): Problem[] {
  const path = [...base, ...issue.path];
  const found = issue.path.reduce(step, value);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(source, path, key, keysAt(shape, issue.path)));
    case "invalid_union": {
      // An entry or a list of them: the branch that fits what was written tells what is wrong.
      const branch = issue.errors[Array.isArray(found) ? issue.errors.length - 1 : 0];
      return branch.flatMap((inner) => problemsOf(source, path, shape, found, inner));
    }
    case "custom":
      return [source.at(path, issue.message, String(issue.params?.["expected"] ?? ""))];
    default:
      return [source.at(path, `${nameOf(path)} ${describe(found)}`, issue.message)];
  }
}

function unknownKey(source: YamlSource, path: YamlPath, key: string, known: readonly string[]): Problem {
  const meant = didYouMean(key, known);
  const expected = meant === null ? `one of ${known.join(", ")}` : `${meant}, perhaps`;
  return source.atKey(path, key, `unknown key ${JSON.stringify(key)}`, expected);
}

/** Keys of the strict object at the path inside a shape. */
function keysAt(shape: z.ZodMiniType, path: readonly PropertyKey[]): string[] {
  let at: unknown = unwrapped(shape);
  for (const key of path) {
    if (at instanceof z.ZodMiniArray) at = unwrapped(at.def.element);
    else if (at instanceof z.ZodMiniObject) at = unwrapped(at.shape[String(key)]);
  }
  return at instanceof z.ZodMiniObject ? Object.keys(at.shape) : [];
}

function unwrapped(shape: unknown): unknown {
  return shape instanceof z.ZodMiniOptional ? unwrapped(shape.def.innerType) : shape;
}

function step(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

function nameOf(path: YamlPath): string {
  let name = "";
  for (const key of path) {
    if (typeof key === "number") name += `[${key}]`;
    else name += name === "" ? String(key) : `.${String(key)}`;
  }
  return name === "" ? "the file" : name;
}

function describe(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is empty";
  if (Array.isArray(value)) return value.length === 0 ? "is an empty list" : "is a list";
  if (typeof value === "object") return "is a mapping";
  const text = JSON.stringify(value);
  return `is ${text.length > 60 ? `a ${typeof value}` : text}`;
}
