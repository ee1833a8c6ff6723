import { existsSync, readFileSync } from "node:fs";

/** Where package.json lies, seen from dist/, and from here where the sources run as they are (tests). */
const PLACES = ["../package.json", "../../package.json"];

/** The version in package.json. */
export function version(): string {
  const url = PLACES.map((place) => new URL(place, import.meta.url)).find((each) => existsSync(each));
  if (url === undefined) throw new Error("package.json is missing");
  return (JSON.parse(readFileSync(url, "utf8")) as { version: string }).version;
}
