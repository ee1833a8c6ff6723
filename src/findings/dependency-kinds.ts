/**
 * Kinds of outside dependency that change how bad a finding is. What a name belongs to is the
 * catalogue's to say; this table knows only what an address or a port proves by itself.
 */
export type DependencyKind =
  | "connectivity-check"
  | "time"
  | "model-api"
  | "tunnel-remote-access"
  | "cloud-metadata";

const CLOUD_METADATA: ReadonlySet<string> = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "fd00:ec2::254",
  "100.100.100.200",
  "168.63.129.16",
]);

/** The kind of a destination that no catalogue is needed for, or null. `ips` as text, `proto` as in findings. */
export function dependencyOf(
  ips: readonly string[],
  port: number | null,
  proto: string | null,
): DependencyKind | null {
  if (ips.some((ip) => CLOUD_METADATA.has(ip))) return "cloud-metadata";
  if (proto === "udp" && port === 123) return "time"; // NTP (RFC 5905)
  if (proto === "tcp" && port === 4460) return "time"; // NTS key establishment (RFC 8915)
  return null;
}
