import { halfCheetahScene } from './half-cheetah.ts';
import { multiGoalScene } from './multi-goal.ts';
import type { PlayedScene } from './scene.ts';

const makers: Readonly<Record<string, (folder: string) => Promise<PlayedScene>>> = {
  'multi-goal': multiGoalScene,
  'half-cheetah': halfCheetahScene,
};

declare global {
  /** The scenes by name, for tests and the console of the browser. */
  var playground: Readonly<Record<string, PlayedScene>>;
}

/** The element of the page, which has it. */
function element<T extends Element>(selector: string, kind: new () => T): T {
  const match = document.querySelector(selector);
  if (match instanceof kind) return match;
  throw new Error(`the page has no ${selector}`);
}

let paused = matchMedia('(prefers-reduced-motion: reduce)').matches;
const scenes: Record<string, PlayedScene> = {};
globalThis.playground = scenes;

/** Steps at the scene's own pace, and draws. A page that was out of sight goes on where it was. */
async function show(scene: PlayedScene, canvas: HTMLCanvasElement, output: HTMLOutputElement): Promise<void> {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no 2D canvas');
  const { algorithm, environment, trainingSteps } = scene.policy.metadata;
  const { name, executionProvider } = scene.policy.engine;
  const about = `${algorithm} in ${environment}, ${trainingSteps.toLocaleString('en')} steps · ${name} (${executionProvider})`;
  let due = performance.now();
  for (;;) {
    if (!paused && performance.now() >= due) {
      await scene.step();
      due = Math.max(due + 1000 * scene.stepSeconds, performance.now() - 100);
    }
    scene.draw(context);
    output.textContent = `${about}\n${scene.status()}`;
    await new Promise(requestAnimationFrame);
  }
}

async function open(id: string, make: (folder: string) => Promise<PlayedScene>): Promise<void> {
  const canvas = element(`#${id} canvas`, HTMLCanvasElement);
  const output = element(`#${id} output`, HTMLOutputElement);
  try {
    const scene = await make(`policies/${id}`);
    scenes[id] = scene;
    element(`#${id}`, HTMLElement).ariaBusy = 'false';
    await show(scene, canvas, output);
  } catch (error) {
    output.classList.add('problem');
    output.textContent = error instanceof Error ? error.message : String(error);
  }
}

const pause = element('#pause', HTMLButtonElement);
const label = () => {
  pause.textContent = paused ? 'Play' : 'Pause';
};
pause.addEventListener('click', () => {
  paused = !paused;
  label();
});
element('#restart', HTMLButtonElement).addEventListener('click', () => {
  for (const scene of Object.values(scenes)) scene.restart();
});
label();
for (const [id, make] of Object.entries(makers)) void open(id, make);
