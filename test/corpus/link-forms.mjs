// Captures of Ethernet as another link would have them: what is seen in them must be the same.

import { FrameBatch } from "../.modules/capture/frame-batch.js";
import { CaptureError } from "../.modules/capture/frame-source.js";
import { openCapture } from "../.modules/capture/open-capture.js";
import { Sensor } from "../.modules/sensor.js";
import { FactObserver } from "./facts.mjs";

const ETHERNET = 1;
const MACS_LEN = 12;
const HEADER_LEN = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const BATCH_FRAMES = 512;

const be = (value, len) => {
  const octets = Buffer.alloc(len);
  octets.writeUIntBE(value, 0, len);
  return octets;
};

/** The frame with other octets in front; `cut` of its own are left out. */
function behind(frame, linkType, cut, ...heads) {
  const head = Buffer.concat(heads);
  const data = Buffer.concat([head, frame.data.subarray(cut)]);
  return { ...frame, data, linkType, wireLen: frame.wireLen + head.length - cut };
}

const macs = ({ data }) => data.subarray(0, MACS_LEN);
const typeOf = ({ data }) => data.readUInt16BE(MACS_LEN);
const isV6 = (frame) => typeOf(frame) === IPV6;

/** By name; frames that have no such form stay as they are. */
export const LINK_FORMS = {
  "a VLAN tag": (frame) => behind(frame, ETHERNET, MACS_LEN, macs(frame), be(0x8100, 2), be(5, 2)),
  "two VLAN tags": (frame) =>
    behind(frame, ETHERNET, MACS_LEN, macs(frame), be(0x88a8, 2), be(5, 2), be(0x8100, 2), be(6, 2)),
  "Linux cooked": (frame) =>
    typeOf(frame) < 0x600
      ? frame
      : behind(frame, 113, MACS_LEN, be(0, 2), be(1, 2), be(6, 2), frame.data.subarray(6, 12), be(0, 2)),
  "Linux cooked, version 2": (frame) =>
    typeOf(frame) < 0x600
      ? frame
      : behind(
          frame,
          276,
          HEADER_LEN,
          be(typeOf(frame), 2),
          be(0, 2),
          be(3, 4),
          be(1, 2),
          be(6, 2),
          frame.data.subarray(6, 12),
          be(0, 2),
        ),
  Endace: (frame) =>
    behind(
      frame,
      197,
      0,
      Buffer.alloc(8),
      be(0x0204, 2),
      be(18 + frame.data.length, 2),
      be(0, 2),
      be(frame.wireLen, 2),
      be(0, 2),
    ),
};

/** The same of frames with IP. */
export const IP_FORMS = {
  "raw IP": (frame) => behind(frame, 101, HEADER_LEN),
  "raw IP of one version": (frame) => behind(frame, isV6(frame) ? 229 : 228, HEADER_LEN),
  "null, little-endian": (frame) =>
    behind(frame, 0, HEADER_LEN, Buffer.from([isV6(frame) ? 30 : 2, 0, 0, 0])),
  "null, big-endian": (frame) => behind(frame, 0, HEADER_LEN, be(isV6(frame) ? 24 : 2, 4)),
  loop: (frame) => behind(frame, 108, HEADER_LEN, be(isV6(frame) ? 28 : 2, 4)),
  PPP: (frame) => behind(frame, 9, HEADER_LEN, be(0xff03, 2), be(isV6(frame) ? 0x57 : 0x21, 2)),
  "Cisco HDLC": (frame) => behind(frame, 104, MACS_LEN, be(0x0f00, 2)),
  MPLS: (frame) => behind(frame, ETHERNET, HEADER_LEN, macs(frame), be(0x8847, 2), be(0x64140, 4)),
  "802.11 with radiotap": (frame) => {
    const radio = Buffer.from("0000080000000000", "hex");
    const cell = frame.data.subarray(0, 6);
    return behind(
      frame,
      127,
      MACS_LEN,
      radio,
      be(0x08020000, 4),
      macs(frame),
      cell,
      be(0, 2),
      be(0xaaaa03, 3),
      be(0, 3),
    );
  },
};

/** Frames of a capture; up to the damage where it has one. */
export async function framesOf(path) {
  const frames = [];
  try {
    const source = await openCapture(path);
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      for (let i = 0; i < batch.count; i++) frames.push(frameOf(batch, i));
    }
    source.close();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
  return frames;
}

function frameOf({ view, offset, caplen, wireLen, tsSec, tsNsec, linkType }, i) {
  const data = Buffer.from(Buffer.from(view.buffer, view.byteOffset + offset[i], caplen[i]));
  return { data, wireLen: wireLen[i], sec: tsSec[i], nsec: tsNsec[i], linkType: linkType[i] };
}

/** The frames, each in this form where it has it. */
export function inForm(frames, form, isOfIp) {
  return frames.map((frame) => {
    if (frame.linkType !== ETHERNET || frame.data.length < HEADER_LEN || frame.wireLen > 0xff00) return frame;
    // Without an EtherType the version tells: a packet of the other one is another packet then.
    const version = frame.data[HEADER_LEN] >> 4;
    const isIp = (typeOf(frame) === IPV4 && version === 4) || (typeOf(frame) === IPV6 && version === 6);
    return isOfIp && !isIp ? frame : form(frame);
  });
}

/** Everything that is seen in the frames, sorted. */
export function factsOf(frames, judge) {
  const observer = new FactObserver();
  const sensor = new Sensor(judge, observer);
  for (let from = 0; from < frames.length; from += BATCH_FRAMES) {
    sensor.consume(batchOf(frames.slice(from, from + BATCH_FRAMES)));
  }
  const { findings, totals } = sensor.finish([], false);
  const counts = [...observer.packets].map(([flow, [there, back]]) => `PACKETS ${flow} ${there}/${back}`);
  const found = findings.map(({ id, severityName, outcomeName, attempts }) =>
    ["FINDING", id, severityName, outcomeName, attempts].join(" "),
  );
  return [...observer.facts, ...counts, ...found, `UNDECODED ${totals.undecoded}`].sort();
}

function batchOf(frames) {
  const batch = new FrameBatch(Buffer.concat(frames.map(({ data }) => data)));
  let at = 0;
  for (const [i, { data, wireLen, sec, nsec, linkType }] of frames.entries()) {
    batch.offset[i] = at;
    batch.caplen[i] = data.length;
    batch.wireLen[i] = wireLen;
    batch.tsSec[i] = sec;
    batch.tsNsec[i] = nsec;
    batch.linkType[i] = linkType;
    at += data.length;
  }
  batch.count = frames.length;
  return batch;
}
