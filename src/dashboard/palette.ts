import {
  ACCENT,
  BAD,
  CRITICAL_ROLE,
  DIM,
  FRESH,
  GOOD,
  HEADING,
  HIGH_ROLE,
  INFO_ROLE,
  KEY,
  LAMP_BLIND,
  LAMP_CLEAN,
  LAMP_REACHBACK,
  LAMP_WAITING,
  LOW_ROLE,
  MEDIUM_ROLE,
  PROMPT,
  ROLE_COUNT,
  RULE,
  SELECTED,
  STRONG,
  TAB,
  TAB_ACTIVE,
  WARN,
} from "./roles.ts";

/** Colours that a terminal has; 0: none are wanted (NO_COLOR). */
export type Depth = 0 | 8 | 16 | 256;

/** Colour of the terminal itself. */
export const DEFAULT_COLOR = -1;

/** How a cell looks: indexed colours, or DEFAULT_COLOR. */
export interface Look {
  readonly fg: number;
  readonly bg: number;
  readonly bold: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

const PLAIN: Look = { fg: DEFAULT_COLOR, bg: DEFAULT_COLOR, bold: false, underline: false, inverse: false };

type Entry = readonly [role: number, look: Partial<Look>];

const bold = { bold: true };

/** 256 colours on a dark background: one accent, colour for what matters, grey for what is always there. */
const DARK: readonly Entry[] = [
  [DIM, { fg: 245 }],
  [STRONG, { fg: 255, bold: true }],
  [RULE, { fg: 238 }],
  [ACCENT, { fg: 80 }],
  [KEY, { fg: 80, bold: true }],
  [GOOD, { fg: 78 }],
  [WARN, { fg: 214 }],
  [BAD, { fg: 203 }],
  [LAMP_CLEAN, { fg: 16, bg: 78, bold: true }],
  [LAMP_REACHBACK, { fg: 231, bg: 160, bold: true }],
  [LAMP_BLIND, { fg: 16, bg: 214, bold: true }],
  [LAMP_WAITING, { fg: 231, bg: 240, bold: true }],
  [INFO_ROLE, { fg: 245 }],
  [LOW_ROLE, { fg: 110 }],
  [MEDIUM_ROLE, { fg: 221 }],
  [HIGH_ROLE, { fg: 209 }],
  [CRITICAL_ROLE, { fg: 203, bold: true }],
  [FRESH, { fg: 231, bold: true }],
  [TAB, { fg: 248 }],
  [TAB_ACTIVE, { fg: 80, bold: true, underline: true }],
  [PROMPT, { fg: 231 }],
  [HEADING, { fg: 245, bold: true }],
];

const LIGHT: readonly Entry[] = [
  [DIM, { fg: 242 }],
  [STRONG, { fg: 16, bold: true }],
  [RULE, { fg: 250 }],
  [ACCENT, { fg: 25 }],
  [KEY, { fg: 25, bold: true }],
  [GOOD, { fg: 28 }],
  [WARN, { fg: 130 }],
  [BAD, { fg: 160 }],
  [LAMP_CLEAN, { fg: 231, bg: 28, bold: true }],
  [LAMP_REACHBACK, { fg: 231, bg: 160, bold: true }],
  [LAMP_BLIND, { fg: 231, bg: 130, bold: true }],
  [LAMP_WAITING, { fg: 231, bg: 242, bold: true }],
  [INFO_ROLE, { fg: 242 }],
  [LOW_ROLE, { fg: 25 }],
  [MEDIUM_ROLE, { fg: 94 }],
  [HIGH_ROLE, { fg: 166 }],
  [CRITICAL_ROLE, { fg: 160, bold: true }],
  [FRESH, { fg: 16, bold: true }],
  [TAB, { fg: 240 }],
  [TAB_ACTIVE, { fg: 25, bold: true, underline: true }],
  [PROMPT, { fg: 16 }],
  [HEADING, { fg: 242, bold: true }],
];

/** The eight colours that every colour terminal has. Dark or light, they are legible by the terminal's own choice. */
const EIGHT: readonly Entry[] = [
  [STRONG, bold],
  [ACCENT, { fg: 6 }],
  [KEY, { fg: 6, bold: true }],
  [GOOD, { fg: 2 }],
  [WARN, { fg: 3 }],
  [BAD, { fg: 1 }],
  [LAMP_CLEAN, { fg: 0, bg: 2 }],
  [LAMP_REACHBACK, { fg: 7, bg: 1, bold: true }],
  [LAMP_BLIND, { fg: 0, bg: 3 }],
  [LAMP_WAITING, { inverse: true }],
  [LOW_ROLE, { fg: 4 }],
  [MEDIUM_ROLE, { fg: 3 }],
  [HIGH_ROLE, { fg: 1 }],
  [CRITICAL_ROLE, { fg: 1, bold: true }],
  [FRESH, bold],
  [TAB_ACTIVE, { fg: 6, bold: true, underline: true }],
  [HEADING, bold],
];

/** Sixteen: grey for what is always there. */
const SIXTEEN: readonly Entry[] = [...EIGHT, [DIM, { fg: 8 }], [RULE, { fg: 8 }], [INFO_ROLE, { fg: 8 }]];

/** No colour: weight alone. */
const NONE: readonly Entry[] = [
  [STRONG, bold],
  [KEY, bold],
  [LAMP_CLEAN, { inverse: true }],
  [LAMP_REACHBACK, { inverse: true, bold: true }],
  [LAMP_BLIND, { inverse: true }],
  [LAMP_WAITING, { inverse: true }],
  [HIGH_ROLE, bold],
  [CRITICAL_ROLE, bold],
  [FRESH, bold],
  [TAB_ACTIVE, { bold: true, underline: true }],
  [HEADING, bold],
];

const ENTRIES: Readonly<Record<Depth, readonly Entry[]>> = { 0: NONE, 8: EIGHT, 16: SIXTEEN, 256: DARK };
/** Background of the selected row. */
const SELECTED_DARK = 236;
const SELECTED_LIGHT = 254;

/** A look for each role, and for each role of the selected row at SELECTED above. */
export function paletteOf(depth: Depth, light: boolean): readonly Look[] {
  const looks: Look[] = new Array<Look>(SELECTED + ROLE_COUNT).fill(PLAIN);
  for (const [role, look] of depth === 256 && light ? LIGHT : ENTRIES[depth])
    looks[role] = { ...PLAIN, ...look };
  for (let role = 0; role < ROLE_COUNT; role++) {
    const look = looks[role];
    const bg = light ? SELECTED_LIGHT : SELECTED_DARK;
    looks[SELECTED + role] = depth === 256 ? { ...look, bg } : { ...look, inverse: true };
  }
  return looks;
}
