/** What stands in a name for labels that hold a credential. */
const HIDDEN = "hidden-credential";

/** Where a token may begin in a name, which is in lower case: the prefixes of credential-tokens.ts. */
const BEGINS =
  /(?<![a-z0-9])(?:a(?:kia|sia)[a-z2-7]|gh[pousr]_|github_pat_|npm_|glpat-|aiza|xox[abeoprs]-|sk-|hf_|pypi-|[sr]k_(?:live|test)_|dckr_|gsk_|nvapi-|lsv2_|eyj)/g;
/** The least that makes it one, the dots between labels taken out. Without its case no checksum can be tested. */
const TOKEN =
  /^(?:a(?:kia|sia)[a-z2-7]{16}|gh[pousr]_[a-z0-9]{36}|github_pat_[a-z0-9_]{40}|npm_[a-z0-9]{36}|glpat-[a-z0-9_-]{20}|aiza[a-z0-9_-]{35}|xox[abeoprs]-[a-z0-9-]{24}|sk-ant-[a-z0-9_-]{40}|sk-[a-z0-9_-]{20,100}?t3blbkfj|hf_[a-z]{34}|pypi-ageichlwas5vcmc|[sr]k_(?:live|test)_[a-z0-9]{16}|dckr_[po]at_[a-z0-9_-]{24}|gsk_[a-z0-9]{52}|nvapi-[a-z0-9_-]{60}|lsv2_(?:pt|sk)_[a-f0-9]{32}|eyj(?=[a-z]{0,30}\d)[a-z0-9_-]{30})/;
/** Labels at the end that are kept: whose name it is. */
const KEPT_LABELS = 2;
const MIN_LENGTH = 20;

/**
 * The name, in lower case and escaped, without what is a credential in it: names go into findings, events and logs,
 * and a credential must not. Labels are given up from where it begins to the last two.
 */
export function hideInName(name: string): string {
  if (name.length < MIN_LENGTH) return name;
  BEGINS.lastIndex = 0;
  for (let match = BEGINS.exec(name); match !== null; match = BEGINS.exec(name)) {
    if (TOKEN.test(name.slice(match.index).replaceAll(".", ""))) return hiddenFrom(name, match.index);
  }
  return name;
}

/** Whether a name had a credential in it. */
export function isHidden(name: string): boolean {
  return name.includes(HIDDEN) && name.split(".").includes(HIDDEN);
}

function hiddenFrom(name: string, at: number): string {
  const before = name.lastIndexOf(".", at) + 1;
  const kept = name.slice(at).split(".").slice(1).slice(-KEPT_LABELS);
  return `${name.slice(0, before)}${[HIDDEN, ...kept].join(".")}`;
}
