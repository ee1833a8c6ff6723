import type { ClientHello } from "../names/tls-client-hello.ts";
import type { End } from "./flow-view.ts";

/** What a QUIC client asked for. Reused by its owner. */
export interface QuicHello {
  /** As EVE writes it: "1", "6b3343cf", "ff00001d", "Q043". */
  readonly version: string;
  /** Host names asked for, lower-case and escaped. */
  readonly names: readonly string[];
  /** Null where QUIC crypto stands in the place of TLS. */
  readonly hello: ClientHello | null;
}

/** Takes what is found in QUIC flows. `from`: the end that sent it. */
export interface QuicSink {
  /** An Initial packet of the flow's initiator. */
  quicInitial(row: number): void;
  quicHello(row: number, from: End, hello: QuicHello): void;
  /** Something could not be read as it should; a name in the coverage table. */
  trouble(name: string): void;
}
