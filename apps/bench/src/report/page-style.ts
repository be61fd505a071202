/** The report's style sheet: one column on a phone, two on a desktop, colours for light and dark pages. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #1b2430; --soft: #5a6675; --line: #dde2e8; --accent: #1483c8; --edge: rgb(27 36 48 / 40%);
}
@media (prefers-color-scheme: dark) {
  :root { --page: #12161c; --card: #1b2129; --ink: #e6eaf0; --soft: #9aa6b4; --line: #313a46; --accent: #4fb0ea; --edge: rgb(230 234 240 / 55%); }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1.25rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .35rem; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
.lead { color: var(--soft); margin: 0 0 1.5rem; max-width: 70ch; }
.tiles, .columns { display: grid; gap: 1.25rem; margin-bottom: 1.25rem; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); }
.columns { grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; min-width: 0; }
.tile strong { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .875rem; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; --plot-background: var(--card); }
figcaption, .note { color: var(--soft); font-size: .875rem; margin: .9rem 0 0; }
figcaption b { color: var(--ink); }
/* A shade at the right says that there is more; what scrolls with the table covers it at the end. */
.scroll { overflow-x: auto; scrollbar-width: thin; background:
  linear-gradient(to left, var(--card) 1rem, transparent) right top / 2.5rem 100% no-repeat local,
  linear-gradient(to left, var(--edge), transparent) right top / 1rem calc(100% - 2px) no-repeat scroll; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 500; }
.heading { font-weight: 600; padding-top: .9rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.name { overflow-wrap: anywhere; min-width: 7rem; }
thead .number, thead .name { white-space: normal; vertical-align: bottom; }
td:first-child, thead th:first-child { position: sticky; left: 0; background: var(--card); }
.dense td.number small { display: block; }
small.wraps { white-space: normal; overflow-wrap: anywhere; }
.bar { width: 45%; padding-right: 0; vertical-align: middle; }
.bar i { display: block; height: .7rem; border-radius: 2px; min-width: 1px; }
.swatch { display: inline-block; width: .65rem; height: .65rem; border-radius: 50%; margin-right: .5rem; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; overflow-wrap: anywhere; }
.wide { margin-bottom: 1.25rem; }
.panels { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 .75rem; }
.legend span { min-width: 0; overflow-wrap: anywhere; }
small { color: var(--soft); font-size: .85em; }
a { color: var(--accent); }
ul.plain { margin: 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
details { margin-top: .75rem; }
summary { cursor: pointer; }
td code { white-space: normal; }
.file code { overflow-wrap: break-word; }
@media (max-width: 600px) { body { padding: 1.25rem .75rem 2rem; } .card { padding: .9rem; } table { font-size: .8rem; } td.number small { display: block; } .name { min-width: 6.25rem; } .bar { width: 30%; } }
@media print { body { background: none; } .card { break-inside: avoid; } }
`.trim();
