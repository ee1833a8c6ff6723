import { judgedAddress } from "../policy/address-class.ts";
import { compareWords, formatAddress, parseAddress } from "../policy/address-text.ts";
import { remembering } from "../text-memo.ts";
import type { CatalogueData, CataloguePrefix } from "./catalogue-data.ts";

/** Which entries an address belongs to. */
export class AddressIndex {
  private readonly addresses: ReadonlyMap<string, readonly number[]>;
  private readonly prefixes: readonly CataloguePrefix[];

  constructor({ addresses, prefixes }: CatalogueData) {
    this.addresses = new Map(addresses);
    this.prefixes = prefixes;
  }

  /** Numbers of the entries of an address as findings write it: itself, else the longest prefix around it. */
  readonly find: (ip: string) => readonly number[] = remembering((ip) => this.lookUp(ip));

  private lookUp(ip: string): readonly number[] {
    const known = this.addresses.get(ip);
    if (known !== undefined) return known;
    const written = parseAddress(ip);
    if (written === null) return [];
    const words = judgedAddress(written);
    const inner = this.addresses.get(formatAddress(words));
    if (inner !== undefined) return inner;
    const around = this.prefixes.filter(
      ({ first, last }) => compareWords(first, words) <= 0 && compareWords(words, last) <= 0,
    );
    return around.filter(({ bits }) => bits === around[0].bits).map(({ entry }) => entry);
  }
}
