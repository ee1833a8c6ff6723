// Writes the JSON Schemas below allowlists/ from the shapes that the loaders use:
//   npm run schema:write
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogueJsonSchema } from "../.modules/catalogue/entry-file.js";
import { enclaveJsonSchema } from "../.modules/policy/enclave-shape.js";

write("enclave.schema.json", enclaveJsonSchema());
write("catalogue/catalogue.schema.json", catalogueJsonSchema());

function write(path, schema) {
  const target = fileURLToPath(new URL(`../../allowlists/${path}`, import.meta.url));
  writeFileSync(target, JSON.stringify(schema, null, 2));
  execFileSync("npx", ["biome", "format", "--write", target], { stdio: "inherit" });
}
