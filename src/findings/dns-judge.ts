import type { AddressNames } from "../flow/address-names.ts";
import type { AskedQuestion, DnsQuestions } from "../flow/dns-questions.ts";
import { ANSWERED, NAMED } from "../flow/outcome.ts";
import type { Asked } from "../flow/question-key.ts";
import type { DnsQuestion } from "../names/dns.ts";
import type { DnsAnswers } from "../names/dns-answers.ts";
import { CLASS_CH } from "../names/dns-types.ts";
import { OUTSIDE } from "../policy/address-class.ts";
import { formatAddress } from "../policy/address-text.ts";
import type { Judge } from "../policy/judge.ts";
import { isUnder } from "../policy/name-set.ts";
import { hasIcannSuffix } from "../policy/public-suffix.ts";
import { hasOtherData, servicesOf, signatureOf } from "./answer-facts.ts";
import type { DnsExchange } from "./dns-exchange.ts";
import type { DnsFindings } from "./dns-findings.ts";
import { type DnsAnswer, type EarlyAnswer, EarlyAnswers } from "./early-answers.ts";
import type { Moment } from "./finding.ts";
import { type Ledger, NO_FINDING } from "./ledger.ts";
import { type SearchWalk, SearchWalks } from "./search-walks.ts";
import { CRITICAL, INFO } from "./severity.ts";

/** Outside addresses that are learned from one answer: more than names have. The others are of no name. */
const MAX_LEARNED = 32;
const NOTHING_LEARNED: AskedQuestion["given"] = [];
const NO_NAMES: readonly string[] = [];

/** Ports of NetBIOS, mDNS and LLMNR: what is asked of a group there is answered by who has the name. */
const LINK_PORTS: readonly number[] = [137, 5353, 5355];

/** Its well-known addresses tell of the NAT64 at hand and are nobody's (RFC 7050 §8.2). */
const IPV4_ONLY = "ipv4only.arpa";

const RCODE_NOERROR = 0;
const RCODE_NXDOMAIN = 3;

/** Judges names asked of resolvers that may be asked, and learns from their answers (DESIGN section 3). */
export class DnsJudge {
  private readonly judge: Judge;
  private readonly names: AddressNames;
  private readonly questions: DnsQuestions;
  private readonly findings: DnsFindings;
  private readonly ledger: Ledger;
  private readonly walks = new SearchWalks();
  private readonly early = new EarlyAnswers();
  /** Questions to inside resolvers, and those of them that were answered: how much of both directions is seen. */
  askedInside = 0;
  answeredInside = 0;

  constructor(
    judge: Judge,
    names: AddressNames,
    questions: DnsQuestions,
    findings: DnsFindings,
    ledger: Ledger,
  ) {
    this.judge = judge;
    this.names = names;
    this.questions = questions;
    this.findings = findings;
    this.ledger = ledger;
  }

  /** A question was seen. `judged`: its names are to be judged. Returns whether it is no retry. */
  asked(exchange: DnsExchange, question: DnsQuestion, judged: boolean): boolean {
    const { id } = question;
    let isNew = this.askedOne(exchange, question, judged);
    for (const { qname, qtype, qclass } of question.others) {
      isNew = this.askedOne(exchange, { id, qname, qtype, qclass }, judged) || isNew;
    }
    return isNew;
  }

  /** A response was seen. Returns whether it contradicts an earlier answer to the same question. */
  answered(exchange: DnsExchange, question: DnsQuestion, answers: DnsAnswers): boolean {
    const { id, qname, qtype, qclass, rcode, truncated } = question;
    const { records, further, chain } = answers;
    const answer = { id, qname, qtype, qclass, rcode, truncated, records, further, chain };
    return question.questions === 0 ? this.takeBare(exchange, answer) : this.take(exchange, answer);
  }

  private take(exchange: DnsExchange, answer: DnsAnswer): boolean {
    const key = this.questions.keyOf(exchange, answer);
    const asked = this.questions.find(key, exchange.at.sec);
    if (asked === null) {
      this.unasked(this.early.add(key, exchange, answer));
      if (!saysNothing(answer)) this.learn(exchange, answer, true);
      return false;
    }
    return this.takeFor(asked, exchange, answer);
  }

  /** Who could not read the rest of a message answers without its question: to all that were asked so. */
  private takeBare(exchange: DnsExchange, answer: DnsAnswer): boolean {
    let contradicts = false;
    for (const asked of this.questions.takeByEnds(exchange, answer.id, exchange.at.sec))
      contradicts = this.takeFor(asked, exchange, answer) || contradicts;
    return contradicts;
  }

  private takeFor(asked: AskedQuestion, exchange: DnsExchange, answer: DnsAnswer): boolean {
    if (!asked.answered) {
      asked.answered = true;
      if (exchange.resolverInside) this.answeredInside++;
    }
    const isFailure = saysNothing(answer);
    const signature = signatureOf(answer);
    const contradicts = asked.answer !== null && asked.answer !== signature;
    if (contradicts) {
      for (const { address, name } of asked.given) {
        this.names.distrust(address, exchange.hostId, name, exchange.at.sec);
      }
    }
    if (contradicts) {
      if (!isFailure) this.learn(exchange, answer, true);
      for (const { stem } of this.judge.searchStems(asked.key.qname))
        this.walks.contradicted(exchange.hostText, stem);
    } else if (asked.answer === null) {
      asked.answer = signature;
      asked.failed = isFailure || answer.truncated;
      if (!isFailure) asked.given = this.learn(exchange, answer, false);
    }
    // Also of a failure: who could not follow an alias to its end says where it leads.
    if (exchange.approved) this.judgeAnswer(exchange, asked, answer);
    return contradicts;
  }

  /** Judges answers whose question did not come, and the search walks whose time is over. */
  settleDue(sec: number): void {
    for (let early = this.early.due(sec); early !== null; early = this.early.due(sec)) this.unasked(early);
    for (let walk = this.walks.due(sec); walk !== null; walk = this.walks.due(sec)) this.settleWalk(walk);
  }

  private askedOne(exchange: DnsExchange, question: Asked, judged: boolean): boolean {
    const key = this.questions.keyOf(exchange, question);
    const before = this.questions.find(key, exchange.at.sec);
    if (before !== null) {
      this.questions.askedAgain(before, exchange.at.sec);
      // musl asks once more on the same socket after a failure, others with more room after half an answer.
      if (before.failed) before.answer = null;
      this.findings.share(before.finding, 0, NAMED, exchange.at);
      return false;
    }
    const asked = this.questions.add(key, exchange.at.sec);
    if (exchange.resolverInside) this.askedInside++;
    if (judged && question.qclass !== CLASS_CH) this.judgeQuestion(exchange, asked);
    for (const early of this.early.take(key, exchange.at.sec)) this.take(early.exchange, early.answer);
    return true;
  }

  /**
   * An approved resolver's answer whose question was not seen: who is answered has asked. It confirms no address,
   * neither now nor when it comes again.
   */
  private unasked(early: EarlyAnswer | null): void {
    if (early === null || !early.exchange.approved || early.answer.qname === "") return;
    const { exchange, answer } = early;
    const key = this.questions.keyOf(exchange, answer);
    if (this.questions.find(key, exchange.at.sec) !== null) return;
    const asked = this.questions.add(key, exchange.at.sec);
    asked.answered = true;
    asked.answer = signatureOf(answer);
    if (exchange.resolverInside) this.askedInside++;
    if (answer.qclass === CLASS_CH) return;
    this.judgeQuestion(exchange, asked);
    this.judgeAnswer(exchange, asked, answer);
  }

  private judgeQuestion(exchange: DnsExchange, asked: AskedQuestion): void {
    const nameClass = this.judge.nameClass(asked.key.qname);
    if (nameClass === "inside") {
      if (!exchange.group) this.walk(exchange, asked.key.qname);
      return;
    }
    if (nameClass !== "outside" && nameClass !== "reverse-outside") return;
    if (exchange.group && !(nameClass === "outside" && hasIcannSuffix(asked.key.qname))) return;
    asked.finding = this.findings.openUnlessAllowed(exchange, asked.key.qname, exchange.at);
    if (asked.finding === NO_FINDING) return;
    const finding = this.ledger.get(asked.finding);
    // Asked of a resolver as well, or of whoever may be one, it is no matter of the link any more.
    if (!exchange.group || !LINK_PORTS.includes(exchange.resolverPort)) finding.severityCap = CRITICAL;
    else if (finding.attempts === 0) finding.severityCap = INFO;
    // One finding may stand for many names: the worst of them counts.
    if (nameClass !== "reverse-outside") finding.severityShift = 0;
    else if (finding.attempts === 0) finding.severityShift = 1;
    this.findings.share(asked.finding, 1, NAMED, exchange.at);
  }

  private walk(exchange: DnsExchange, qname: string): void {
    for (const { stem, longest } of this.judge.searchStems(qname)) {
      if (!stem.includes(".")) continue; // a single label has no suffix to be judged by
      const pushedOut = this.walks.add(exchange, stem, longest, exchange.at);
      if (pushedOut !== null) this.settleWalk(pushedOut);
    }
  }

  /** What an approved resolver's answer says of the question itself. */
  private judgeAnswer(exchange: DnsExchange, asked: AskedQuestion, answers: DnsAnswer): void {
    const leadsOut = this.leadsOut(answers);
    if (asked.finding !== NO_FINDING) {
      if (leadsOut || hasOtherData(answers.records))
        this.findings.share(asked.finding, 0, ANSWERED, exchange.at);
      return;
    }
    const nameClass = this.judge.nameClass(asked.key.qname);
    // A name of no place is none of the outside by itself, but where its answer leads out.
    if (nameClass === "outside" || nameClass === "reverse-outside" || isUnder(asked.key.qname, IPV4_ONLY))
      return;
    if (nameClass === "inside" && answers.rcode === RCODE_NOERROR && answers.records.length > 0) {
      for (const { stem } of this.judge.searchStems(asked.key.qname))
        this.walks.answered(exchange.hostText, stem);
    }
    const targets = this.outsideNames(answers);
    if (targets.length === 0 && !leadsOut) return;
    const allowed = targets.map((name) => this.findings.isAllowed(exchange, name, exchange.at));
    if (allowed.includes(false) || (leadsOut && targets.length === 0)) {
      this.ledOut(asked, this.findings.open(exchange, asked.key.qname, exchange.at), exchange.at);
    }
  }

  private ledOut(asked: AskedQuestion, handle: number, at: Moment): void {
    if (handle === NO_FINDING) return;
    this.ledger.get(handle).severityCap = CRITICAL;
    this.findings.share(handle, 1, ANSWERED, at);
    asked.finding = handle;
  }

  /** Remembers the outside addresses of an answer. Returns what was learned. */
  private learn(exchange: DnsExchange, answers: DnsAnswer, ambiguous: boolean): AskedQuestion["given"] {
    if (!this.leadsOut(answers)) return NOTHING_LEARNED;
    const learned: { address: string; name: string }[] = [];
    const { qname } = answers;
    const chain = new Set(answers.chain);
    const inChain = answers.records.filter((r) => chain.has(r.name));
    const ttlSec = inChain.reduce((least, r) => Math.min(least, r.ttl), Infinity);
    const targets = this.judge.nameClass(qname) === "inside" ? this.outsideNames(answers) : [];
    const addresses = inChain.flatMap(({ address, hints }) => (address === null ? hints : [address]));
    for (const address of addresses) {
      if (learned.length >= MAX_LEARNED) break;
      if (!this.isOutside(address)) continue;
      const text = formatAddress([address[0], address[1], address[2], address[3]]);
      for (const name of targets.length > 0 ? targets : [qname]) {
        this.names.learn(
          text,
          exchange.hostId,
          exchange.hostText,
          name,
          exchange.approved,
          ambiguous,
          ttlSec,
          exchange.at.sec,
        );
        learned.push({ address: text, name });
      }
    }
    return learned;
  }

  /** Names outside that the CNAMEs and services of an answer lead to. */
  private outsideNames(answers: DnsAnswer): readonly string[] {
    if (answers.chain.length < 2) return NO_NAMES;
    return answers.chain.slice(1).filter((name) => {
      const nameClass = this.judge.nameClass(name);
      return nameClass === "outside" || nameClass === "reverse-outside";
    });
  }

  /** Whether any record, in the chain or not, gives an outside address: as a hint too, or as that of a service. */
  private leadsOut(answers: DnsAnswer): boolean {
    for (const { address, hints } of answers.records) {
      if (address !== null && this.isOutside(address)) return true;
      for (const hint of hints) if (this.isOutside(hint)) return true;
    }
    if (answers.further.length === 0) return false;
    const services = servicesOf(answers.records);
    return answers.further.some(({ name, address }) => {
      return address !== null && services.includes(name) && this.isOutside(address);
    });
  }

  private isOutside(address: Int32Array): boolean {
    return this.judge.addressClass(address[0], address[1], address[2], address[3]) === OUTSIDE;
  }

  private settleWalk(walk: SearchWalk): void {
    if ((walk.inside && !walk.doubted) || !walk.judged || !hasIcannSuffix(walk.stem)) return;
    if (this.judge.nameClass(walk.stem) !== "outside") return;
    const handle = this.findings.openUnlessAllowed(walk.asker, walk.stem, walk.first);
    this.findings.share(handle, 1, NAMED, walk.first);
    this.findings.share(handle, 0, NAMED, walk.last);
  }
}

/** It is neither that there is the name nor that there is none. */
function saysNothing({ rcode }: DnsAnswer): boolean {
  return rcode !== RCODE_NOERROR && rcode !== RCODE_NXDOMAIN;
}
