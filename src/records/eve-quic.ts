import type { QuicHello } from "../flow/quic-sink.ts";
import { ja4 } from "../names/ja4.ts";
import { tlsDetail } from "./eve-tls.ts";

/** `quic` of a client's hello. */
export function quicObject({ version, names, hello }: QuicHello): object {
  return { sni: names[0], version, ja4: hello === null ? undefined : ja4(hello, "q") };
}

/** What is odd about its ClientHello, undefined when nothing is. */
export function quicDetail({ hello }: QuicHello): object | undefined {
  return hello === null ? undefined : tlsDetail(hello);
}
