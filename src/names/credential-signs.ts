const ALNUM = "abcdefghijklmnopqrstuvwxyz0123456789";
const AT_SIGN = 0x40;

/**
 * Four characters, in lower case, of which some stand in every text with a credential that credential-tokens.ts or
 * credentials.ts find: beginnings of tokens, and the words that rules ask for.
 */
const SIGNS: readonly string[] = [
  ..."akia asia ghp_ gho_ ghu_ ghs_ ghr_ hub_ npm_ lpat aiza cspx ya29 xapp s.sl bkfj k-an org_ pypi".split(
    " ",
  ),
  ..."k_li k_te dckr hvs. hvb. hvr. lsv2 gsk_ nvap xai- pplx dapi _v1_ begi".split(" "),
  ...[..."abeoprs"].map((letter) => `xox${letter}`),
  ...[...ALNUM].flatMap((letter) => [`eyj${letter}`, `hf_${letter}`]),
  ...[..."\"'=:/, \n"].flatMap((before) => [`${before}r8_`, `${before}sg.`]),
  ..."asic oriz key: ken: stsa aws- pisi psid r_se key= ken= ret= ure= ord= swd= pwd=".split(" "),
  ...'key" ken" ret" ord" swd"'.split(" "),
  "ass ",
  "gin ",
  "uth ",
  "hent",
  "ser ",
];

/** Setting a bit makes capitals small; what it does to other characters is done to the signs as well. */
const FOLD = 0x20;
const HASH_BITS = 16;
const hashOf = (four: number): number => Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);
const exact = new Set(
  SIGNS.map((sign) => [...sign].reduce((four, c) => (four << 8) | c.charCodeAt(0) | FOLD, 0)),
);
const maybe = new Uint8Array(1 << HASH_BITS);
for (const four of exact) maybe[hashOf(four)] = 1;

/** Looks for signs of credentials in octets that come bit by bit. */
export class CredentialSigns {
  /** The last four octets. */
  last = 0;

  /**
   * Whether a sign ends in view[at, end), after the octets in `last`: without one there is no credential to be
   * found, and the octets need not be made a text of.
   */
  in(view: DataView, at: number, end: number): boolean {
    let four = this.last;
    let found = false;
    for (let i = at; i < end; i++) {
      const octet = view.getUint8(i);
      four = (four << 8) | octet | FOLD;
      if (maybe[hashOf(four)] === 0 && octet !== AT_SIGN) continue;
      if (octet === AT_SIGN || exact.has(four)) {
        found = true;
        break;
      }
    }
    this.last = found ? 0 : four;
    return found;
  }
}
