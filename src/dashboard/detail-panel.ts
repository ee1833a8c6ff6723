import { detailLines } from "./detail-lines.ts";
import type { Area, Frame } from "./frame.ts";
import { drawLines } from "./scrolled-lines.ts";

/** The selected finding in full. */
export function drawDetail(frame: Frame, area: Area): void {
  const { snapshot, ui, evidence, glyphs } = frame;
  const row = ui.selectedId === null ? snapshot.rows.shown()[0] : snapshot.rows.get(ui.selectedId);
  if (row === null || row === undefined) return;
  const own = evidence !== null && evidence.id === row.id ? evidence : null;
  const lines = detailLines(
    { row, policy: snapshot.enclave.policy, evidence: own, glyphs },
    Math.max(20, area.width - 3),
  );
  ui.detailScroll = drawLines(frame, area, lines, ui.detailScroll);
}
