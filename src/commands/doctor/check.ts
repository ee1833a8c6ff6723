export type CheckStatus = "ok" | "warning" | "failed";

/** One thing that was looked at. */
export interface Check {
  readonly status: CheckStatus;
  readonly topic: string;
  readonly text: string;
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null;
}

export function ok(topic: string, text: string): Check {
  return { status: "ok", topic, text, remedy: null };
}

/** Goes on, but less well than it could. */
export function warning(topic: string, text: string, remedy: string): Check {
  return { status: "warning", topic, text, remedy };
}

/** Keeps gapwatch from watching, or from seeing. */
export function failed(topic: string, text: string, remedy: string): Check {
  return { status: "failed", topic, text, remedy };
}

/** "1 frame", "2 frames". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
