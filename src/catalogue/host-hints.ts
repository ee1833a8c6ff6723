import { didYouMean } from "../policy/did-you-mean.ts";
import { canonicalName, isUnder } from "../policy/name-set.ts";
import { isPublicSuffix, registrableDomain } from "../policy/public-suffix.ts";

/** What can be said of a name without an entry: from its labels and its neighbours alone. */
export interface HostHints {
  readonly registrableDomain: string | null;
  /** What a label of the name suggests; a habit of naming, no proof. */
  readonly suggests: string | null;
  /** Known names under the same domain, or under a domain that is a slip of the pen away. */
  readonly similar: readonly string[];
}

const MAX_SIMILAR = 5;
const MAX_CACHED = 4096;

/** First labels, or parts of them, by which operators call their hosts. */
const HABITS: readonly (readonly [label: RegExp, meaning: string])[] = [
  [/^(ocsp|crl|pki|ctl)\d*$/, "certificate revocation"],
  [/^(ntp|time|clock)\d*$/, "a clock"],
  [/^(login|auth|sso|idp|oauth|oauth2|oidc|accounts?|signin|identity|saml|sts)\d*$/, "an identity provider"],
  [
    /^(telemetry|metrics|stats|analytics|collect|collector|usage|events|ingest|track|tracking|beacon|ping)\d*$/,
    "telemetry",
  ],
  [/^(sentry|crash|crashes|errors?|bugs)\d*$/, "crash reports"],
  [/^(otlp|traces?|logs?|apm|intake)\d*$/, "hosted monitoring"],
  [/^(updates?|upgrade|releases?|version|versions|check|checkpoint|autoupdate)\d*$/, "an update check"],
  [
    /^(registry|packages?|pkgs?|repo|repos|mirrors?|deb|apt|yum|rpm|dl|downloads?|artifacts?|charts|index)\d*$/,
    "packages or downloads",
  ],
  [/^(licen[cs]e|licensing|activation|entitlements?)\d*$/, "a licence server"],
  [/^(dns|doh|dot|resolver|ns)\d*$/, "a DNS resolver or name server"],
  [/^(vpn|tunnel|relay|derp|turn|stun|remote|connect)\d*$/, "a tunnel, relay or remote access"],
  [/^(cdn|static|assets?|img|images|fonts|media)\d*$/, "content delivery"],
  [/^(vault|kms|secrets?|keys?)\d*$/, "keys or secrets"],
  [/^(models?|hub|inference|llm|ai|embeddings?)\d*$/, "models"],
  [/^(smtp|mail|mx|imap)\d*$/, "mail"],
  [/^(api|gateway|gw|svc|service)\d*$/, "an API"],
];

/** Hints from the names that a catalogue spells out. */
export class HostHinter {
  private readonly byDomain = new Map<string, string[]>();
  private readonly slips = new Map<string, string | null>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const domain = registrableDomain(name);
      if (domain === null) continue;
      const list = this.byDomain.get(domain);
      if (list === undefined) this.byDomain.set(domain, [name]);
      else if (!list.includes(name)) list.push(name);
    }
  }

  hints(name: string): HostHints {
    const canonical = canonicalName(name);
    const domain = registrableDomain(canonical);
    return {
      registrableDomain: domain,
      suggests: suggestionOf(canonical, domain),
      similar: this.similar(domain),
    };
  }

  private similar(domain: string | null): string[] {
    if (domain === null) return [];
    const near = this.byDomain.has(domain) ? domain : this.slipOf(domain);
    const names = near === null ? [] : (this.byDomain.get(near) ?? []);
    return [...names].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, MAX_SIMILAR);
  }

  /** The known domain that this one is a slip of the pen away from: a typing error, or somebody who counts on one. */
  private slipOf(domain: string): string | null {
    const known = this.slips.get(domain);
    if (known !== undefined) return known;
    if (this.slips.size >= MAX_CACHED) this.slips.clear();
    const near = [...this.byDomain.keys()].filter((each) => Math.abs(each.length - domain.length) <= 2);
    const slip = didYouMean(domain, near);
    this.slips.set(domain, slip);
    return slip;
  }
}

function suggestionOf(name: string, domain: string | null): string | null {
  if (domain === null || !isUnder(name, domain)) return isPublicSuffix(name) ? "a public suffix" : null;
  const labels = name
    .slice(0, -domain.length)
    .split(/[.-]/)
    .filter((label) => label !== "");
  for (const [habit, meaning] of HABITS) if (labels.some((label) => habit.test(label))) return meaning;
  return null;
}
