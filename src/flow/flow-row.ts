/**
 * Layout of one flow's row: 40 int32 words (160 octets), some of them read in pairs as float64. What a
 * packet of a known flow touches lies in the first 128 octets, so that it costs two cache lines or three.
 * "A" is the end that sent the first packet seen, "B" the other; which of them is the initiator is
 * decided separately (direction.ts). A row is addressed by its number; `row * ROW_WORDS + X` is a word,
 * `row * ROW_DOUBLES + X` a float64.
 */
export const ROW_WORDS = 40;
export const ROW_DOUBLES = 20;

// float64
export const LAST_SEC = 0;
/** Payload octets from A, from B: for TCP by sequence range, so that copies and retries count once. */
export const BYTES_A = 1;
export const BYTES_B = 2;
/** Octets on the wire, link header included. */
export const WIRE_A = 3;
export const WIRE_B = 4;

// int32
/** Four words each. */
export const ADDR_A = 10;
export const ADDR_B = 14;
/** Port of A in the upper half, of B in the lower. */
export const PORTS = 18;
/** IP protocol number in the low octet, IP version in the next, the network's number above where it is part of the key. */
export const PROTO = 19;
/** Bits below. */
export const FLAGS = 20;
/** TCP: one past the highest sequence number seen from A, from B; then the highest acknowledgement sent. */
export const SEQ_A = 21;
export const SEQ_B = 22;
export const ACK_A = 23;
export const ACK_B = 24;
/** Signature of the last packet from A, from B: an equal one right after it is a copy. */
export const MARK_A = 25;
export const MARK_B = 26;
export const PACKETS_A = 27;
export const PACKETS_B = 28;
export const LAST_NSEC = 29;
/** JUDGED_ values, then what the value refers to (a rule or a finding). */
export const JUDGED = 30;
export const JUDGED_REF = 31;

/** float64 of words 32 and 33. */
export const FIRST_SEC = 16;
export const FIRST_NSEC = 34;
/** TCP: initial sequence number of the initiator's SYN. */
export const ISN = 35;
export const ATTEMPTS = 36;
/** ICMP type and code of the first packet (type * 256 + code); the VLAN id in the upper half, plus 1. */
export const ICMP_VLAN = 37;
/** Counts up when the row is used again, so that a stale reference can be told. */
export const GENERATION = 38;
export const HASH = 39;

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
/** Both directions are numbered. */
export const NUMBERED = SEQ_A_SET | SEQ_B_SET | ACK_A_SET | ACK_B_SET;
/** DNS was read in this flow: attempts are questions. */
export const IS_DNS = 1 << 16;
/** Allowed by a rule with a byte budget: every packet is counted at once. */
export const BUDGETED = 1 << 17;
/** Sequence holes are being tracked (tcp-gaps.ts). */
export const HAS_HOLES = 1 << 18;
/** A name was read in the flow itself. */
export const NAMED_IN_FLOW = 1 << 19;
/** A name rule allows it, or may: a name that contradicts can still come. */
export const ALLOWED_BY_NAME = 1 << 20;
/** The classes that the policy gives the two addresses, two bits each. */
export const CLASS_A_SHIFT = 21;
export const CLASS_B_SHIFT = 23;
export const CLASS_MASK = 3;
/** Somebody keeps something of the flow beside its row, and has to be told when it ends. */
export const KEPT_BESIDE = 1 << 25;
/** QUIC: the responder sent a packet of its handshake; A, B sent a packet with a short header after that. */
export const QUIC_CONNECTED = 1 << 26;
export const QUIC_DATA_A = 1 << 27;
export const QUIC_DATA_B = 1 << 28;
/** Its packets carry others, or have the form of an encrypted tunnel. */
export const IS_TUNNEL = 1 << 29;
/** None of its packets was seen: an ICMP error quotes one. It is no flow of the capture until one comes. */
export const UNSEEN = 1 << 30;
/** TCP: the gate was closed before anything came from the initiator, whose first payload opens it again. */
export const GATE_AJAR = 1 << 31;

// JUDGED
/** Nothing to say: both ends inside, or local. */
export const JUDGED_NOTHING = 0;
/** JUDGED_REF is the rule's index. */
export const JUDGED_ALLOWED = 1;
/** A name rule may allow it; JUDGED_REF is that rule's index. */
export const JUDGED_PENDING = 2;
/** JUDGED_REF is the finding's handle in the ledger. */
export const JUDGED_FINDING = 3;
