import { GPU, type Scene } from "../../findings/scene.ts";
import type { DnsType } from "../../traffic/messages.ts";
import type { Labelled } from "./labelled.ts";
import { BASE32, BASE62, BASE64URL, HEX, type Random } from "./random.ts";

const WORDS = (
  "api www mail login auth cdn static images assets update download registry docs blog shop data metrics events " +
  "gateway edge prod staging dev test internal public search status support store files backup cache proxy media"
).split(" ");

/** Data in labels of at most `label` characters below `zone`. */
function dataName(random: Random, alphabet: string, chars: number, label: number, zone: string): string {
  const labels: string[] = [];
  for (let left = chars; left > 0; left -= label) labels.push(random.text(alphabet, Math.min(label, left)));
  return [...labels, zone].join(".");
}

/** A tunnel or a theft: `names` questions, `everySec` apart. */
interface Sent {
  readonly alphabet: string;
  readonly chars: readonly [least: number, most: number];
  readonly names: number;
  readonly everySec: number;
  readonly zone: string;
  readonly type?: DnsType;
  readonly label?: number;
  /** Characters of the TXT answer. */
  readonly answer?: number;
}

function sends({ alphabet, chars, names, everySec, zone, type = "A", label = 63, answer }: Sent) {
  return (scene: Scene, random: Random): void => {
    for (let n = 0; n < names; n++) {
      scene.at(n * everySec);
      const name = dataName(random, alphabet, random.whole(...chars), label, zone);
      const data = answer === undefined ? null : random.text(BASE64URL, answer);
      scene.asks(
        GPU,
        name,
        data === null ? { type, answer: null } : { type, answer: [{ type: "TXT", data }] },
      );
    }
  };
}

/** Names of a list, asked `count` times at random moments of a day. */
function asks(count: number, nameOf: (random: Random) => string, type: DnsType = "A") {
  return (scene: Scene, random: Random): void => {
    for (let n = 0; n < count; n++) {
      scene.at(Math.floor((n * 86_400) / count));
      scene.asks(GPU, nameOf(random), { type, answer: [], rcode: 3 });
    }
  };
}

const word = (random: Random): string => random.pick(WORDS);
const uuid = (random: Random): string => {
  const part = (length: number): string => random.text(HEX, length);
  return `${part(8)}-${part(4)}-4${part(3)}-${random.pick(["8", "9", "a", "b"])}${part(3)}-${part(12)}`;
};
const v4 = (random: Random): string => [0, 0, 0, 0].map(() => random.whole(1, 254)).join(".");

/** Tunnels of the kinds that tools make; the recorded ones are in tunnels.pcap. */
const TUNNELS: readonly (readonly [name: string, sent: Sent])[] = [
  ["dnscat2, idle", { alphabet: HEX, chars: [34, 38], names: 120, everySec: 1, zone: "c2.example.com" }],
  [
    "dnscat2, a file by TXT",
    {
      alphabet: HEX,
      chars: [60, 220],
      names: 80,
      everySec: 1,
      zone: "example.com",
      type: "TXT",
      answer: 120,
    },
  ],
  [
    "base 32, whole names",
    { alphabet: BASE32, chars: [180, 220], names: 40, everySec: 1, zone: "x.example.net" },
  ],
  ["base 32, one label", { alphabet: BASE32, chars: [50, 63], names: 60, everySec: 2, zone: "example.org" }],
  [
    "base 64, one label",
    { alphabet: BASE64URL, chars: [40, 60], names: 60, everySec: 2, zone: "example.org" },
  ],
  [
    "hex, one label a minute",
    { alphabet: HEX, chars: [56, 60], names: 200, everySec: 60, zone: "slow.example.com" },
  ],
  [
    "hex, one label an hour",
    { alphabet: HEX, chars: [60, 60], names: 72, everySec: 3600, zone: "example.com" },
  ],
  [
    "base 32, short labels",
    { alphabet: BASE32, chars: [24, 32], names: 300, everySec: 5, zone: "example.com", label: 6 },
  ],
  [
    "base 32, a dozen characters",
    { alphabet: BASE32, chars: [12, 14], names: 1500, everySec: 5, zone: "example.com" },
  ],
  ["digits", { alphabet: "0123456789", chars: [40, 60], names: 60, everySec: 2, zone: "example.com" }],
  [
    "below a zone that a rule allows",
    { alphabet: HEX, chars: [50, 60], names: 40, everySec: 2, zone: "a.updates.example.org" },
  ],
  ["below an exempt zone", { alphabet: HEX, chars: [50, 60], names: 40, everySec: 2, zone: "resolver.arpa" }],
  [
    "what comes back is the data",
    {
      alphabet: HEX,
      chars: [5, 6],
      names: 60,
      everySec: 1,
      zone: "cmd.example.com",
      type: "TXT",
      answer: 200,
    },
  ],
];

/** Too little, or in words. */
const BEYOND: readonly (readonly [name: string, play: Labelled["play"]])[] = [
  [
    "a key in five names",
    sends({ alphabet: HEX, chars: [50, 60], names: 5, everySec: 60, zone: "example.com" }),
  ],
  ["data in words", asks(400, (r) => `${[0, 1, 2, 3, 4, 5].map(() => word(r)).join("-")}.example.com`)],
];

/** What hosts ask for by rights, or at least without hiding anything. */
const NOISE: readonly (readonly [name: string, play: Labelled["play"]])[] = [
  ["a content network", asks(400, (r) => `d${r.text(`${HEX}gijklmnopqrstuvwxyz`, 13)}.cloudfront.net`)],
  ["another", asks(300, (r) => `e${r.whole(1000, 99999)}.dsc${r.text("abcdefg", 1)}.akamaiedge.net`)],
  ["video caches", asks(300, (r) => `rr${r.whole(1, 9)}---sn-${r.text(`${HEX}ghkmn`, 8)}.googlevideo.com`)],
  ["load balancers", asks(10, (r) => `a${r.text(HEX, 31)}-${r.whole(1e8, 2e9)}.us-east-1.elb.amazonaws.com`)],
  ["storage accounts", asks(150, (r) => `${word(r)}${word(r)}${r.whole(1, 99)}.blob.core.windows.net`)],
  ["buckets", asks(150, (r) => `${word(r)}-${word(r)}-${r.text(HEX, 8)}.s3.eu-central-1.amazonaws.com`)],
  ["functions", asks(30, (r) => `${r.text(BASE32, 10)}.execute-api.us-west-2.amazonaws.com`)],
  ["antivirus", asks(600, (r) => `${r.text(BASE32, 26)}.avqs.mcafee.com`)],
  ["malware hashes", asks(300, (r) => `${r.text(HEX, 32)}.${r.text(HEX, 32)}.hash.cymru.com`)],
  ["block lists", asks(600, (r) => `${v4(r)}.zen.spamhaus.org`)],
  ["block lists, IPv6", asks(300, (r) => `${r.text(HEX, 32).split("").join(".")}.zen.spamhaus.org`)],
  ["reverse zones", asks(600, (r) => `${v4(r)}.in-addr.arpa`, "PTR")],
  ["reverse zones, IPv6", asks(300, (r) => `${r.text(HEX, 32).split("").join(".")}.ip6.arpa`, "PTR")],
  ["Kubernetes search paths", asks(400, (r) => `${word(r)}.example.com.${word(r)}.svc.cluster.local`)],
  ["pods", asks(300, (r) => `${word(r)}-${r.text(BASE32, 9)}-${r.text(BASE32, 5)}.pods.cluster.local`)],
  ["pods outside", asks(25, (r) => `${word(r)}-${r.text(BASE32, 9)}-${r.text(BASE32, 5)}.k8s.example.net`)],
  ["services by UUID", asks(200, (r) => `${uuid(r)}.iot.example.com`)],
  ["mail: SPF", asks(200, (r) => `_spf.${word(r)}${word(r)}.com`, "TXT")],
  ["mail: DKIM", asks(200, (r) => `s${r.whole(1, 2)}._domainkey.${word(r)}-${word(r)}.com`, "TXT")],
  ["ordinary names", asks(800, (r) => `${word(r)}.${word(r)}-${word(r)}.example.com`)],
  [
    "names with numbers",
    asks(400, (r) => `${word(r)}${r.whole(1, 999)}.eu-west-${r.whole(1, 3)}.example.com`),
  ],
  ["a directory", asks(200, (r) => `_ldap._tcp.${uuid(r)}.domains._msdcs.enclave.internal`)],
  ["builds", asks(18, (r) => `${r.text(HEX, 32)}.preview.example.app`)],
  ["a few tokens", asks(8, (r) => `${r.text(BASE62, 60)}.example.com`)],
];

/** Questions for the detector of DNS tunnels. */
export const DNS_TRAFFIC: readonly Labelled[] = [
  ...TUNNELS.map(([name, sent]) => ({ name, isWanted: true, play: sends(sent) })),
  ...BEYOND.map(([name, play]) => ({ name, isWanted: true, isBeyond: true as const, play })),
  ...NOISE.map(([name, play]) => ({ name, isWanted: false, play })),
];
