import { randomInt } from "node:crypto";
import { clientHello, dnsQuestion, quicInitial, tlsRecord } from "./hello.ts";
import {
  type Endpoint,
  hasPing,
  hasRoute,
  ProbeError,
  ping,
  sendDatagram,
  sendSyn,
  speakTo,
} from "./network.ts";
import { type CanaryRun, nameOf, PATHS, type Path, placeOf, RUN_NUMBERS, tokenOf } from "./token.ts";

const DNS_PORT = 53;
const QUIC_PORT = 443;
const DCID_LEN = 8;

/** What a canary has to work with. */
export interface CanaryMeans {
  /** The approved resolver to ask, and a responder inside; null: these paths are not exercised. */
  readonly resolver: string | null;
  readonly responder: Endpoint | null;
}

/** What became of a probe. */
export interface ProbeResult {
  readonly path: Path;
  readonly result: "sent" | "not exercised" | "failed";
  /** Why, or where to. */
  readonly detail: string;
}

/** Sends one run of probes, each once, the names first: they say which others follow. */
export async function sendProbes(secret: Uint8Array, means: CanaryMeans): Promise<ProbeResult[]> {
  const begun = { sec: Math.floor(Date.now() / 1000), run: randomInt(RUN_NUMBERS) };
  const ways = await Promise.all(PATHS.map((path) => obstacleOf(path, secret, begun, means)));
  const paths = ways.reduce<number>((bits, way, i) => (way === null ? bits | (1 << i) : bits), 0);
  const run = { ...begun, paths };
  const results: ProbeResult[] = [];
  for (const [i, path] of PATHS.entries()) {
    const obstacle = ways[i];
    if (obstacle !== null) results.push({ path, result: "not exercised", detail: obstacle });
    else results.push(await sendProbe(path, secret, run, means));
  }
  return results;
}

/** Why a path cannot be exercised from here; null where it can. */
async function obstacleOf(
  path: Path,
  secret: Uint8Array,
  run: Pick<CanaryRun, "sec" | "run">,
  { resolver, responder }: CanaryMeans,
): Promise<string | null> {
  if (path === "dns-resolver")
    return resolver === null ? "no resolver is known: name one with --resolver" : null;
  if (path === "tls-inside")
    return responder === null ? "no responder is known: name one with --responder" : null;
  if (path.startsWith("icmp") && !hasPing()) return "there is no ping here";
  const { address } = placeOf(secret, run, path);
  return (await hasRoute(address)) ? null : `this host has no route to ${address}`;
}

async function sendProbe(
  path: Path,
  secret: Uint8Array,
  run: CanaryRun,
  means: CanaryMeans,
): Promise<ProbeResult> {
  try {
    return { path, result: "sent", detail: await send(path, secret, run, means) };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return { path, result: "failed", detail: error.message };
  }
}

/** Sends a probe and says where to. */
async function send(path: Path, secret: Uint8Array, run: CanaryRun, means: CanaryMeans): Promise<string> {
  const token = tokenOf(secret, run, path);
  const name = nameOf(token);
  const place = placeOf(secret, run, path);
  const { resolver, responder } = means;
  switch (path) {
    case "dns-resolver":
      if (resolver !== null) await sendDatagram({ address: resolver, port: DNS_PORT }, dnsQuestion(name));
      return `${resolver} port 53`;
    case "dns-outside-ipv4":
    case "dns-outside-ipv6":
      await sendDatagram({ address: place.address, port: DNS_PORT }, dnsQuestion(name));
      return `${place.address} port 53`;
    case "tcp-ipv4":
    case "tcp-ipv6":
      await sendSyn(place);
      return `${place.address} port ${place.port}, from port ${place.sourcePort}`;
    case "udp-ipv4":
    case "udp-ipv6":
      await sendDatagram(place, token, place.sourcePort);
      return `${place.address} port ${place.port}`;
    case "quic-ipv4":
    case "quic-ipv6": {
      const initial = quicInitial(token.subarray(-DCID_LEN), clientHello(name));
      await sendDatagram({ address: place.address, port: QUIC_PORT }, initial);
      return `${place.address} port ${QUIC_PORT}`;
    }
    case "icmp-ipv4":
    case "icmp-ipv6":
      await ping(place.address, token);
      return place.address;
    case "tls-inside":
      if (responder !== null) await speakTo(responder, tlsRecord(clientHello(name)));
      return `${responder?.address} port ${responder?.port}`;
  }
}
