import { type SshBanner, SshBannerLine } from "../names/ssh.ts";
import type { End } from "./flow-view.ts";
import type { ProtocolReader } from "./protocol-reader.ts";

/** Banners by the end that sent them; null where none was seen. */
export type SshBanners = readonly [SshBanner | null, SshBanner | null];

/** Both directions of an SSH connection: its banners are told of together. */
export class SshConnection {
  private readonly banners: [SshBanner | null, SshBanner | null] = [null, null];
  private through = 0;
  private isTold = false;
  private readonly found: (banners: SshBanners) => void;

  /** `found` is told once: when both banners are there, or no more will come. */
  constructor(found: (banners: SshBanners) => void) {
    this.found = found;
  }

  take(from: End, banner: SshBanner | null): void {
    this.banners[from] = banner;
    this.through |= 1 << from;
    if (this.through === 3) this.tell();
  }

  /** Nothing more will come. */
  tell(): void {
    if (this.isTold || (this.banners[0] === null && this.banners[1] === null)) return;
    this.isTold = true;
    this.found(this.banners);
  }
}

/** One direction of SSH: its banner. What follows is about keys, or encrypted. */
export class SshReader implements ProtocolReader {
  done = false;
  readonly needsAll = false;
  readonly heldBytes = 0;
  private readonly line = new SshBannerLine();
  private readonly connection: SshConnection;
  private readonly from: End;

  constructor(connection: SshConnection, from: End) {
    this.connection = connection;
    this.from = from;
  }

  mayName(): boolean {
    return false;
  }

  read(view: DataView, at: number, end: number): number {
    if (this.done) return end;
    const banner = this.line.feed(view, at, end);
    if (banner !== null) this.finish(banner);
    return end;
  }

  gap(): void {
    if (!this.done) this.finish(this.line.finish());
  }

  close(): void {
    if (!this.done) this.finish(this.line.finish());
    this.connection.tell();
  }

  private finish(banner: SshBanner | "bad"): void {
    this.done = true;
    this.connection.take(this.from, banner === "bad" ? null : banner);
  }
}
