import { z } from "zod";
import * as value from "./enclave-values.ts";

/** Bounds the pairwise test for shadowed rules. */
const MAX_RULES = 4096;

const LIST = "a list";
const FILLED = "a list of one entry or more";
const MAPPING = "a mapping of keys to values";
const TRUTH = "true or false";
const UDP_PORT = "a UDP port number such as 4789";

function list<T extends z.ZodType>(item: T) {
  return z.array(item, LIST);
}

function filled<T extends z.ZodType>(item: T) {
  return z.array(item, FILLED).min(1, FILLED);
}

function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item, filled(item)]).transform((entry) => (Array.isArray(entry) ? entry : [entry]));
}

const host = z.strictObject(
  {
    name: value.line.describe("Name in findings and reports"),
    address: oneOrMany(value.address).describe("Its address, or a list of them"),
    must_be_seen: z.boolean(TRUTH).optional().describe("Inconclusive when no traffic of it is seen"),
    may_reach: list(value.prefix).optional().describe("Inside prefixes that it may reach; omitted: all"),
  },
  MAPPING,
);

const service = z.strictObject(
  {
    role: value.line.describe("identity, secrets, update, logging, monitoring, time ..."),
    address: value.address,
    port: value.port,
    must_be_used: z.boolean(TRUTH).optional().describe("Inconclusive when no inside use of it is seen"),
  },
  MAPPING,
);

const udpPort = z.int(UDP_PORT).min(1, UDP_PORT).max(65535, UDP_PORT);
const yes = z.literal(true, "true");

const mirror = z.strictObject(
  {
    vxlan: udpPort.optional().describe("VXLAN on this UDP port"),
    geneve: udpPort.optional().describe("Geneve on this UDP port"),
    gre: yes.optional(),
    erspan: yes.optional(),
    ipip: yes.optional(),
    from: value.prefix.describe("Outer source: the mirroring switch"),
    to: value.prefix.describe("Outer destination: the sensor"),
  },
  MAPPING,
);

const coverage = z.strictObject(
  {
    max_gap: value.duration.optional().describe("Longest gap in time that is still coverage"),
    max_silence: value.duration.optional().describe("Longest silence of a live interface"),
    min_window: value.duration.optional().describe("Shortest window that a clean verdict may stand on"),
  },
  MAPPING,
);

/** Everything below `enclave:`. */
export const enclaveShape = z.strictObject(
  {
    name: value.line.describe("Name of the enclave"),
    stage: z.enum(["production", "staging"], "production or staging").optional(),
    inside: filled(value.prefix).describe("Prefixes of the enclave; every other address is outside"),
    resolvers: list(value.prefix).optional().describe("Approved DNS resolvers"),
    names: list(value.ownSuffix).optional().describe("Name suffixes that live inside"),
    search: list(value.searchSuffix).optional().describe("Suffixes that stub resolvers append"),
    mirrored: list(z.strictObject({ name: value.namePattern, to: oneOrMany(value.prefix) }, MAPPING))
      .optional()
      .describe("Outside names that an internal mirror serves"),
    hosts: list(host).optional().describe("Inventory"),
    services: list(service).optional().describe("Security functions that must be seen working inside"),
    relays: list(value.prefix).optional().describe("Proxies and jump hosts"),
    nat: list(z.strictObject({ address: value.address, for: filled(value.prefix) }, MAPPING)).optional(),
    mirrors: list(mirror).optional().describe("Transport of the mirror itself: one kind, both endpoints"),
    coverage: coverage.optional(),
    crown_jewels_bytes: value.size.optional().describe("Size of the weights, for the volume budget"),
    overlapping: z
      .boolean(TRUTH)
      .optional()
      .describe("Address plans overlap: VLAN and VNI identify a flow too"),
    dns_grace: value.duration.optional().describe("How long an answer counts beyond its TTL; 5m if omitted"),
    catalogue: list(value.line).optional().describe("Paths of your own catalogue files"),
  },
  MAPPING,
);

/** One entry of `allow:`. */
export const ruleShape = z.strictObject(
  {
    id: value.ruleId,
    to: filled(value.party).describe(
      "The outside party: address, CIDR, name, or *.name (below, not the apex)",
    ),
    ports: filled(value.port).optional().describe("Ports of the responder; omitted: any"),
    from: filled(value.prefix).optional().describe("The inside party; omitted: any inside host"),
    direction: z.enum(["out", "in"], "out or in").optional().describe("Who initiates; out if omitted"),
    reason: value.line.optional(),
    owner: value.line.optional(),
    expires: value.expiry.optional().describe("Last day, UTC, or never"),
    hours: value.hours.optional().describe("Mon-Fri 09:00-17:00 Europe/Berlin, judged at flow start"),
    max_bytes_out: value.budget.optional().describe("Budget such as 50MB/day, from inside to outside"),
    max_bytes_in: value.budget.optional().describe("Budget such as 2GB/day, from outside to inside"),
  },
  MAPPING,
);

const version = z.literal(1, "1, the version of this format");

function rules<T extends z.ZodType>(rule: T) {
  return z.array(rule, "a list of rules").max(MAX_RULES, `at most ${MAX_RULES} rules`).optional();
}

/** The file around its parts, which are read one by one: one bad rule hides no other. */
export const outlineShape = z.strictObject(
  { gapwatch: version, enclave: z.looseObject({}, MAPPING), allow: rules(z.unknown()) },
  MAPPING,
);

/** The whole file. */
const fileShape = z.strictObject({ gapwatch: version, enclave: enclaveShape, allow: rules(ruleShape) });

export type EnclaveInput = z.output<typeof enclaveShape>;
export type RuleInput = z.output<typeof ruleShape>;

/** JSON Schema of the file as people write it, for editors. Draft 7 is what they support best. */
export function enclaveJsonSchema(): object {
  return { ...z.toJSONSchema(fileShape, { io: "input", target: "draft-7" }), title: "gapwatch enclave file" };
}
