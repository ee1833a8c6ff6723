import { type Logger, pino } from "pino";
import { isBefore, type Moment } from "../findings/finding.ts";
import { jsonText } from "../findings/json-text.ts";
import type { IcmpErrorSighting, InputFacts, Observer, Sighting } from "../findings/observer.ts";
import type { RatedFinding, Summary } from "../findings/summary.ts";
import type { End } from "../flow/flow-view.ts";
import type { QuicHello } from "../flow/quic-sink.ts";
import type { SshBanners } from "../flow/ssh-reader.ts";
import type { DnsQuestion } from "../names/dns.ts";
import type { DnsAnswers } from "../names/dns-answers.ts";
import type { HttpRequest, HttpResponse } from "../names/http-head.ts";
import type { ClientHello } from "../names/tls-client-hello.ts";
import { alertBody } from "./eve-alert.ts";
import { dnsAnswerDetail, dnsAnswerObject, dnsQueryDetail, dnsQueryObject } from "./eve-dns.ts";
import { flowDetail, flowObject } from "./eve-flow.ts";
import { type FlowEventType, flowHead } from "./eve-head.ts";
import { httpAnswerDetail, httpAnswerObject, httpDetail, httpObject } from "./eve-http.ts";
import { icmpErrorBody, icmpErrorHead } from "./eve-icmp.ts";
import { quicDetail, quicObject } from "./eve-quic.ts";
import { sshObject } from "./eve-ssh.ts";
import { statsBody } from "./eve-stats.ts";
import { eveTime, MAX_DIGITS, MIN_DIGITS } from "./eve-time.ts";
import { tlsDetail, tlsObject } from "./eve-tls.ts";
import type { EventSink } from "./event-sink.ts";
import { RowInputs } from "./row-inputs.ts";

/** Suricata's names for a file and for an interface. */
export type InputField = "pcap_filename" | "in_iface";

/**
 * The event log: NDJSON in the shape of Suricata's eve.json, in the order in which the sensor sees things.
 * As there, the source of a record is who asks or who opened the flow, in records of answers too.
 */
export class EventLog implements Observer {
  private readonly file: EventSink;
  private readonly inputField: InputField;
  private readonly logger: Logger;
  private readonly inputs: InputFacts[] = [];
  /** The input that packets come from now. */
  private current = -1;
  private readonly rowInputs = new RowInputs();
  private digits = MIN_DIGITS;
  /** Of each input, as JSON without braces, to follow a head. */
  private readonly inputTexts: string[] = [];
  /** First fields of the record that is being written. */
  private head = "";

  /** `inputField`: what the records call an input. */
  constructor(file: EventSink, inputField: InputField = "pcap_filename") {
    this.file = file;
    this.inputField = inputField;
    // Where pino writes level and time of the log call stands our head: packet time, flow, input.
    this.logger = pino({ base: null, formatters: { level: () => ({}) }, timestamp: () => this.head }, file);
  }

  input(facts: InputFacts): void {
    this.current = this.inputs.indexOf(facts); // interfaces take turns
    if (this.current !== -1) return;
    this.current = this.inputs.push(facts) - 1;
    this.inputTexts.push(`,"${this.inputField}":${jsonText(facts.path)}`);
  }

  flowBegan(row: number): void {
    this.rowInputs.began(row, this.current);
  }

  dns(seen: Sighting, question: DnsQuestion, answers: DnsAnswers | null): void {
    if (question.response && answers !== null) {
      const dns = dnsAnswerObject(question, answers);
      this.write("dns", seen, otherEnd(seen.from), { dns, gapwatch: dnsAnswerDetail(answers) });
    } else if (question.questions > 0) {
      const dns = dnsQueryObject(question, question.qname, question.qtype);
      this.write("dns", seen, seen.from, { dns, gapwatch: dnsQueryDetail(question) });
      for (const { qname, qtype } of question.others) {
        this.write("dns", seen, seen.from, { dns: dnsQueryObject(question, qname, qtype) });
      }
    }
  }

  tls(seen: Sighting, hello: ClientHello): void {
    this.write("tls", seen, seen.from, { tls: tlsObject(hello), gapwatch: tlsDetail(hello) });
  }

  quic(seen: Sighting, quic: QuicHello): void {
    this.write("quic", seen, seen.from, { quic: quicObject(quic), gapwatch: quicDetail(quic) });
  }

  http(seen: Sighting, request: HttpRequest): void {
    this.write("http", seen, seen.from, { http: httpObject(request), gapwatch: httpDetail(request) });
  }

  httpAnswer(seen: Sighting, response: HttpResponse, request: HttpRequest | null): void {
    const http = httpAnswerObject(response);
    this.write("http", seen, otherEnd(seen.from), { http, gapwatch: httpAnswerDetail(request) });
  }

  ssh(seen: Sighting, banners: SshBanners): void {
    this.write("ssh", seen, seen.from, { ssh: sshObject(banners[seen.from], banners[otherEnd(seen.from)]) });
  }

  icmp(seen: Sighting): void {
    this.write("icmp", seen, seen.from, {});
  }

  icmpError(seen: IcmpErrorSighting): void {
    const input = this.inputTexts[this.current] ?? "";
    this.put(seen.at, icmpErrorHead(seen) + input, icmpErrorBody(seen));
  }

  flow(seen: Sighting): void {
    const { table, row, from } = seen;
    const flow = flowObject(table, row, from);
    this.write("flow", seen, from, { flow, gapwatch: flowDetail(table, row, from) });
  }

  /** Ends the log: an alert for each finding, in the report's order, then the counters. */
  finish(summary: Summary): void {
    for (const finding of summary.findings) this.alert(finding, finding.firstSeen);
    this.end(summary);
  }

  alert(finding: RatedFinding, at: Readonly<Moment>): void {
    const input = this.inputs.length === 1 ? this.inputTexts[0] : "";
    this.put(at, `"event_type":"alert"${input}`, alertBody(finding, this.currentDigits()));
  }

  /** Ends the log with the counters, where alerts were written as they came. */
  end(summary: Summary): void {
    const { first, last } = windowOf(this.inputs);
    this.put(last, `"event_type":"stats"`, statsBody(summary, last.sec - first.sec));
    this.file.close();
  }

  private write(type: FlowEventType, seen: Sighting, src: End, body: object): void {
    const input = type === "flow" ? this.rowInputs.of(seen.row) : this.current;
    this.put(seen.at, flowHead(type, seen.table, seen.row, src) + (this.inputTexts[input] ?? ""), body);
  }

  private put(at: Readonly<Moment>, head: string, body: object): void {
    this.head = `"timestamp":"${eveTime(at)}",${head}`;
    this.logger.info(body);
  }

  /** Decimals of a second in a finding's own times: as fine as the finest capture so far. */
  private currentDigits(): number {
    const digits = this.inputs.at(-1)?.tsDigits ?? 0;
    if (digits > this.digits) this.digits = Math.min(MAX_DIGITS, digits);
    return this.digits;
  }
}

function otherEnd(end: End): End {
  return end === 0 ? 1 : 0;
}

/** Earliest and latest packet of all inputs; the epoch when there was none. */
function windowOf(inputs: readonly InputFacts[]): { first: Readonly<Moment>; last: Readonly<Moment> } {
  let first: Readonly<Moment> | null = null;
  let last: Readonly<Moment> | null = null;
  for (const facts of inputs) {
    if (facts.first !== null && (first === null || isBefore(facts.first, first))) first = facts.first;
    if (facts.last !== null && (last === null || isBefore(last, facts.last))) last = facts.last;
  }
  return { first: first ?? EPOCH, last: last ?? EPOCH };
}

const EPOCH: Readonly<Moment> = { sec: 0, nsec: 0 };
