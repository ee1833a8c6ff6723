import type { IcmpErrorSighting, InputFacts, Observer, Sighting } from "./observer.ts";

/** Tells several observers, in their order. */
export class Observers implements Observer {
  private readonly all: readonly Observer[];

  constructor(all: readonly Observer[]) {
    this.all = all;
  }

  input(facts: InputFacts): void {
    for (const each of this.all) each.input(facts);
  }

  flowBegan(row: number): void {
    for (const each of this.all) each.flowBegan(row);
  }

  dns(...seen: Parameters<Observer["dns"]>): void {
    for (const each of this.all) each.dns(...seen);
  }

  tls(...seen: Parameters<Observer["tls"]>): void {
    for (const each of this.all) each.tls(...seen);
  }

  quic(...seen: Parameters<Observer["quic"]>): void {
    for (const each of this.all) each.quic(...seen);
  }

  http(...seen: Parameters<Observer["http"]>): void {
    for (const each of this.all) each.http(...seen);
  }

  httpAnswer(...seen: Parameters<Observer["httpAnswer"]>): void {
    for (const each of this.all) each.httpAnswer(...seen);
  }

  ssh(...seen: Parameters<Observer["ssh"]>): void {
    for (const each of this.all) each.ssh(...seen);
  }

  icmp(seen: Sighting): void {
    for (const each of this.all) each.icmp(seen);
  }

  icmpError(seen: IcmpErrorSighting): void {
    for (const each of this.all) each.icmpError(seen);
  }

  flow(seen: Sighting): void {
    for (const each of this.all) each.flow(seen);
  }
}
