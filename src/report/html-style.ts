/** The page's style: light and dark by the reader's choice, light on paper (A4). Contrast is 4.5 to 1 or more. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f4f5f7; --line: #c9ced6; --text: #16191f; --faint: #525a66;
  --good: #0b6b35; --warning: #8a4b00; --bad: #b3170f; --accent: #1d4f91;
  --info: #525a66; --low: #4a6a8a; --medium: #8a4b00; --high: #b3170f; --critical: #7a0012;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --panel: #1e232b; --line: #3c4450; --text: #e8ebf0; --faint: #a9b2bf;
    --good: #5fd38d; --warning: #f0b25a; --bad: #ff8a80; --accent: #8ab8f2;
    --info: #a9b2bf; --low: #9dbbe0; --medium: #f0b25a; --high: #ff8a80; --critical: #ff6f7d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p, ul { margin: .5rem 0; }
ul { padding-left: 1.25rem; }
.result { display: inline-block; padding: .1rem .7rem; border: 2px solid; border-radius: .3rem; font-weight: 700; }
.PASS { color: var(--good); } .FAIL { color: var(--bad); } .INCONCLUSIVE { color: var(--warning); }
.statement { font-size: 1.1rem; }
.ok { color: var(--good); } .blind { color: var(--warning); font-weight: 700; } .faint { color: var(--faint); }
.info { color: var(--info); } .low { color: var(--low); } .medium { color: var(--medium); }
.high { color: var(--high); } .critical { color: var(--critical); font-weight: 700; }
code, .mono { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
a { color: var(--accent); }
.nowrap { white-space: nowrap; overflow-wrap: normal; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .87rem; }
caption { text-align: left; color: var(--faint); padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
th, td { overflow-wrap: anywhere; min-width: 6em; }
thead th { background: var(--panel); overflow-wrap: normal; }
tbody th { font-weight: 600; }
figure { margin: 1rem 0; break-inside: avoid; }
figcaption { color: var(--faint); font-size: .87rem; }
svg { display: block; width: 100%; height: auto; background: var(--panel); border-radius: .3rem; }
svg text { fill: var(--text); font: 11px system-ui, sans-serif; }
svg .axis { stroke: var(--line); } svg .faint { fill: var(--faint); }
svg .packets { fill: var(--accent); } svg .attempts { fill: var(--bad); } svg .blind { fill: var(--warning); }
svg .cell-info { fill: var(--info); } svg .cell-low { fill: var(--low); } svg .cell-medium { fill: var(--medium); }
svg .cell-high { fill: var(--high); } svg .cell-critical { fill: var(--critical); }
svg .on-cell { fill: var(--page); font-weight: 700; }
footer { padding-bottom: 2rem; color: var(--faint); font-size: .87rem; }
@page { size: A4; margin: 14mm; }
@media print {
  :root {
    --page: #ffffff; --panel: #f4f5f7; --line: #c9ced6; --text: #16191f; --faint: #525a66;
    --good: #0b6b35; --warning: #8a4b00; --bad: #b3170f; --accent: #1d4f91;
    --info: #525a66; --low: #4a6a8a; --medium: #8a4b00; --high: #b3170f; --critical: #7a0012;
  }
  body { font-size: 10pt; print-color-adjust: exact; }
  header, main, footer { max-width: none; padding: 0; }
  h2, h3, caption { break-after: avoid; }
  tr, li { break-inside: avoid; }
}
`;
