import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { entropySeed, stream } from '@meow-rl/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { outcomeOf } from './run-outcome.ts';
import { startBench } from './start-bench.ts';

async function finish(...argv: string[]) {
  const { code, err } = await startBench(...argv).ended;
  expect(err, err).toBe('');
  expect(code).toBe(0);
}

const SAVING = '--log-every 40 --evaluation-episodes 2 --evaluate-every 250 --checkpoint-every 60';
const OF_REPLAY = `--hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --warmup 100 ${SAVING}`;
type Configuration = readonly [name: string, argv: readonly string[]];
const withReplay = (flags: Readonly<Record<string, string>>): Configuration[] =>
  Object.entries(flags).map(([name, given]) => [name, `${given} ${OF_REPLAY}`.split(' ')]);
const BASELINE = '--env InvertedPendulum-v5 --steps 600 --warmup 100 --hidden 8 --batch-size 16';
const ROLLOUTS = '--algo ppo --env Hopper-v5 --preset general --num-envs 4 --workers 2 --rollout-steps 50';

/** What a run does, and the flags that make it do so: all that is saved is in one of them. */
const COMBINED: readonly Configuration[] = [
  ...withReplay({
    'MuJoCo, standardized observations, scaled rewards, the averaged policy':
      '--env Hopper-v5 --steps 600 --normalize-observations --scale-rewards --policy averaged',
    'a pipeline, environments and updates in two threads each, several steps, priorities, a buffer that wraps':
      '--env InvertedPendulum-v5 --steps 900 --num-envs 4 --workers 2 --n-step 3 --prioritized --buffer-size 400 --updates-per-step 0.5 --learner-threads 2 --pipeline',
  }),
  [
    'rollouts of four environments in two threads, standardized observations, scaled rewards, a falling learning rate',
    `${ROLLOUTS} --steps 800 --hidden 8 --batch-size 40 ${SAVING}`.split(' '),
  ],
];

/** The same parts in other company. */
const OTHERS: readonly Configuration[] = [
  ['TD3 with priorities', `--algo td3 ${BASELINE} --prioritized ${SAVING}`.split(' ')],
  ['DDPG', `--algo ddpg ${BASELINE} ${SAVING}`.split(' ')],
  [
    'soft Q-learning in two environments',
    `--algo sql ${BASELINE} --num-envs 2 --value-particles 3 --fixed-particles 3 --updated-particles 2 --candidates 3 ${SAVING}`.split(
      ' ',
    ),
  ],
  ...withReplay({
    'four environments in two threads, several steps, priorities, a buffer that wraps':
      '--env InvertedPendulum-v5 --steps 1600 --num-envs 4 --workers 2 --n-step 3 --prioritized --buffer-size 400 --updates-per-step 0.5',
    'a pipeline, priorities':
      '--env InvertedPendulum-v5 --steps 1600 --num-envs 2 --workers 2 --prioritized --learner-threads 2 --pipeline',
    'one environment': '--env MultiGoal-v0 --steps 1000',
    'the averaged policy, fractions of updates':
      '--env MultiGoal-v0 --steps 1200 --num-envs 3 --policy averaged --updates-per-step 0.3',
    'updates shared by two threads': '--env Hopper-v5 --steps 600 --learner-threads 2',
  }),
];

/** Kills a run once at a random moment, if it hasn't ended by then; says whether it did. */
async function killOnce(argv: readonly string[], milliseconds: number): Promise<boolean> {
  const { child, ended } = startBench(...argv);
  await Promise.race([pause(milliseconds), ended]);
  child.kill('SIGKILL');
  const { signal, code, err } = await ended;
  if (signal !== 'SIGKILL') expect(code, err).toBe(0);
  return signal === 'SIGKILL';
}

/** Begins a run, or goes on with it where it was begun. */
async function nextCommand(run: string, argv: readonly string[]): Promise<readonly string[]> {
  // Killed before its settings were written, there is nothing to go on with.
  const begun = (await readdir(run).catch((): string[] => [])).includes('config.json');
  return begun ? ['train', '--resume', run] : ['train', ...argv, '--out', run, '--force'];
}

/** The seed of the moments: KILL_SEED, to have those of a test that failed again, else another one each time. */
function killSeed(): number {
  const given = process.env['KILL_SEED'];
  if (given === undefined) return entropySeed();
  if (/^\d+$/.test(given)) return Number(given);
  throw new RangeError(`KILL_SEED is ${given}, expected a whole number as a test that failed names it.`);
}

/**
 * Tests that runs killed with SIGKILL at random moments and resumed end with the same bits as one that was let alone, over
 * several configurations.
 *
 * @param kills of each configuration
 * @param everyConfiguration default: those that have every part between them
 */
export function describeKills(kills: number, { everyConfiguration = false } = {}): void {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'meow-kill-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const seed = killSeed();
  const configurations = everyConfiguration ? [...COMBINED, ...OTHERS] : COMBINED;
  describe.each(configurations)('runs with %s', (name, argv) => {
    it(`killed ${kills} times, with KILL_SEED=${seed}, end with the bits of one that was not`, async () => {
      const key = name.replaceAll(/\W+/g, '-');
      const whole = path.join(folder, `${key}-whole`);
      const begun = Date.now();
      await finish('train', ...argv, '--out', whole);
      const duration = Date.now() - begun;
      const { birthtimeMs } = await stat(path.join(whole, 'config.json'));
      // There is little to spoil before that, and starting takes about as long as training.
      const earliest = 0.75 * (birthtimeMs - begun);
      const expected = await outcomeOf(whole);
      // The same moments whichever configurations run beside it.
      const index = configurations.findIndex(([known]) => known === name);
      const random = stream(seed, index);
      const moments: string[] = [];
      let done = 0;
      for (let attempt = 0; done < kills; attempt += 1) {
        const run = path.join(folder, `${key}-${attempt}`);
        let ended = false;
        // Anywhere from shortly before its folder is there to about its end.
        while (done < kills && !ended) {
          const moment = earliest + random.uniform() * (duration - earliest);
          moments.push(`${Math.round(moment)} of ${Math.round(duration)} ms`);
          ended = !(await killOnce(await nextCommand(run, argv), moment));
          done += Number(!ended);
        }
        const said = `killed after ${moments.join(', ')}`;
        const { code, err } = await startBench(...(await nextCommand(run, argv))).ended;
        expect(code, `${said}: ${err}`).toBe(0);
        expect(await outcomeOf(run), said).toEqual(expected);
      }
    }, 1_200_000);
  });
}
