/** How CRYPTO frames and what surrounds them are numbered. */
export type QuicFraming = "ietf" | "google";

/** What Initial packets of a version need in order to be opened. */
export interface QuicVersion {
  /** As EVE writes it. */
  readonly name: string;
  readonly salt: Buffer;
  /** Long header types (bits 0x30 of the first octet) of RFC 9369 §3.2 in place of RFC 9000 §17.2. */
  readonly v2Types: boolean;
  /** What HKDF labels begin with (RFC 9001 §5.1, RFC 9369 §3.3.2). */
  readonly labelPrefix: "quic" | "quicv2";
  readonly framing: QuicFraming;
  /** CRYPTO frames hold a CHLO of QUIC crypto, not TLS. */
  readonly quicCrypto: boolean;
}

// draft-ietf-quic-tls: -22 and earlier, -23 to -28, -29 to -32; from -33 the salt of RFC 9001 §5.2.
const SALT_22 = "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a";
const SALT_23 = "c3eef712c72ebb5a11a7d2432bb46365bef9f502";
const SALT_29 = "afbfec289993d24c9e9786f19c6111e04390a899";
const SALT_V1 = "38762cf7f55934b34d179ae6a4c80cadccbb7f0a";
const SALT_V2 = "0dede3def700a6db819381be6e269dcbf9bd2ed9"; // RFC 9369 §3.3.1
const SALT_V2_DRAFT = "a707c203a59b47184a1d62ca570406ea7ae3e5d3"; // draft-ietf-quic-v2-00 and on
// Google's versions between its own crypto and the drafts; the salts are those of Wireshark's packet-quic.c.
const SALT_Q050 = "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45";
const SALT_T050 = "7ff579e5acd072915580304c43a2367c60488310";
const SALT_T051 = "7a4edef4e7ccee5fa4506c19124fc8ccda6e033d";

const FIRST_DRAFT = 22;
const LAST_DRAFT = 34;
const DRAFTS = 0xff000000;

/** By version number as int32. */
const VERSIONS = new Map<number, QuicVersion>();

function add(version: number, salt: string, more: Partial<QuicVersion> = {}): void {
  VERSIONS.set(version | 0, {
    name: version.toString(16),
    salt: Buffer.from(salt, "hex"),
    v2Types: false,
    labelPrefix: "quic",
    framing: "ietf",
    quicCrypto: false,
    ...more,
  });
}

function draftSalt(draft: number): string {
  if (draft < 23) return SALT_22;
  if (draft < 29) return SALT_23;
  return draft < 33 ? SALT_29 : SALT_V1;
}

add(0x00000001, SALT_V1); // RFC 9000
add(0x6b3343cf, SALT_V2, { v2Types: true, labelPrefix: "quicv2" }); // RFC 9369
add(0x709a50c4, SALT_V2_DRAFT, { v2Types: true, labelPrefix: "quicv2" });
for (let draft = FIRST_DRAFT; draft <= LAST_DRAFT; draft++) add(DRAFTS + draft, draftSalt(draft));
add(0xfaceb001, SALT_22); // mvfst's names for drafts 22 and 27
add(0xfaceb002, SALT_23);
add(0xfaceb00e, SALT_23);
add(0x51303530, SALT_Q050, { name: "Q050", framing: "google", quicCrypto: true });
add(0x54303530, SALT_T050, { name: "T050", framing: "google" });
add(0x54303531, SALT_T051, { name: "T051", framing: "google" });

/** The version with this number, an int32; undefined when its Initial packets cannot be opened. */
export function quicVersion(version: number): QuicVersion | undefined {
  return VERSIONS.get(version);
}
