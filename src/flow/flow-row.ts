/**
 * Layout of one flow's row: 40 int32 words (160 octets). The first 12 words are read as 6 float64.
 * "A" is the end that sent the first packet seen, "B" the other; which of them is the initiator is
 * decided separately (direction.ts). A row is addressed by its number; `row * ROW_WORDS + X` is a word,
 * `row * ROW_DOUBLES + X` a float64.
 */
export const ROW_WORDS = 40;
export const ROW_DOUBLES = 20;

// float64
export const FIRST_SEC = 0;
export const LAST_SEC = 1;
/** Payload octets from A, from B: for TCP by sequence range, so that copies and retries count once. */
export const BYTES_A = 2;
export const BYTES_B = 3;
/** Octets on the wire, link header included. */
export const WIRE_A = 4;
export const WIRE_B = 5;

// int32
export const FIRST_NSEC = 12;
export const LAST_NSEC = 13;
export const PACKETS_A = 14;
export const PACKETS_B = 15;
/** Four words each. */
export const ADDR_A = 16;
export const ADDR_B = 20;
/** Port of A in the upper half, of B in the lower. */
export const PORTS = 24;
/** IP protocol number in the low octet, IP version in the next. */
export const PROTO = 25;
export const HASH = 26;
/** Bits below. */
export const FLAGS = 27;
/** TCP: one past the highest sequence number seen from A, from B; then the highest acknowledgement sent. */
export const SEQ_A = 28;
export const SEQ_B = 29;
export const ACK_A = 30;
export const ACK_B = 31;
/** TCP: initial sequence number of the initiator's SYN. */
export const ISN = 32;
/** Signature of the last packet from A, from B: an equal one right after it is a copy. */
export const MARK_A = 33;
export const MARK_B = 34;
/** JUDGED_ values, then what the value refers to (a rule or a finding). */
export const JUDGED = 35;
export const JUDGED_REF = 36;
export const ATTEMPTS = 37;
/** ICMP type and code of the first packet (type * 256 + code); the VLAN id in the upper half, plus 1. */
export const ICMP_VLAN = 38;
/** Counts up when the row is used again, so that a stale reference can be told. */
export const GENERATION = 39;

// FLAGS: how sure the initiator is, lowest two bits
export const CONFIDENCE_MASK = 3;
export const CONFIDENCE_UNKNOWN = 0;
export const CONFIDENCE_PORT = 1;
export const CONFIDENCE_PROTOCOL = 2;
export const CONFIDENCE_HANDSHAKE = 3;
/** B, not A, is the initiator. */
export const INITIATOR_B = 1 << 2;
export const SYN_SEEN = 1 << 3;
export const SYN_ACK_SEEN = 1 << 4;
/** The initiator sent an acknowledgement after its SYN: it has seen the answer. */
export const ESTABLISHED = 1 << 5;
export const FIN_A = 1 << 6;
export const FIN_B = 1 << 7;
export const RST_A = 1 << 8;
export const RST_B = 1 << 9;
/** An ICMP error from the path or the responder quoted this flow. */
export const ICMP_REFUSED = 1 << 10;
/** Payload still goes to the name readers. */
export const GATE_OPEN = 1 << 11;
/** SEQ_A, SEQ_B, ACK_A, ACK_B hold a value. */
export const SEQ_A_SET = 1 << 12;
export const SEQ_B_SET = 1 << 13;
export const ACK_A_SET = 1 << 14;
export const ACK_B_SET = 1 << 15;
/** DNS was read in this flow: attempts are questions. */
export const IS_DNS = 1 << 16;
/** Allowed by a rule with a byte budget: every packet is counted at once. */
export const BUDGETED = 1 << 17;
/** Sequence holes are being tracked (tcp-gaps.ts). */
export const HAS_HOLES = 1 << 18;
/** A name was read in the flow itself. */
export const NAMED_IN_FLOW = 1 << 19;
/** A name rule allowed it: a name that contradicts can still come. */
export const ALLOWED_BY_NAME = 1 << 20;

// JUDGED
/** Nothing to say: both ends inside, or local. */
export const JUDGED_NOTHING = 0;
/** JUDGED_REF is the rule's index. */
export const JUDGED_ALLOWED = 1;
/** A name rule may allow it; JUDGED_REF is that rule's index. */
export const JUDGED_PENDING = 2;
/** JUDGED_REF is the finding's handle in the ledger. */
export const JUDGED_FINDING = 3;
