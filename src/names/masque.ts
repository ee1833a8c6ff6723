/** RFC 9298 §2 and RFC 9484 §3: the templates that clients use when they were given no others. */
const UDP_PATH = /^\/\.well-known\/masque\/udp\/([^/]+)\/(\d{1,5})\/?$/;
const IP_PATH = /^\/\.well-known\/masque\/ip\/([^/*]+)\/[^/]+\/?$/;

/** What a proxy of packets is asked to reach. */
export interface MasqueTarget {
  /** As an authority; null where the path does not say it in a way that is known. */
  readonly authority: string | null;
}

/**
 * Whether a request with this Upgrade (or :protocol) and path asks for the proxying of UDP or IP; null when it does
 * not.
 */
export function masqueTarget(upgrade: string, path: string): MasqueTarget | null {
  if (upgrade === "connect-udp") return { authority: authorityOf(UDP_PATH.exec(path)) };
  if (upgrade === "connect-ip") return { authority: authorityOf(IP_PATH.exec(path)) };
  return null;
}

function authorityOf(found: RegExpExecArray | null): string | null {
  if (found === null) return null;
  const host = found[1].replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const port = found[2] === undefined ? "" : `:${found[2]}`;
  return host.includes(":") ? `[${host}]${port}` : `${host}${port}`;
}
