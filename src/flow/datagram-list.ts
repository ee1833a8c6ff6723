import type { IpDatagram } from "./ip-datagram.ts";

/** A list of datagrams in the order in which they were put into it. */
export class DatagramList {
  oldest: IpDatagram | null = null;
  size = 0;
  private newest: IpDatagram | null = null;

  push(datagram: IpDatagram): void {
    datagram.older = this.newest;
    datagram.newer = null;
    if (this.newest === null) this.oldest = datagram;
    else this.newest.newer = datagram;
    this.newest = datagram;
    this.size++;
  }

  remove(datagram: IpDatagram): void {
    const { older, newer } = datagram;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    this.size--;
  }
}
