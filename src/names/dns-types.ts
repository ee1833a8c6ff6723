/** RR types that this room looks into (IANA "DNS Parameters"). */
export const TYPE_A = 1;
export const TYPE_NS = 2;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_NULL = 10;
export const TYPE_PTR = 12;
export const TYPE_MX = 15;
export const TYPE_TXT = 16;
export const TYPE_KEY = 25;
export const TYPE_AAAA = 28;
export const TYPE_SRV = 33;
export const TYPE_DNAME = 39;
export const TYPE_OPT = 41;
export const TYPE_SVCB = 64;
export const TYPE_HTTPS = 65;
/** For private use, to the end (RFC 6895 §3.1). */
export const PRIVATE_TYPES_FROM = 65280;

export const CLASS_IN = 1;
export const CLASS_CH = 3;
export const CLASS_HS = 4;
export const CLASS_NONE = 254;
export const CLASS_ANY = 255;

// IANA "DNS Parameters", in the order of their numbers; "" is unassigned.
const TYPES_FROM_0 = (
  ",A,NS,MD,MF,CNAME,SOA,MB,MG,MR,NULL,WKS,PTR,HINFO,MINFO,MX,TXT,RP,AFSDB,X25,ISDN,RT,NSAP,NSAP-PTR,SIG," +
  "KEY,PX,GPOS,AAAA,LOC,NXT,EID,NIMLOC,SRV,ATMA,NAPTR,KX,CERT,A6,DNAME,SINK,OPT,APL,DS,SSHFP,IPSECKEY," +
  "RRSIG,NSEC,DNSKEY,DHCID,NSEC3,NSEC3PARAM,TLSA,SMIMEA,,HIP,NINFO,RKEY,TALINK,CDS,CDNSKEY,OPENPGPKEY," +
  "CSYNC,ZONEMD,SVCB,HTTPS,DSYNC"
).split(",");
const TYPES_FROM_249 = "TKEY,TSIG,IXFR,AXFR,MAILB,MAILA,ANY,URI,CAA,AVC,DOA,AMTRELAY".split(",");
const RCODES = (
  "NOERROR,FORMERR,SERVFAIL,NXDOMAIN,NOTIMP,REFUSED,YXDOMAIN,YXRRSET,NXRRSET,NOTAUTH,NOTZONE," + "DSOTYPENI"
).split(",");

/** Mnemonic of an RR type, as EVE writes it; unknown ones as TYPE65280 (RFC 3597 §5). */
export function rrtypeName(type: number): string {
  const name = (type < 249 ? TYPES_FROM_0[type] : TYPES_FROM_249[type - 249]) ?? "";
  if (name !== "") return name;
  return type === 99 ? "SPF" : `TYPE${type}`;
}

/** Mnemonic of a header's response code (four bits), as EVE writes it; unknown ones as RCODE12. */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`;
}
