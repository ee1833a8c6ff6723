import type { RatedFinding } from "../findings/summary.ts";
import { parseAddress } from "../policy/address-text.ts";
import { type Explanation, explain } from "../policy/explain.ts";
import { Judge } from "../policy/judge.ts";
import type { EnclavePolicy } from "../policy/policy.ts";
import { parsePort } from "../policy/ports.ts";

const judges = new WeakMap<EnclavePolicy, Judge>();
/** The screen asks for the same again and again, and a policy may have a thousand rules. */
let last: { policy: EnclavePolicy; key: string; explanation: Explanation | null } | null = null;

/** How the policy judges what a finding is about; null where no rule is asked: a rule itself, a collapsed name. */
export function explainFinding(policy: EnclavePolicy, finding: RatedFinding): Explanation | null {
  const minute = Math.floor(finding.lastSeen.sec / 60); // a rule's hours and expiry are judged by it
  const key = `${finding.id} ${minute}`;
  if (last?.policy !== policy || last.key !== key) {
    last = { policy, key, explanation: explainAnew(policy, finding) };
  }
  return last.explanation;
}

function explainAnew(policy: EnclavePolicy, finding: RatedFinding): Explanation | null {
  const { destination, source, port, proto, kind } = finding;
  if (source === null || destination.startsWith("*") || finding.rule === destination) return null;
  let judge = judges.get(policy);
  if (judge === undefined) {
    judge = new Judge(policy);
    judges.set(policy, judge);
  }
  const service = kind === "dns.name" || port === null ? null : parsePort(`${port}/${proto}`);
  return explain(judge, {
    destination: parseAddress(destination) ?? destination,
    from: parseAddress(source),
    port: typeof service === "string" ? null : service,
    atSec: finding.lastSeen.sec,
  });
}
