import * as z from "zod/mini";
import * as value from "./enclave-values.ts";
import { described, may } from "./shape-words.ts";

/** Bounds the pairwise test for shadowed rules. */
const MAX_RULES = 4096;

const LIST = "a list";
const FILLED = "a list of one entry or more";
const MAPPING = "a mapping of keys to values";
const TRUTH = "true or false";
const UDP_PORT = "a UDP port number such as 4789";

function list<T extends z.ZodMiniType>(item: T) {
  return z.array(item, LIST);
}

function filled<T extends z.ZodMiniType>(item: T) {
  return z.array(item, FILLED).check(z.minLength(1, FILLED));
}

function oneOrMany<T extends z.ZodMiniType>(item: T) {
  const either = z.union([item, filled(item)]);
  const asList = z.transform((entry: z.output<typeof either>) => (Array.isArray(entry) ? entry : [entry]));
  return z.pipe(either, asList);
}

const host = z.strictObject(
  {
    name: described(value.line, "Name in findings and reports"),
    address: described(oneOrMany(value.address), "Its address, or a list of them"),
    must_be_seen: may(z.boolean(TRUTH), "Inconclusive when no traffic of it is seen"),
    may_reach: may(list(value.prefix), "Inside prefixes that it may reach; omitted: all"),
  },
  MAPPING,
);

const service = z.strictObject(
  {
    role: described(value.line, "identity, secrets, update, logging, monitoring, time ..."),
    address: value.address,
    port: value.port,
    must_be_used: may(z.boolean(TRUTH), "Inconclusive when no inside use of it is seen"),
  },
  MAPPING,
);

const udpPort = z.int(UDP_PORT).check(z.minimum(1, UDP_PORT), z.maximum(65535, UDP_PORT));
const yes = z.literal(true, "true");

const mirror = z.strictObject(
  {
    vxlan: may(udpPort, "VXLAN on this UDP port"),
    geneve: may(udpPort, "Geneve on this UDP port"),
    gre: z.optional(yes),
    erspan: z.optional(yes),
    ipip: z.optional(yes),
    from: described(value.prefix, "Outer source: the mirroring switch"),
    to: described(value.prefix, "Outer destination: the sensor"),
  },
  MAPPING,
);

const coverage = z.strictObject(
  {
    max_gap: may(value.duration, "Longest gap in time that is still coverage"),
    max_silence: may(value.duration, "Longest silence of a live interface"),
    min_window: may(value.duration, "Shortest window that a clean verdict may stand on"),
  },
  MAPPING,
);

const mirroredName = z.strictObject({ name: value.namePattern, to: oneOrMany(value.prefix) }, MAPPING);
const translation = z.strictObject({ address: value.address, for: filled(value.prefix) }, MAPPING);

/** Everything below `enclave:`. */
export const enclaveShape = z.strictObject(
  {
    name: described(value.line, "Name of the enclave"),
    stage: z.optional(z.enum(["production", "staging"], "production or staging")),
    inside: described(filled(value.prefix), "Prefixes of the enclave; every other address is outside"),
    resolvers: may(list(value.prefix), "Approved DNS resolvers"),
    names: may(list(value.ownSuffix), "Name suffixes that live inside"),
    search: may(list(value.searchSuffix), "Suffixes that stub resolvers append"),
    mirrored: may(list(mirroredName), "Outside names that an internal mirror serves"),
    hosts: may(list(host), "Inventory"),
    services: may(list(service), "Security functions that must be seen working inside"),
    relays: may(list(value.prefix), "Proxies and jump hosts"),
    nat: z.optional(list(translation)),
    mirrors: may(list(mirror), "Transport of the mirror itself: one kind, both endpoints"),
    coverage: z.optional(coverage),
    crown_jewels_bytes: may(value.size, "Size of the weights, for the volume budget"),
    overlapping: may(z.boolean(TRUTH), "Address plans overlap: VLAN and VNI identify a flow too"),
    dns_grace: may(value.duration, "How long an answer counts beyond its TTL; 5m if omitted"),
    catalogue: may(list(value.line), "Paths of your own catalogue files"),
  },
  MAPPING,
);

/** One entry of `allow:`. */
export const ruleShape = z.strictObject(
  {
    id: value.ruleId,
    to: described(
      filled(value.party),
      "The outside party: address, CIDR, name, or *.name (below, not the apex)",
    ),
    ports: may(filled(value.port), "Ports of the responder; omitted: any"),
    from: may(filled(value.prefix), "The inside party; omitted: any inside host"),
    direction: may(z.enum(["out", "in"], "out or in"), "Who initiates; out if omitted"),
    reason: z.optional(value.line),
    owner: z.optional(value.line),
    expires: may(value.expiry, "Last day, UTC, or never"),
    hours: may(value.hours, "Mon-Fri 09:00-17:00 Europe/Berlin, judged at flow start"),
    max_bytes_out: may(value.budget, "Budget such as 50MB/day, from inside to outside"),
    max_bytes_in: may(value.budget, "Budget such as 2GB/day, from outside to inside"),
  },
  MAPPING,
);

const version = z.literal(1, "1, the version of this format");

function rules<T extends z.ZodMiniType>(rule: T) {
  const bounded = z
    .array(rule, "a list of rules")
    .check(z.maxLength(MAX_RULES, `at most ${MAX_RULES} rules`));
  return z.optional(bounded);
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
