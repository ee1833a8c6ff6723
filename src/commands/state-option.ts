/** Flags and description of `--state`, the same for all commands that know it. */
export const STATE_OPTION = [
  "--state <dir>",
  "state directory (default: $XDG_STATE_HOME/gapwatch; for root /var/lib/gapwatch)",
] as const;
