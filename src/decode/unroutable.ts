/**
 * The closed list of what cannot leave its link, so that not decoding it hides nothing (DESIGN
 * section 3, Coverage). Everything else that is not decoded makes a run inconclusive.
 */

/** EtherTypes (IEEE registration authority). */
export function isUnroutableEtherType(type: number): boolean {
  switch (type) {
    case 0x0806: // ARP
    case 0x8035: // RARP
    case 0x88cc: // LLDP
    case 0x8809: // slow protocols: LACP, marker, OAM (802.3 annex 57A)
    case 0x888e: // EAPOL (802.1X)
    case 0x88f7: // PTP over Ethernet (IEEE 1588 annex E)
    case 0x8808: // MAC control: pause, PFC (802.3 annex 31)
    case 0x8902: // CFM (802.1ag)
    case 0x22f4: // IS-IS with an EtherType of its own
    case 0x9000: // loopback test (configuration test protocol)
      return true;
    default:
      return false;
  }
}

/** DSAP and SSAP as one 16-bit number. The command/response bit of the SSAP may be set. */
export function isUnroutableLlc(saps: number): boolean {
  return (saps & 0xfffe) === 0x4242; // spanning tree (802.1D)
}

/** The SAP of the ISO network layer. */
export function isIsoSap(saps: number): boolean {
  return (saps & 0xfffe) === 0xfefe;
}

/** Network layer protocol ids (ISO/IEC TR 9577). CLNP (0x81) and IP (0xcc, RFC 2684 App. B) route. */
export function isUnroutableNlpid(nlpid: number): boolean {
  return nlpid === 0x82 || nlpid === 0x83; // ES-IS, IS-IS
}

const CISCO = 0x00000c;

/** SNAP: organisation and protocol id. */
export function isUnroutableSnap(oui: number, pid: number): boolean {
  if (oui !== CISCO) return false;
  switch (pid) {
    case 0x2000: // CDP
    case 0x2003: // VTP
    case 0x2004: // DTP
    case 0x0111: // UDLD
    case 0x010b: // PVST+, of the spanning tree family
      return true;
    default:
      return false;
  }
}

/**
 * PPP protocols that stay on their link (RFC 1661 §2): 0x8000 to 0xbfff configure a network protocol, from 0xc000
 * on the link itself is set up, authenticated and measured; below 0x8000 only those of bridges' spanning tree.
 */
export function isUnroutablePpp(protocol: number): boolean {
  return protocol >= 0x8000 || protocol === 0x0201 || protocol === 0x0207;
}

/** Channels beside MPLS payload (IANA "MPLS Generalized Associated Channel"): continuity checks, delay, loss, OAM. */
export function isUnroutableChannel(channel: number): boolean {
  return channel === 0x0007 || (channel >= 0x0008 && channel <= 0x002f && channel !== 0x0021);
}
