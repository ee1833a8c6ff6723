/**
 * Public resolvers that answer over TLS, QUIC or HTTPS. Sources: the operators' own pages, v2fly's
 * domain-list-community (category-doh), Tailscale's net/dns/publicdns, Chromium's net/dns/public
 * (doh_provider_entry.cc), MISP's warning list public-dns; read in November 2026. Names stand for all below them.
 */
const NAMES: readonly string[] = [
  // AdGuard, Ali, Apple, Cisco, CleanBrowsing, Cloudflare, Comcast, Control D, Cox
  ...["dns.adguard.com", "adguard-dns.com", "dns.alidns.com", "doh.dns.apple.com", "doh.opendns.com"],
  ...["doh.familyshield.opendns.com", "doh.sandbox.opendns.com", "dns.opendns.com", "dns.umbrella.com"],
  ...["doh.umbrella.com", "doh.cleanbrowsing.org", "family-filter-dns.cleanbrowsing.org"],
  ...["adult-filter-dns.cleanbrowsing.org", "security-filter-dns.cleanbrowsing.org", "cloudflare-dns.com"],
  ...["one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com", "dns.cloudflare.com", "cloudflare-gateway.com"],
  ...[
    "doh.xfinity.com",
    "dot.xfinity.com",
    "freedns.controld.com",
    "dns.controld.com",
    "doh.cox.net",
    "dot.cox.net",
  ],
  // DNS.SB, dns0.eu and DNS4EU, Google, Hurricane Electric, Mullvad, NextDNS, Quad9, Qihoo, Tencent, Wikimedia, Yandex
  ...["doh.dns.sb", "dot.sb", "doh.sb", "dns0.eu", "joindns4.eu", "dns.google", "dns64.dns.google"],
  ...["google-public-dns-a.google.com", "google-public-dns-b.google.com", "ordns.he.net", "dns.mullvad.net"],
  ...[
    "doh.mullvad.net",
    "dns.nextdns.io",
    "dns.quad9.net",
    "dns9.quad9.net",
    "dns10.quad9.net",
    "dns11.quad9.net",
  ],
  ...["dns12.quad9.net", "doh.360.cn", "dot.360.cn", "doh.pub", "dot.pub", "dns.pub", "wikimedia-dns.org"],
  ...["dot.dns.yandex.net", "doh.dns.yandex.net"],
  // Others
  ...["anycast.uncensoredns.org", "unicast.uncensoredns.org", "basic.rethinkdns.com", "max.rethinkdns.com"],
  ...["canadianshield.cira.ca", "dns.arapurayil.com", "dns.bebasid.com", "dns.caliph.dev", "dns.cfiec.net"],
  ...["dns.comss.one", "dns.decloudus.com", "dns.digitale-gesellschaft.ch", "dns.dnswarden.com"],
  ...[
    "dns.njal.la",
    "dns.oszx.co",
    "dns.pumplex.com",
    "dns.rabbitdns.org",
    "dns.seia.io",
    "dns.surfsharkdns.com",
  ],
  ...["dns.switch.ch", "dns.twnic.tw", "dnsforge.de", "dnsguard.pub", "dns-doh.dnsforfamily.com"],
  ...["dns-dot.dnsforfamily.com", "doh.ahadns.net", "doh.la.ahadns.net", "doh.nl.ahadns.net"],
  ...[
    "doh.applied-privacy.net",
    "dot1.applied-privacy.net",
    "doh.ffmuc.net",
    "dot.ffmuc.net",
    "doh.libredns.gr",
  ],
  ...["dot.libredns.gr", "doh.onedns.net", "doh.qis.io", "doh.tiar.app", "dot.tiar.app", "dot.tiarap.org"],
  ...["doh.tiarap.org", "kaitain.restena.lu", "odvr.nic.cz", "openbld.net", "public.dns.iij.jp"],
  ...["resolver.dnsprivacy.org.uk", "resolver-eu.lelux.fi", "security.rabbitdns.org", "v.recipes"],
];

/** Addresses of those above that serve nothing but DNS. */
const ADDRESSES: readonly string[] = [
  // Cloudflare, Google, Quad9
  ...["1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3", "2606:4700:4700::1111"],
  ...["2606:4700:4700::1001", "2606:4700:4700::1112", "2606:4700:4700::1002", "2606:4700:4700::1113"],
  ...["2606:4700:4700::1003", "2606:4700:4700::64", "2606:4700:4700::6400", "8.8.8.8", "8.8.4.4"],
  ...["2001:4860:4860::8888", "2001:4860:4860::8844", "2001:4860:4860::64", "2001:4860:4860::6464"],
  ...["9.9.9.9", "9.9.9.10", "9.9.9.11", "9.9.9.12", "149.112.112.112", "149.112.112.9", "149.112.112.10"],
  ...[
    "149.112.112.11",
    "149.112.112.12",
    "2620:fe::fe",
    "2620:fe::9",
    "2620:fe::10",
    "2620:fe::11",
    "2620:fe::12",
  ],
  ...["2620:fe::fe:9", "2620:fe::fe:10", "2620:fe::fe:11", "2620:fe::fe:12"],
  // Cisco, AdGuard, CleanBrowsing, Control D, Mullvad, NextDNS
  ...[
    "208.67.222.222",
    "208.67.220.220",
    "208.67.222.123",
    "208.67.220.123",
    "2620:119:35::35",
    "2620:119:53::53",
  ],
  ...["94.140.14.14", "94.140.15.15", "94.140.14.15", "94.140.15.16", "94.140.14.140", "94.140.14.141"],
  ...["2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff", "185.228.168.9", "185.228.169.9", "185.228.168.10"],
  ...[
    "185.228.169.11",
    "185.228.168.168",
    "185.228.169.168",
    "76.76.2.0",
    "76.76.2.1",
    "76.76.2.2",
    "76.76.2.3",
  ],
  ...["76.76.10.0", "76.76.10.1", "76.76.10.2", "76.76.10.3", "2606:1a40::", "194.242.2.2", "194.242.2.3"],
  ...["194.242.2.4", "194.242.2.5", "194.242.2.6", "194.242.2.9", "2a07:e340::2", "45.90.28.0", "45.90.30.0"],
  // DNS.SB, Ali, Tencent, Yandex, Hurricane Electric
  ...["185.222.222.222", "45.11.45.11", "223.5.5.5", "223.6.6.6", "2400:3200::1", "2400:3200:baba::1"],
  ...["119.29.29.29", "1.12.12.12", "120.53.53.53", "77.88.8.8", "77.88.8.1", "74.82.42.42"],
];

const names = new Set(NAMES);
const addresses = new Set(ADDRESSES);

/** Whether the name (lower-case) is a resolver's, or below one. */
export function isEncryptedResolver(name: string): boolean {
  for (let at = 0; at >= 0; at = name.indexOf(".", at) + 1 || -1) {
    if (names.has(at === 0 ? name : name.slice(at))) return true;
  }
  return false;
}

/** Whether the address, as text, is a resolver's. */
export function isEncryptedResolverAddress(address: string): boolean {
  return addresses.has(address);
}
