import type { Command } from "commander";
import { systemMessage } from "../capture/system-message.ts";
import { createKeyPair, KeyError } from "../records/signing-key.ts";
import { resolveStatePaths } from "../records/state-paths.ts";
import { plain } from "../report/text-plain.ts";
import { say } from "./say.ts";
import { STATE_OPTION } from "./state-option.ts";

const COULD_NOT_RUN = 2;

/** Adds `gapwatch keygen`. */
export function addKeygenCommand(program: Command): void {
  program
    .command("keygen")
    .summary("make the key that signs the audit log and validation reports")
    .description(
      "Makes an Ed25519 key pair in the state directory. The audit log is signed with it from the next start of " +
        "watch on. Keep the public key elsewhere: verify --key checks the log with it.",
    )
    .option(...STATE_OPTION)
    .action((options: { state?: string }) => {
      process.exitCode = keygen(options.state);
    });
}

function keygen(state: string | undefined): number {
  try {
    const key = createKeyPair(resolveStatePaths(state).keys);
    process.stdout.write(
      `public key   ${key.publicKey}\nfingerprint  ${key.fingerprint}\n` +
        `files        ${plain(key.publicPath)}\n             ${plain(key.privatePath)} (keep it here)\n`,
    );
    return 0;
  } catch (error) {
    say(error instanceof KeyError ? error.message : `cannot write the key: ${systemMessage(error)}`);
    return COULD_NOT_RUN;
  }
}
