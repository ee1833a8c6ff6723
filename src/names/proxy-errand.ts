/** What a proxy is asked to reach for its client, by HTTP or by SOCKS. */
export interface ProxyErrand {
  /** Lower-case, escaped; the text of an IP literal, too, where there is one. */
  readonly host: string;
  /** 0 when it is not known. */
  readonly port: number;
  /** Of an IP literal: four big-endian words as int32, IPv4 as ::ffff:a.b.c.d; null for a name. */
  readonly address: Int32Array | null;
  readonly isUdp: boolean;
  /** What the client sends after it goes to the target, when the proxy agrees. */
  readonly opensTunnel: boolean;
  /** The whole connection becomes that tunnel. */
  readonly ownsConnection: boolean;
  /** The request itself carries content to the target. */
  readonly hasContent: boolean;
}
