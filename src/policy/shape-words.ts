import * as z from "zod/mini";

// The shapes of what every start reads come from zod/mini: a schema of zod's first entry has forty methods,
// and brings a writer of JSON Schemas and the words of all errors along. Ours are in the shapes.

/** The same shape, with words for editors in its JSON Schema. */
export function described<T extends z.ZodMiniType>(shape: T, description: string): T {
  const copy = shape.clone();
  z.globalRegistry.add<z.ZodMiniType>(copy, { description });
  return copy;
}

/** A key that may be left out, with words for editors. */
export function may<T extends z.ZodMiniType>(shape: T, description: string) {
  return described(z.optional(shape), description);
}
