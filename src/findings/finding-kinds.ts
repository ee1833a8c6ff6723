/** Kinds of finding and what they say; DESIGN section 3. */
export const FINDING_KINDS = {
  "egress.flow": "a flow from inside to outside that nothing allows",
  "ingress.flow": "a flow from outside to inside that nothing allows: the boundary leaks inward",
  "transit.flow": "a flow between two outside addresses on an inside wire: a source nobody declared",
  "inside.unapproved": "a flow between inside hosts beyond what the enclave file approves",
  "dns.name": "a question for an outside name to an approved resolver",
  "dns.resolver": "DNS to a resolver that is not approved",
  "dns.encrypted": "DNS under encryption: what is asked cannot be seen",
  "name.proxy": "a request to an inside proxy for an outside name or address",
  "name.inside": "an outside name used toward an inside address: a mirror, or an interception",
  "tunnel.encapsulated": "a tunnel across the boundary that nothing allows, whatever is inside it",
  "policy.expired": "traffic that only an expired rule would allow",
  "volume.budget": "more bytes than a rule's budget, or than the crown jewels from one host",
  "tunnel.dns": "data hidden in DNS names or answers",
  "tunnel.icmp": "data hidden in pings",
  "protocol.mismatch": "a protocol on a port that says another, toward the outside",
  beacon: "regular attempts to one destination",
  "secret.cleartext": "credentials in readable traffic",
  "icmp.stray": "an ICMP error across the boundary that quotes no known flow",
} as const;

export type FindingKind = keyof typeof FINDING_KINDS;
