import { encodeRecording } from './recording-file.ts';
import type { Recording } from './recording.ts';
import { replayStyle } from './replay-style.ts';
import { viewerScript } from './viewer-script.ts';

/** Options of {@link replayPage}. */
export interface ReplayPageOptions {
  /** Title of the page. Default: the environment's id. */
  readonly title?: string;
}

/**
 * A web page that plays recordings: one HTML file that loads nothing, three.js and the recordings in it.
 *
 * It plays and pauses (button, space bar), scrubs (slider, arrow keys), orbits and zooms by mouse and touch, and follows
 * the robot.
 *
 * @param recordings one or more episodes; with several the page offers a choice
 * @throws RangeError without any recording
 */
export async function replayPage(
  recordings: Recording | readonly Recording[],
  { title }: ReplayPageOptions = {},
): Promise<string> {
  const all = 'qpos' in recordings ? [recordings] : recordings;
  const [first] = all;
  if (!first) throw new RangeError('replayPage: there are no recordings. Give at least one.');
  const data = await Promise.all(all.map(encodeRecording));
  return pageOf({
    title: escape(title ?? `${first.environment} replay`),
    scripts: data
      .map((bytes) => `<script type="application/octet-stream" data-recording>${toBase64(bytes)}</script>`)
      .join('\n'),
    viewer: inScript(await viewerScript()),
  });
}

const pageOf = (parts: { readonly title: string; readonly scripts: string; readonly viewer: string }) =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${parts.title}</title>
<link rel="icon" href="data:,">
<style>
${replayStyle}
</style>
</head>
<body>
<canvas id="view" tabindex="0" aria-label="Replay of the episode. Drag to orbit, scroll or pinch to zoom."></canvas>
<header>
<h1 id="title"></h1>
<p id="caption"></p>
<select id="episode" aria-label="Episode" hidden></select>
<dl>
<div><dt>Time</dt><dd id="time"></dd></div>
<div><dt>Step</dt><dd id="step"></dd></div>
<div><dt>Reward</dt><dd id="reward"></dd></div>
</dl>
<p id="ending" aria-live="polite"></p>
</header>
<p id="message" role="alert" hidden></p>
<div id="controls" role="group" aria-label="Playback">
<button id="play" type="button" aria-label="Play" title="Play or pause (space bar)">
<svg viewBox="0 0 24 24" aria-hidden="true"><path class="triangle" d="M7 4.5v15l13-7.5z"/><path class="bars" d="M6 4.5h4.5v15H6zm7.5 0H18v15h-4.5z"/></svg>
</button>
<input id="scrub" type="range" min="0" max="1" value="0" step="1" aria-label="Position in the episode">
<label class="choice"><span>Speed</span><select id="speed">
<option value="0.1">0.1×</option><option value="0.25">¼×</option><option value="0.5">½×</option>
<option value="1" selected>1×</option><option value="2">2×</option><option value="4">4×</option></select></label>
<label class="choice"><input id="follow" type="checkbox"> <span>Follow</span></label>
<button id="reset-view" type="button">Reset view</button>
</div>
${parts.scripts}
<script type="module">
${parts.viewer}
</script>
</body>
</html>
`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string) => text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);

/** Code that can't end the script element it stands in. Both only ever occur in texts and comments. */
const inScript = (code: string) => code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
