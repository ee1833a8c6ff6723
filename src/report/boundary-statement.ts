import type { ExceptionUse } from "../findings/exceptions.ts";
import type { PrefixSeen, ServiceUse } from "../findings/inside-census.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Rule } from "../policy/policy.ts";
import type { Prefix } from "../policy/prefix.ts";
import type { Run } from "./run.ts";
import { rfc3339 } from "./time-text.ts";
import type { Boundary, ServiceReport } from "./validation-shape.ts";

/** What the verdict is about: the boundary as the enclave file draws it, and what of it was seen. */
export function boundaryStatement(run: Run, prefixes: readonly PrefixSeen[]): Boundary {
  const { policy, summary } = run;
  return {
    inside: prefixes.map(({ prefix, hosts }) => ({
      prefix,
      hosts_seen: hosts,
      only_seen_in: summary.wideInside.find((wide) => wide.prefix === prefix)?.seen ?? null,
    })),
    resolvers: textsOf(policy.resolvers),
    relays: textsOf(policy.relays),
    nat: policy.nat.map(({ address, hosts }) => ({ address: formatAddress(address), hosts: textsOf(hosts) })),
    mirrored: policy.mirrored.map(({ name, to }) => ({ name: name.text, to: textsOf(to) })),
    mirrors: policy.mirrors.map(({ kind, port, from, to }) => ({
      transport: port === null ? kind : `${kind} on UDP port ${port}`,
      from: from.text,
      to: to.text,
    })),
    gates: policy.rules.map((rule) => gateOf(rule, summary.exceptions, run.tsDigits)),
    sensor: run.inputs.map(({ path }) => path),
  };
}

function gateOf(rule: Rule, uses: readonly ExceptionUse[], tsDigits: number): Boundary["gates"][number] {
  const use = uses.find((each) => each.rule.id === rule.id);
  return {
    rule: rule.id,
    direction: rule.text.direction,
    to: rule.text.to,
    ports: rule.text.ports,
    from: rule.text.from,
    owner: rule.owner,
    reason: rule.reason,
    expires: rule.text.expires,
    hours: rule.text.hours,
    max_bytes_out: rule.text.maxBytesOut,
    max_bytes_in: rule.text.maxBytesIn,
    attempts: use?.attempts ?? 0,
    questions: use?.questions ?? 0,
    bytes_out: use?.bytesOut ?? 0,
    bytes_in: use?.bytesIn ?? 0,
    last_seen: use === undefined ? null : rfc3339(use.lastSeen, tsDigits),
  };
}

/** The security functions that the enclave file names, and who was seen to use them. */
export function serviceReports({ policy, tsDigits }: Run, uses: readonly ServiceUse[]): ServiceReport[] {
  return policy.services.map(({ role, address, port, mustBeUsed }, i) => {
    const { uses: count, users, last } = uses[i];
    return {
      role,
      address: formatAddress(address),
      port: port.text,
      must_be_used: mustBeUsed,
      uses: count,
      last_use: last === null ? null : rfc3339(last, tsDigits),
      users: users.map((user) => ({
        ip: user.ip,
        name: user.name,
        uses: user.uses,
        last_use: rfc3339(user.last, tsDigits),
      })),
    };
  });
}

function textsOf(prefixes: readonly Prefix[]): string[] {
  return prefixes.map(({ text }) => text);
}
