import { RULES, ruleBit, TOKENS } from "./credentials.ts";

const ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789";
const AT_SIGN = 0x40;

/** The same as in RULES, for tokens: beginnings of them, or what stands in them. */
const TOKEN_SIGNS: readonly string[] = [
  ..."akia asia ghp_ gho_ ghu_ ghs_ ghr_ hub_ npm_ lpat aiza cspx ya29 xapp s.sl bkfj k-an org_ pypi".split(
    " ",
  ),
  ..."k_li k_te dckr hvs. hvb. hvr. lsv2 gsk_ nvap xai- pplx dapi _v1_ begi".split(" "),
  ...[..."abeoprs"].map((letter) => `xox${letter}`),
  ...[...ALNUM].flatMap((letter) => [`eyj${letter}`, `hf_${letter}`]),
  ...[..."\"'=:/, \n"].flatMap((before) => [`${before}r8_`, `${before}sg.`]),
];

/** Setting a bit makes capitals small; what it does to other characters is done to the signs as well. */
const FOLD = 0x20;
const HASH_BITS = 16;
const hashOf = (four: number): number => Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);

/** What the signs may be of, by their octets. */
const sortsOf = new Map<number, number>();
const maybe = new Uint8Array(1 << HASH_BITS);
for (const sign of TOKEN_SIGNS) addSign(sign, TOKENS);
for (const [i, { signs }] of RULES.entries()) for (const sign of signs) addSign(sign, ruleBit(i));
const URL_SORTS = ruleBit(RULES.findIndex(({ words }) => words.includes("@")));

function addSign(sign: string, sort: number): void {
  const four = [...sign].reduce((octets, c) => (octets << 8) | c.charCodeAt(0) | FOLD, 0);
  sortsOf.set(four, (sortsOf.get(four) ?? 0) | sort);
  maybe[hashOf(four)] = 1;
}

/** Looks for signs of credentials in octets that come bit by bit. */
export class CredentialSigns {
  /** The last four octets. */
  last = 0;
  /** What the signs that were seen may be of: `sorts` of `findCredentials`. */
  sorts = 0;

  /**
   * Whether a sign ends in view[at, end), after the octets in `last`: without one there is no credential to be
   * found, and the octets need not be made a text of.
   */
  in(view: DataView, at: number, end: number): boolean {
    let four = this.last;
    let sorts = 0;
    for (let i = at; i < end; i++) {
      const octet = view.getUint8(i);
      four = (four << 8) | octet | FOLD;
      if (octet === AT_SIGN) sorts |= URL_SORTS;
      if (maybe[hashOf(four)] !== 0) sorts |= sortsOf.get(four) ?? 0;
    }
    this.last = four;
    this.sorts = sorts;
    return sorts !== 0;
  }
}
