import type { SshBanner } from "../names/ssh.ts";

/** `ssh` of a connection: what its ends say they are. */
export function sshObject(client: SshBanner | null, server: SshBanner | null): object {
  return { client: bannerObject(client), server: bannerObject(server) };
}

function bannerObject(banner: SshBanner | null): object | undefined {
  if (banner === null) return undefined;
  return { proto_version: banner.protoVersion, software_version: banner.softwareVersion };
}
