import { decodeFrame } from "../../src/decode/link.ts";
import { Packet } from "../../src/decode/packet.ts";
import { Conversations } from "../../src/flow/conversations.ts";
import { BYTES_A, FLAGS, GATE_OPEN, ROW_DOUBLES, ROW_WORDS } from "../../src/flow/flow-row.ts";
import { NO_ROW } from "../../src/flow/flow-table.ts";
import { FlowTracker } from "../../src/flow/flow-tracker.ts";
import { initiatorOf, portOf } from "../../src/flow/flow-view.ts";
import type { NameSink } from "../../src/flow/name-sink.ts";
import { flowOutcome, OUTCOMES } from "../../src/flow/outcome.ts";

/** What became of a flow, from its initiator's side. */
export interface EndedFlow {
  readonly initiatorPort: number;
  readonly out: number;
  readonly in: number;
  readonly outcome: string;
}

/** Tracker and conversations as the sensor joins them, with what they say in words. */
export class Wire {
  readonly events: string[] = [];
  readonly troubles: string[] = [];
  readonly ended: EndedFlow[] = [];
  readonly tracker: FlowTracker;
  readonly conversations: Conversations;
  row = NO_ROW;
  private readonly pkt = new Packet();

  constructor(maxFlows = 1024, seed = 1) {
    this.tracker = new FlowTracker(maxFlows, seed, (row) => {
      this.conversations.close(row);
      this.ended.push(this.flow(row));
    });
    this.conversations = new Conversations(this.tracker.table, this.sink());
  }

  /** Takes Ethernet frames; `caplen` cuts them. */
  take(frames: readonly Uint8Array[], sec = 0, nsec = 0, caplen = Infinity): this {
    for (const frame of frames) this.takeOne(frame, sec, nsec, caplen);
    return this;
  }

  /** Everything is over. */
  end(): this {
    this.tracker.endAll();
    return this;
  }

  /** The flow of a live row; by default of the last packet's. */
  flow(row = this.row): EndedFlow {
    const { table } = this.tracker;
    const client = initiatorOf(table, row);
    const bytes = row * ROW_DOUBLES + BYTES_A;
    return {
      initiatorPort: portOf(table, row, client),
      out: table.doubles[bytes + client],
      in: table.doubles[bytes + 1 - client],
      outcome: OUTCOMES[flowOutcome(table, row, client === 1)],
    };
  }

  /** Connections that memory is held for. */
  get talks(): number {
    return (Reflect.get(this.conversations, "talks") as ReadonlyMap<number, unknown>).size;
  }

  get isGateOpen(): boolean {
    return (this.tracker.table.words[this.row * ROW_WORDS + FLAGS] & GATE_OPEN) !== 0;
  }

  private takeOne(frame: Uint8Array, sec: number, nsec: number, caplen: number): void {
    const memory = Uint8Array.from(frame);
    const view = new DataView(memory.buffer);
    const { pkt, tracker } = this;
    const end = Math.min(frame.length, caplen);
    decodeFrame(pkt, view, 0, end, frame.length, 1);
    this.row = tracker.observe(pkt, sec, nsec, frame.length);
    if (this.row === NO_ROW || pkt.payloadLen === 0 || pkt.l4Proto !== 6) return;
    const from = tracker.table.direction === 0 ? 0 : 1;
    if (this.isGateOpen) this.conversations.segment(this.row, from, pkt, view);
    memory.fill(0xee); // whoever keeps a view of it instead of a copy shows
  }

  private sink(): NameSink {
    const say = (event: string) => this.events.push(event);
    return {
      begins: () => {},
      tlsHello: (_row, _from, hello) => say(`tls ${hello.sni}`),
      httpRequest: (_row, _from, request) => say(`${request.method} ${request.host} ${request.target}`),
      httpResponse: (_row, _from, response, request) =>
        say(`${response.status} of ${request?.target ?? "?"}`),
      httpPromised: (_row, _from, request) => say(`promised ${request.host} ${request.target}`),
      socksRequest: (_row, _from, { command, host, port }) => say(`socks ${command} ${host} ${port}`),
      socksAnswer: (_row, _from, { granted }) => say(`socks ${granted ? "granted" : "refused"}`),
      ssh: (_row, banners) => say(`ssh ${banners.map((banner) => banner?.softwareVersion ?? "-").join(" ")}`),
      dnsMessage: (_row, _from, view, at, end) => say(`dns ${view.getUint16(at)} ${end - at}`),
      said: () => 0,
      trouble: (name) => this.troubles.push(name),
    };
  }
}
