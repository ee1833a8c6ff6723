import { parseName } from "../policy/name-pattern.ts";
import { canonicalName } from "../policy/name-set.ts";

/**
 * A pattern of host names: a name, `*.name` for everything below it, or a name with one `*` that stands for some
 * of the characters of one label (`sts.*.amazonaws.com`, `*-aiplatform.googleapis.com`).
 */
export type HostPattern =
  | { readonly form: "exact" | "below"; readonly name: string }
  | { readonly form: "template"; readonly labels: readonly string[]; readonly tail: string };

/** Reads a pattern; null where the text is none. */
export function parseHostPattern(text: string): HostPattern | null {
  const canonical = canonicalName(text);
  if (!canonical.includes("*")) return named("exact", canonical);
  const rest = canonical.startsWith("*.") ? canonical.slice(2) : canonical;
  if (!rest.includes("*")) return named("below", rest);
  const labels = canonical.split(".");
  const last = labels.findLastIndex((label) => label.includes("*"));
  const tail = labels.slice(last + 1).join(".");
  const isSound =
    labels.every((label) => label.indexOf("*") === label.lastIndexOf("*")) &&
    parseName(tail) !== null &&
    parseName(canonical.replaceAll("*", "x")) !== null;
  return isSound ? { form: "template", labels, tail } : null;
}

function named(form: "exact" | "below", text: string): HostPattern | null {
  const name = parseName(text);
  return name === null ? null : { form, name };
}

/** Whether a canonical name fits the labels of a template. */
export function fitsTemplate(name: string, template: readonly string[]): boolean {
  const labels = name.split(".");
  return labels.length === template.length && template.every((part, i) => fitsLabel(labels[i], part));
}

function fitsLabel(label: string, part: string): boolean {
  const star = part.indexOf("*");
  if (star === -1) return label === part;
  if (label.length < part.length) return false; // the star stands for one character or more
  return label.startsWith(part.slice(0, star)) && label.endsWith(part.slice(star + 1));
}
