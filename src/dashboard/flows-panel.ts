import type { OpenFlow } from "../findings/live-flows.ts";
import { bytesText, numberText } from "../report/text-figures.ts";
import { fitName } from "./cell-grid.ts";
import type { Area, Frame } from "./frame.ts";
import { drawEmpty, drawTable, type PlainColumn } from "./plain-table.ts";
import { BAD, DIM, STRONG, TEXT, WARN } from "./roles.ts";
import { momentText } from "./times.ts";

const COLUMNS: readonly PlainColumn<OpenFlow>[] = [
  { title: "LAST", width: 8, text: ({ last }) => momentText(last), role: () => DIM },
  { title: "SOURCE", width: 11, text: ({ source, sourceName }) => sourceName ?? source, role: () => TEXT },
  {
    title: "DESTINATION",
    width: 0,
    text: ({ destination }, width) => fitName(destination, width),
    role: ({ outside }) => (outside ? STRONG : TEXT),
  },
  {
    title: "SERVICE",
    width: 8,
    // The port of a ping is its identifier.
    text: ({ port, proto }) => (port === 0 || proto.startsWith("icmp") ? proto : `${port}/${proto}`),
    role: () => TEXT,
  },
  { title: "STATE", width: 11, from: 96, text: ({ outcome }) => outcome, role: () => DIM },
  {
    title: "JUDGED",
    width: 20,
    text: ({ judged }) => judged,
    role: ({ judged }) => (judged === "finding" ? BAD : judged === "" ? DIM : WARN),
  },
  {
    title: "PACKETS",
    width: 8,
    right: true,
    from: 110,
    text: ({ packets }) => numberText(packets),
    role: () => DIM,
  },
  { title: "OUT", width: 8, right: true, text: ({ bytesOut }) => bytesText(bytesOut), role: () => TEXT },
  {
    title: "IN",
    width: 8,
    right: true,
    from: 92,
    text: ({ bytesIn }) => bytesText(bytesIn),
    role: () => DIM,
  },
  { title: "SINCE", width: 8, from: 120, text: ({ first }) => momentText(first), role: () => DIM },
];

/** Open flows: toward outside first, then the latest. */
export function drawFlows(frame: Frame, area: Area): void {
  const { snapshot, ui } = frame;
  const flows = snapshot.openFlows.filter(
    ({ source, sourceName, destination, address, port, proto, outcome, judged }) =>
      ui.filter.matches({
        host: `${sourceName ?? ""} ${source}`.toLowerCase(),
        name: `${destination} ${address}`.toLowerCase(),
        port,
        proto,
        outcome,
        kind: judged,
      }),
  );
  const text = snapshot.exitCode === null ? "no flow is open" : "no flow was open at the end of the capture";
  if (flows.length === 0) drawEmpty(frame, area, ui.filter.text === "" ? text : "no open flow matches");
  else drawTable(frame, area, "flows", COLUMNS, flows);
}
