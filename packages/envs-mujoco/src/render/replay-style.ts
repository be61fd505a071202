/** Style sheet of a replay page: the view fills the window, the controls lie over it. */
export const replayStyle = `
:root {
  color-scheme: light dark;
  --ink: #1b2430; --soft: #55616f; --panel: #ffffffd9; --line: #c9d2db; --accent: #c2532c; --page: #eaf0f5;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf3; --soft: #9fabb9; --panel: #1a222ce0; --line: #3a4654; --accent: #ef9a66; --page: #12181f; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; overflow: hidden; background: var(--page); color: var(--ink);
  font: 15px/1.4 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
#view { position: fixed; inset: 0; width: 100%; height: 100%; display: block; cursor: grab; }
#view:active { cursor: grabbing; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#view:focus-visible { outline-offset: -3px; }
header { position: fixed; top: max(14px, env(safe-area-inset-top)); left: 16px; right: 16px; pointer-events: none; }
header select { pointer-events: auto; margin-top: 6px; }
h1 { font-size: 1.25rem; line-height: 1.2; margin: 0; }
#caption, #ending { color: var(--soft); margin: 2px 0 0; max-width: 60ch; }
dl { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 8px 0 0; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-size: 1.05rem; font-variant-numeric: tabular-nums; min-width: 5.5em; }
#message { position: fixed; inset: 40% 16px auto; margin: auto; max-width: 56ch; padding: 14px 18px; border-radius: 10px;
  background: var(--panel); border: 1px solid var(--line); }
#controls { position: fixed; left: 50%; transform: translateX(-50%); bottom: max(14px, env(safe-area-inset-bottom));
  width: min(860px, calc(100% - 24px)); display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px;
  padding: 10px 14px; border-radius: 14px; background: var(--panel); border: 1px solid var(--line);
  backdrop-filter: blur(8px); }
#play { flex: none; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 50%; background: var(--accent); color: #fff; }
#play svg { width: 22px; height: 22px; fill: currentColor; display: block; margin: auto; }
#play[data-playing='true'] .triangle, #play:not([data-playing='true']) .bars { display: none; }
#scrub { flex: 1 1 220px; min-width: 0; height: 32px; margin: 0; accent-color: var(--accent); }
.choice { display: inline-flex; align-items: center; gap: 6px; min-height: 36px; }
.choice input { width: 18px; height: 18px; margin: 0; accent-color: var(--accent); }
select, #reset-view { font: inherit; color: inherit; min-height: 36px; padding: 0 10px; border-radius: 8px;
  border: 1px solid var(--line); background: transparent; }
select option { color: CanvasText; background: Canvas; }
button { cursor: pointer; }
@media (prefers-color-scheme: dark) { #play { color: #1b1109; } }
@media (max-width: 560px) {
  #scrub { flex-basis: calc(100% - 60px); }
  #controls { justify-content: space-between; }
}
`.trim();
