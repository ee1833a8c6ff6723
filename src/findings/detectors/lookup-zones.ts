/**
 * Zones in which the name that is asked carries a hash or an address by design, and only their operators see it:
 * encoded labels below them are look-ups, not a tunnel. They stay `dns.name` findings.
 */
const LOOKUP_ZONES: readonly string[] = [
  "avqs.mcafee.com", // file reputation: Trellix KB53782
  "avts.mcafee.com",
  "hash.cymru.com", // malware hashes: hash.cymru.com/docs_dns
  "dq.spamhaus.net", // block lists, hashes: docs.spamhaus.com, "DQS Requests"
  "zen.spamhaus.org",
  "dbl.spamhaus.org",
  "sophosxl.net", // file and URL reputation
  "multi.surbl.org",
  "multi.uribl.com",
  "bl.score.senderscore.com",
];

/** Whether the name, in lower case, lies below a zone of look-ups by hash or address. */
export function isLookup(name: string): boolean {
  return LOOKUP_ZONES.some(
    (zone) => name.endsWith(zone) && name.charAt(name.length - zone.length - 1) === ".",
  );
}
