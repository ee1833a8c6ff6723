// Writes allowlists/enclave.schema.json from the shape that the loader uses:
//   npm run schema:write
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { enclaveJsonSchema } from "../.modules/policy/enclave-shape.js";

const target = fileURLToPath(new URL("../../allowlists/enclave.schema.json", import.meta.url));
writeFileSync(target, JSON.stringify(enclaveJsonSchema(), null, 2));
execFileSync("npx", ["biome", "format", "--write", target], { stdio: "inherit" });
