#!/usr/bin/env node
import { Command } from "commander";
import { addPolicyCommand } from "./commands/policy.ts";
import { addReplayCommand } from "./commands/replay.ts";

const COULD_NOT_RUN = 2;

const program = new Command("gapwatch")
  .description("Watches the air gap of AI enclaves.")
  .version("0.1.0")
  .showHelpAfterError("(gapwatch --help shows what there is)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : COULD_NOT_RUN));
addReplayCommand(program);
addPolicyCommand(program);
await program.parseAsync();
