import { isIP } from "node:net";
import { type Command, InvalidArgumentError } from "commander";
import { plain } from "../report/text-plain.ts";
import { configuredResolver, type Endpoint, ProbeError, respondAt } from "./canary/network.ts";
import { type ProbeResult, sendProbes } from "./canary/probes.ts";
import { readSecret, SecretError } from "./canary/secret.ts";
import { say } from "./say.ts";

const FAILED = 1;
const COULD_NOT_RUN = 2;
const LABEL_WIDTH = 18;
/** Both families, on a port that needs no right. */
const ANYWHERE: Endpoint = { address: "::", port: 8443 };

interface CanaryOptions {
  readonly secret?: string;
  readonly resolver?: string;
  readonly responder?: Endpoint;
  readonly respond?: Endpoint | true;
}

/** Adds `gapwatch canary`. */
export function addCanaryCommand(program: Command): void {
  program
    .command("canary")
    .summary("send harmless probes from an inside host, which a sensor must detect")
    .option("--secret <file>", "secret shared with validate --canary (openssl rand -hex 32 makes one)")
    .option("--resolver <address>", "approved resolver to ask (default: from /etc/resolv.conf)", address)
    .option("--responder <address:port>", "where another canary responds inside", endpoint)
    .option("--respond [address:port]", "respond to canaries until Ctrl-C (default: [::]:8443)", endpoint)
    .addHelpText("after", HELP)
    .action(async (options: CanaryOptions) => {
      process.exitCode = await canary(options);
    });
}

const HELP = `
Every probe goes to a documentation address (RFC 5737, RFC 3849) or asks for a
documentation name, once. A firewall that drops it is fine: the sensor must see
that it was tried. Needs no right to capture. Run it while gapwatch validate
--canary FILE watches; the clocks of both may be two minutes apart.

Exit codes: 0 all that can be sent from here was sent, 1 something failed,
2 could not run.`;

async function canary(options: CanaryOptions): Promise<number> {
  try {
    if (options.respond !== undefined) {
      return await respond(options.respond === true ? ANYWHERE : options.respond);
    }
    if (options.secret === undefined) {
      say("which secret? give --secret FILE, or --respond ADDRESS:PORT to answer others");
      return COULD_NOT_RUN;
    }
    const secret = readSecret(options.secret);
    const means = {
      resolver: options.resolver ?? configuredResolver(),
      responder: options.responder ?? null,
    };
    const results = await sendProbes(secret, means);
    process.stdout.write(results.map(lineOf).join(""));
    return results.some(({ result }) => result === "failed") ? FAILED : 0;
  } catch (error) {
    if (!(error instanceof SecretError || error instanceof ProbeError)) throw error;
    say(error.message);
    return COULD_NOT_RUN;
  }
}

function lineOf({ path, result, detail }: ProbeResult): string {
  return `${path.padEnd(LABEL_WIDTH)}${result}: ${plain(detail)}\n`;
}

async function respond(at: Endpoint): Promise<number> {
  const server = await respondAt(at);
  say(`responding at ${at.address} port ${at.port}`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve).once("SIGTERM", resolve);
  });
  server.close();
  return 0;
}

function address(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError("expected an address such as 10.20.0.53");
  return text;
}

function endpoint(text: string): Endpoint {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[3]);
  if (isIP(host) === 0 || port < 1 || port > 65_535) {
    throw new InvalidArgumentError("expected ADDRESS:PORT such as 10.20.9.20:8443 or [fd20::1]:8443");
  }
  return { address: host, port };
}
