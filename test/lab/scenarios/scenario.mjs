// What a scenario is. Steps run one after the other, so that a record tells them in this order.

/**
 * A finding that a step must cause: kind, source host (or address), destination identity, service,
 * outcome. Several steps may feed one finding; then the worst outcome stands.
 * @typedef {readonly [kind: string, source: string, destination: string, service: string, outcome: Outcome]} Expected
 * @typedef {"named" | "attempted" | "refused" | "answered" | "connected" | "transferred"} Outcome
 */

/**
 * @typedef {object} Step
 * @property {string} host where it runs
 * @property {readonly string[]} run the command; the lab's own clients are under /run/kit/clients
 * @property {string} why what the step shows
 * @property {readonly Expected[]} expects empty for traffic that is fine
 * @property {Readonly<Record<string, string>>} [env]
 */

/**
 * @typedef {object} Scenario
 * @property {string} about one sentence for the provenance
 * @property {readonly (readonly [prefix: string, import("../topology.mjs").Treatment])[]} [treat]
 * @property {readonly (readonly [host: string, command: string])[]} [prepare] before the record starts
 * @property {string} [packages] the package.json of what its clients import, beside lab.mjs
 * @property {readonly string[]} exceptions ids of the allow rules that it uses
 * @property {readonly Step[]} steps
 */

/** From the least to the worst, as an attempt's outcome is ranked. */
export const OUTCOMES = ["named", "attempted", "refused", "answered", "connected", "transferred"];

/** A stub resolver in a pod: every name with fewer than five dots is tried under each suffix first. */
export const POD = {
  LOCALDOMAIN: "default.svc.cluster.local svc.cluster.local cluster.local enclave.internal",
  RES_OPTIONS: "ndots:5 timeout:1 attempts:2",
};

/** `curl` that says little, trusts any certificate, and gives up while the first retry is young. */
export const CURL = ["curl", "-sS", "-k", "--max-time", "3", "--connect-timeout", "1.5"];

export const PROXY = ["-x", "http://proxy-01.enclave.internal:3128"];

/** @param {string} server */
export function chrony(server) {
  return ["chronyd", "-Q", "-t", "4", "-f", "/dev/null", `server ${server} iburst maxsamples 1`];
}
