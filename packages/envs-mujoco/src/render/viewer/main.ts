import { positionsAt, steps, type Recording } from '../recording.ts';
import { decodeRecording } from '../recording-file.ts';
import { createPlayback } from './playback.ts';
import { createStage } from './stage.ts';

/** Elements of the page, which replay-page.ts writes. */
const page = {
  canvas: element('view', HTMLCanvasElement),
  episode: element('episode', HTMLSelectElement),
  title: element('title', HTMLElement),
  caption: element('caption', HTMLElement),
  time: element('time', HTMLElement),
  step: element('step', HTMLElement),
  reward: element('reward', HTMLElement),
  ending: element('ending', HTMLElement),
  play: element('play', HTMLButtonElement),
  scrub: element('scrub', HTMLInputElement),
  speed: element('speed', HTMLSelectElement),
  follow: element('follow', HTMLInputElement),
  resetView: element('reset-view', HTMLButtonElement),
  controls: element('controls', HTMLElement),
  message: element('message', HTMLElement),
};

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const node = document.getElementById(id);
  if (!(node instanceof type)) throw new Error(`the page has no ${type.name} #${id}.`);
  return node;
}

const endings: Readonly<Record<Recording['ending'], string>> = {
  terminated: 'ended by the task',
  truncated: 'cut off by the time limit',
  diverged: 'simulation diverged',
  unfinished: 'recording stops here',
};

/** Shows a recording until the returned function is called. */
function show(recording: Recording): () => void {
  const count = steps(recording);
  const playback = createPlayback(count * recording.dt);
  const leaving = new AbortController();
  const { signal } = leaving;
  const sums = runningSums(recording.rewards);
  let dirty = true;
  let previous: number | undefined;
  const stage = createStage(page.canvas, recording, () => {
    dirty = true;
  });

  page.title.textContent = recording.environment;
  page.caption.textContent = recording.caption;
  page.scrub.max = String(count);
  page.follow.checked = stage.travels;
  playback.speed = Number(page.speed.value);

  const change = (action: () => void) => () => {
    action();
    dirty = true;
  };
  const on = (target: EventTarget, event: string, action: () => void) =>
    target.addEventListener(event, change(action), { signal });
  const toggle = () => (playback.playing ? playback.pause() : playback.play());
  const stepBy = (offset: number) => {
    playback.pause();
    playback.seek((Math.round(playback.time / recording.dt) + offset) * recording.dt);
  };

  on(page.play, 'click', toggle);
  on(page.scrub, 'input', () => playback.seek(Number(page.scrub.value) * recording.dt));
  on(page.speed, 'change', () => {
    playback.speed = Number(page.speed.value);
  });
  on(page.follow, 'change', () => {});
  on(page.resetView, 'click', () => stage.resetView());
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const { target } = event;
      // Controls that have a use for the key themselves keep it.
      const taken =
        target instanceof HTMLButtonElement ||
        target instanceof HTMLSelectElement ||
        (target instanceof HTMLInputElement && (target.type === 'checkbox' || event.key !== ' '));
      if (taken) return;
      if (event.key === ' ') change(toggle)();
      else if (event.key === 'ArrowRight') change(() => stepBy(1))();
      else if (event.key === 'ArrowLeft') change(() => stepBy(-1))();
      else return;
      event.preventDefault();
    },
    { signal },
  );

  const write = () => {
    const step = Math.min(Math.floor(playback.time / recording.dt + 1e-6), count);
    const atEnd = step === count;
    page.time.textContent = `${playback.time.toFixed(2)} s`;
    page.step.textContent = `${step} of ${count}`;
    page.reward.textContent = (atEnd ? recording.episodeReturn : (sums[step] ?? 0)).toFixed(1);
    page.ending.textContent = atEnd ? endings[recording.ending] : '';
    page.scrub.value = String(step);
    page.scrub.setAttribute('aria-valuetext', `${playback.time.toFixed(2)} seconds`);
    const action = playback.playing ? 'Pause' : 'Play';
    if (page.play.getAttribute('aria-label') !== action) page.play.setAttribute('aria-label', action);
    page.play.dataset['playing'] = String(playback.playing);
  };

  let request = requestAnimationFrame(function tick(now) {
    if (playback.playing) {
      // A tab in the background gets no frames; don't jump when it comes back.
      playback.advance(Math.min((now - (previous ?? now)) / 1000, 0.25));
      dirty = true;
    }
    previous = now;
    if (dirty) {
      dirty = false;
      write();
      stage.draw(positionsAt(recording, playback.time), { follow: page.follow.checked });
    }
    request = requestAnimationFrame(tick);
  });

  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) playback.play();

  return () => {
    cancelAnimationFrame(request);
    leaving.abort();
    stage.dispose();
  };
}

/** Sum of the rewards before each frame. */
function runningSums(rewards: Float32Array): Float64Array {
  const sums = new Float64Array(rewards.length + 1);
  for (const [i, reward] of rewards.entries()) sums[i + 1] = (sums[i] ?? 0) + reward;
  return sums;
}

async function start(): Promise<void> {
  const sources = document.querySelectorAll('script[data-recording]');
  const recordings = await Promise.all(
    Array.from(sources, ({ textContent }, i) =>
      decodeRecording(
        Uint8Array.from(atob(textContent.trim()), (character) => character.charCodeAt(0)),
        `episode ${i + 1}`,
      ),
    ),
  );
  page.episode.append(
    ...recordings.map(
      ({ episodeReturn }, i) =>
        new Option(`Episode ${i + 1} (return ${episodeReturn.toFixed(1)})`, String(i)),
    ),
  );
  page.episode.hidden = recordings.length < 2;
  let leave: (() => void) | undefined;
  const choose = () => {
    const recording = recordings[Number(page.episode.value)];
    if (!recording) return;
    leave?.();
    leave = show(recording);
  };
  page.episode.addEventListener('change', choose);
  choose();
}

start().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  page.controls.hidden = true;
  page.message.hidden = false;
  page.message.textContent = `The replay can't be shown. ${reason}`;
  throw error;
});
