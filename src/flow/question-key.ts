import { CLASS_CH } from "../names/dns-types.ts";

/** Who asks whom. */
export interface Asking {
  readonly hostText: string;
  readonly hostPort: number;
  readonly resolverText: string;
  readonly resolverPort: number;
}

/** What is asked. */
export interface Asked {
  readonly id: number;
  readonly qname: string;
  readonly qtype: number;
  readonly qclass: number;
}

/** What a question is told apart by. One to the ports of the link must not pass for the first try of one that is not. */
export interface QuestionKey extends Asking, Omit<Asked, "qclass"> {
  /** One of CHAOS, which is not judged, must not pass for the first try of one that is. */
  readonly isChaos: boolean;
  /** Hash of all these. */
  readonly hash: number;
  /** Hash of who asks whom with which number, whatever the name. */
  readonly endsHash: number;
}

/** `seed`: any int32, another one in each run, so that hostile questions cannot have one hash at will. */
export function questionKey(seed: number, asking: Asking, { id, qname, qtype, qclass }: Asked): QuestionKey {
  const { hostText, hostPort, resolverText, resolverPort } = asking;
  const isChaos = qclass === CLASS_CH;
  const endsHash = hashOfEnds(seed, asking, id);
  const hash = mixText(mix(endsHash, qtype), qname);
  return { hostText, hostPort, resolverText, resolverPort, id, qname, qtype, isChaos, hash, endsHash };
}

/** `endsHash` of the questions that `asking` asks with this number. */
export function hashOfEnds(seed: number, asking: Asking, id: number): number {
  const { hostText, hostPort, resolverText, resolverPort } = asking;
  const ports = mix(mix(seed, (hostPort << 16) | id), resolverPort);
  return mixText(mixText(ports, hostText), resolverText);
}

export function isSameQuestion(a: QuestionKey, b: QuestionKey): boolean {
  return a.qname === b.qname && a.qtype === b.qtype && a.isChaos === b.isChaos && isOfEnds(a, b, b.id);
}

/** Whether it is a question that `asking` asks with this number. */
export function isOfEnds(key: QuestionKey, asking: Asking, id: number): boolean {
  return (
    key.id === id &&
    key.hostPort === asking.hostPort &&
    key.resolverPort === asking.resolverPort &&
    key.hostText === asking.hostText &&
    key.resolverText === asking.resolverText
  );
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

function mixText(hash: number, text: string): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i++) mixed = mix(mixed, text.charCodeAt(i));
  return mixed;
}
