const CLIENTS = 2000;
const SERVERS = 64;
/** 40 hosts that each try 18 named and 10 bare destinations: 1,120 flow and 720 question findings at most. */
const RESTLESS = 40;
const NAMED_EACH = 18;
const BARE_EACH = 10;

const OUTCOMES = ["dropped", "refused", "answered", "prohibited"];

/** What an AI stack likes to ask for; the addresses are reserved ones (RFC 5737, RFC 2544, RFC 3849). */
const OUTSIDE_NAMES = [
  "huggingface.co",
  "cdn-lfs.huggingface.co",
  "pypi.org",
  "files.pythonhosted.org",
  "registry.npmjs.org",
  "api.openai.com",
  "api.anthropic.com",
  "github.com",
  "objects.githubusercontent.com",
  "registry-1.docker.io",
  "auth.docker.io",
  "ghcr.io",
  "nvcr.io",
  "developer.download.nvidia.com",
  "deb.debian.org",
  "security.ubuntu.com",
  "conda.anaconda.org",
  "login.microsoftonline.com",
  "accounts.google.com",
  "storage.googleapis.com",
  "sts.amazonaws.com",
  "app.posthog.com",
  "o1.ingest.sentry.io",
  "api.wandb.ai",
  "telemetry.vllm.example.net",
  "licence.vendor.example.com",
  "proxy.golang.org",
  "crates.io",
  "packages.cloud.google.com",
  "quay.io",
];

/** Everybody who talks: inside clients and servers, the gateway, and the outside that some try to reach. */
export function makeWorld(random) {
  const clients = Array.from({ length: CLIENTS }, (_, n) => insideParty(1 + (n >> 8), n & 0xff, n));
  const servers = Array.from({ length: SERVERS }, (_, n) => ({
    ...insideParty(200, n, 0x8000 + n),
    name: `${SERVICES[n % SERVICES.length]}-${n}.enclave.internal`,
  }));
  const resolver = insideParty(0, 53, 0xff53);
  resolver.v6 = v6Address(0xfd20, 0x5eed, 0x53);
  const gateway = insideParty(0, 1, 0xff01);
  const named = OUTSIDE_NAMES.map((name, n) => namedDestination(name, n, gateway.mac));
  const bare = Array.from({ length: 20 }, (_, n) => bareDestination(n, gateway.mac));
  const restless = clients.slice(0, RESTLESS).map((host) => ({
    host,
    targets: [...sample(random, named, NAMED_EACH), ...sample(random, bare, BARE_EACH)],
    askedUsec: new Map(),
  }));
  const allowed = [
    { ...outsideParty([203, 0, 113, 10], gateway.mac), name: "gate.transfer.example.org", asks: false },
    {
      ...outsideParty([203, 0, 113, 77], gateway.mac),
      name: "fw.updates.example.org",
      asks: true,
      alias: null,
    },
  ];
  return { clients, servers, resolver, gateway, restless, allowed };
}

const SERVICES = [
  "model-gw",
  "vector-db",
  "registry",
  "object-store",
  "scheduler",
  "feature-store",
  "vault",
  "grafana",
];

function insideParty(subnet, host, number) {
  return {
    mac: Uint8Array.from([2, 0x20, 0, 0, number >> 8, number & 0xff]),
    v4: Uint8Array.from([10, 20, subnet, host]),
    v6: v6Address(0xfd20, 0x5eed, 0x1_0000 + number),
    nextPort: 32_768,
    ipId: (number * 977) & 0xffff,
  };
}

function outsideParty(v4, gatewayMac) {
  return { mac: gatewayMac, v4: Uint8Array.from(v4), v6: null, nextPort: 1024, ipId: 0 };
}

function namedDestination(name, n, gatewayMac) {
  return {
    ...outsideParty([198, 51, 100, 10 + n], gatewayMac),
    name,
    alias: n % 5 === 0 ? `pop${n}.edge.example.net` : null,
    asks: true,
    port: 443,
    outcome: OUTCOMES[n % OUTCOMES.length],
  };
}

function bareDestination(n, gatewayMac) {
  const party = outsideParty([198, 18, n, 200 + n], gatewayMac);
  if (n % 5 === 4) party.v6 = v6Address(0x2001, 0x0db8, 0x100 + n);
  const udp = n % 4 === 3;
  return {
    ...party,
    name: null,
    asks: false,
    port: udp ? 123 : 80 + n,
    outcome: udp ? "ntp" : OUTCOMES[n % 2],
  };
}

function v6Address(first, second, host) {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, first);
  view.setUint16(2, second);
  view.setUint32(12, host);
  return address;
}

function sample(random, list, count) {
  const rest = [...list];
  return Array.from({ length: count }, () => rest.splice(random.between(0, rest.length - 1), 1)[0]);
}
