import { plain } from "./text-plain.ts";

/** Markup that is safe to stand in a page: made by `html` alone. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Markup | readonly Markup[] | string | number;

/**
 * A template of markup. Whatever is put in that is no markup itself is foreign text: it becomes printable
 * ASCII first (`plain`), then its markup characters become references.
 */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = fixed[0];
  for (const [i, part] of parts.entries()) text += textOf(part) + fixed[i + 1];
  return new Markup(text);
}

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escaped(part);
  return part.map(({ text }) => text).join("");
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Foreign text for HTML, SVG or XML, in content as well as in quoted attributes. */
export function escaped(text: string): string {
  return plain(text).replace(/[&<>"']/g, (char) => REFERENCES[char]);
}

/** A table with column heads; cells of the first column head their rows. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Part[])[]): Markup {
  const body = rows.map(([first, ...rest]) => {
    const cells = rest.map((cell) => html`<td>${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${cells}</tr>\n`;
  });
  const columns = heads.map((head) => html`<th scope="col">${head}</th>`);
  return html`<table>
<caption>${caption}</caption>
<thead><tr>${columns}</tr></thead>
<tbody>
${body}</tbody>
</table>
`;
}

/** A list, or words where it would be empty. */
export function listOr(items: readonly Part[], none: string): Markup {
  if (items.length === 0) return html`<p>${none}</p>\n`;
  return html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>\n`;
}
