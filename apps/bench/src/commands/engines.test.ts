import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { withoutFused } from '@meow-rl/learner/node';
import { whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bench, quietBench, TINY_AGENT } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-engines-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);

const FLAGS = [
  ...'--env MultiGoal-v0 --steps 60 --warmup 20 --evaluate-every 30 --evaluation-episodes 1 --log-every 10'.split(
    ' ',
  ),
  ...TINY_AGENT,
];

const train = (name: string, ...flags: readonly string[]) =>
  quietBench('train', ...FLAGS, ...flags, '--out', at(name));

const configOf = async (name: string) =>
  JSON.parse(await readFile(path.join(at(name), 'config.json'), 'utf8'));

/** Gives a run the config that it would have had from an older version. */
async function recordAsFormerly(name: string, former: object): Promise<void> {
  const { engine: _engine, ...config } = await configOf(name);
  await writeFile(path.join(at(name), 'config.json'), JSON.stringify({ ...config, ...former }));
}

const fusedProblem = whyUnavailable();
const best = fusedProblem === undefined ? 'fused' : 'onnxruntime';

/** The metrics of each line. */
async function metricsOf(name: string): Promise<Readonly<Record<string, number>>[]> {
  const { events } = await outcomeOf(at(name));
  return events.filter(({ type }) => type === 'metrics').map(({ update }) => update);
}

it('a run is trained on the fastest engine that is there, which its config says', async () => {
  const { code, out, err } = await bench('train', ...FLAGS, '--out', at('auto'));
  expect(code, err).toBe(0);
  expect(await configOf('auto')).toMatchObject({ engine: best });
  expect(out).toContain(`on the engine ${best}, in ${at('auto')}`);
  expect(out.includes(withoutFused(fusedProblem ?? ''))).toBe(best === 'onnxruntime');
  expect(await train('named', '--engine', best)).toMatchObject({ code: 0, err: '' });
  expect(await outcomeOf(at('auto'))).toEqual(await outcomeOf(at('named')));
});

it('a run on TensorFlow.js learns the numbers of onnxruntime but for rounding, and goes on to the same bits', async () => {
  const engine = 'tfjs-wasm';
  expect(await train('plain', '--engine', 'onnxruntime')).toMatchObject({ code: 0, err: '' });
  expect(await train(engine, '--engine', engine)).toMatchObject({ code: 0, err: '' });
  expect(await configOf(engine)).toMatchObject({ engine });
  const [whole, byEngine] = [await metricsOf('plain'), await metricsOf(engine)];
  // No update in the first two.
  expect(byEngine).toHaveLength(6);
  for (const [i, metrics] of whole.entries())
    for (const [name, value] of Object.entries(metrics))
      expect(Math.abs((byEngine[i]?.[name] ?? Number.NaN) - value), `${name} of line ${i}`).toBeLessThan(
        1e-3 * Math.max(1, Math.abs(value)),
      );
  const resumed = `${engine} resumed`;
  await cp(at(engine), at(resumed), { recursive: true });
  expect(await quietBench('train', '--resume', at(resumed), '--from', '30')).toMatchObject({ code: 0 });
  expect(await outcomeOf(at(resumed))).toEqual(await outcomeOf(at(engine)));
});

describe('a run goes on', () => {
  beforeAll(async () => {
    expect(await train('begun', '--engine', 'onnxruntime')).toMatchObject({ code: 0, err: '' });
  });

  it('on its engine, where auto would be another one', async () => {
    await cp(at('begun'), at('goes on'), { recursive: true });
    const resume = await quietBench('train', '--resume', at('goes on'), '--from', '30', '--engine', 'auto');
    expect(resume).toMatchObject({ code: 0 });
    expect(await configOf('goes on')).toMatchObject({ engine: 'onnxruntime' });
    expect(await outcomeOf(at('goes on'))).toEqual(await outcomeOf(at('begun')));
  });

  it('on no other one', async () => {
    const { code, err } = await quietBench('train', '--resume', at('begun'), '--engine', 'tfjs-wasm');
    expect(code).toBe(2);
    expect(err).toContain("engine can't change on resume");
    expect(err).toContain('was trained with onnxruntime so far, and tfjs-wasm was given');
  });

  it('nowhere else than where its engine is, but is still evaluated', async () => {
    await cp(at('begun'), at('elsewhere'), { recursive: true });
    await recordAsFormerly('elsewhere', { engine: 'tfjs-node-gpu' });
    const { code, err } = await quietBench('train', '--resume', at('elsewhere'), '--steps', '80');
    expect(code).toBe(2);
    expect(err).toContain(
      `${at('elsewhere')} was begun on the engine tfjs-node-gpu, which can't be used here`,
    );
    expect(err).toMatch(/npm run setup:tfjs-node -- --gpu|finds no GPU/);
    expect(await configOf('elsewhere')).toMatchObject({ steps: 60 });
    expect(await quietBench('eval', at('elsewhere'), '--episodes', '1')).toMatchObject({ code: 0 });
  });

  it.each([
    ['a run from before there were other engines', {}],
    ['a run that was to be without fused operators', { fused: false }],
  ])('as onnxruntime has it: %s', async (_, former) => {
    await cp(at('begun'), at('former'), { recursive: true, force: true });
    await recordAsFormerly('former', former);
    expect(await quietBench('train', '--resume', at('former'), '--from', '30')).toMatchObject({ code: 0 });
    expect(await outcomeOf(at('former'))).toEqual(await outcomeOf(at('begun')));
  });

  it.skipIf(fusedProblem !== undefined)(
    `on the fused engine where it was begun with fused operators${fusedProblem === undefined ? '' : ` (${fusedProblem})`}`,
    async () => {
      expect(await train('fused', '--engine', 'fused')).toMatchObject({ code: 0, err: '' });
      await cp(at('fused'), at('formerly fused'), { recursive: true });
      await recordAsFormerly('formerly fused', { fused: true });
      const resume = await quietBench('train', '--resume', at('formerly fused'), '--from', '30');
      expect(resume).toMatchObject({ code: 0 });
      expect(await outcomeOf(at('formerly fused'))).toEqual(await outcomeOf(at('fused')));
      // As the settings of another run.
      const config = path.join(at('formerly fused'), 'config.json');
      expect(await quietBench('train', '--config', config, '--out', at('again'))).toMatchObject({ code: 0 });
      expect(await configOf('again')).toMatchObject({ engine: 'fused' });
      expect(await outcomeOf(at('again'))).toEqual(await outcomeOf(at('fused')));
    },
  );
});

it.each([
  [['--engine', 'tfjs'], '--engine can\'t be "tfjs". Give one of auto, fused, onnxruntime, tfjs-node-gpu,'],
  [['--fused'], "unknown option '--fused'"],
  [
    ['--engine', 'tfjs-wasm', '--learner-threads', '2'],
    "learner threads can't compute on tfjs-wasm. Leave --learner-threads out, or train with --engine fused or onnxruntime.",
  ],
  [['--engine', 'tfjs-cpu', '--threads', '2'], 'tfjs-cpu computes on one thread, and 2 were asked for'],
])('refuses %j', async (flags, message) => {
  const { code, err } = await train('refused', ...flags);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
