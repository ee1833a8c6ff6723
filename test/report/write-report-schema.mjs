// Writes src/report/report.schema.json from the shape that reports have:
//   npm run schema:write
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportJsonSchema } from "../.modules/report/validation-shape.js";

const target = fileURLToPath(new URL("../../src/report/report.schema.json", import.meta.url));
writeFileSync(target, JSON.stringify(reportJsonSchema(), null, 2));
execFileSync("npx", ["biome", "format", "--write", target], { stdio: "inherit" });
