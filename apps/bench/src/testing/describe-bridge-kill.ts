import { spawnSync } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';

import { chooseCheckpoint, listCheckpoints, openRunCheckpoints, restoreRun } from '@meow-rl/train/node';
import { describe, expect, it } from 'vitest';

import { createUi } from '../cli/ui.ts';
import { makeVectorEnvironment } from '../environments/environments.ts';
import { withOpen } from '../files/with-open.ts';
import { createRunAgent } from '../runs/run-agent.ts';
import { makeRunBuffer } from '../runs/run-buffer.ts';
import { CHECKPOINTS } from '../runs/run-checkpoints.ts';
import { lastingSettings } from '../runs/resume-settings.ts';
import { readRunSettings } from '../runs/saved-run.ts';
import { captureIo } from './capture.ts';
import { isRunning } from './is-running.ts';
import { outcomeOf } from './run-outcome.ts';
import { startBench } from './start-bench.ts';
import { temporaryFolder } from './temporary.ts';

/** Processes that a process has started, and those that they have. */
function descendantsOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const pids = new Set([pid]);
  // Those that are listed before their parents are met in another round.
  for (let before = 0; before < pids.size;) {
    before = pids.size;
    for (const [child = 0, parent = 0] of pairs) if (pids.has(parent)) pids.add(child);
  }
  pids.delete(pid);
  return [...pids];
}

/** The newest checkpoint of a run, but where its logs end. */
async function newestOf(checkpoints: string) {
  const checkpoint = await chooseCheckpoint(checkpoints);
  if (!checkpoint) throw new Error(`${checkpoints} has no checkpoint.`);
  const { step, values, tensors } = checkpoint;
  return { checkpoint, saved: { step, tensors, values: { ...values, log: undefined } } };
}

/** What a run that goes on from its newest checkpoint has in memory, as a checkpoint of that moment. */
async function restoredOf(run: string) {
  const settings = await readRunSettings(run);
  const checkpoints = path.join(run, CHECKPOINTS);
  const { checkpoint } = await newestOf(checkpoints);
  const again = path.join(await temporaryFolder(), CHECKPOINTS);
  const agent = await createRunAgent(settings);
  try {
    await withOpen(async (open) => {
      const { numEnvs, workers } = settings;
      const env = open(await makeVectorEnvironment(settings, { numEnvs, workers, rescaleActions: true }));
      const ui = createUi(captureIo(), { json: false, quiet: true });
      const { parts } = makeRunBuffer(agent, settings, env, ui);
      const { loop, restartEnvironments } = await restoreRun(checkpoints, parts, checkpoint);
      expect(restartEnvironments).toBe(true);
      const saving = await openRunCheckpoints(again, parts, {
        withEnvironments: false,
        settings: lastingSettings(settings),
      });
      await saving.save(loop);
      await saving.settled();
    });
  } finally {
    await agent.unwrapped.dispose();
  }
  return (await newestOf(again)).saved;
}

/** What to kill and resume. */
export interface BridgeKill {
  readonly env: string;
  readonly python: string;
  /** Flags of a run that is far from its end when it is killed, after its second checkpoint. */
  readonly argv: readonly string[];
  /** Steps after the checkpoint that it then goes on for. */
  readonly moreSteps: number;
  /** Whether episodes that begin anew by the same seed are the same ones, in another process too. */
  readonly repeats: boolean;
}

/** Tests that a run in a simulator in Python that gives no state is killed and resumed with all that was learned. */
export function describeBridgeKill({ env, python, argv, moreSteps, repeats }: BridgeKill): void {
  describe(`a run in ${env}`, () => {
    it('killed leaves no Python, and goes on with what was learned, to the same bits', async () => {
      const folder = await temporaryFolder();
      const run = path.join(folder, 'run');
      const checkpoints = path.join(run, CHECKPOINTS);
      const { child, ended, until } = startBench(
        'train',
        '--env',
        env,
        '--python',
        python,
        ...argv,
        '--out',
        run,
      );
      await until(async () => (await listCheckpoints(checkpoints)).length >= 2);
      const servers = descendantsOf(child.pid ?? 0);
      expect(servers).not.toHaveLength(0);
      child.kill('SIGKILL');
      expect(await ended).toMatchObject({ signal: 'SIGKILL' });
      await expect.poll(() => servers.filter(isRunning), { timeout: 30_000 }).toEqual([]);

      const { saved } = await newestOf(checkpoints);
      expect(saved.values).toMatchObject({ env: null });
      expect(Object.keys(saved.tensors)).not.toHaveLength(0);
      expect(await restoredOf(run)).toEqual(saved);

      const twin = path.join(folder, 'twin');
      if (repeats) await cp(run, twin, { recursive: true });
      const steps = String(saved.step + moreSteps);
      for (const resumed of repeats ? [run, twin] : [run]) {
        const { code, err } = await startBench('train', '--resume', resumed, '--steps', steps).ended;
        expect(err).toMatch(/the environments could not be saved: they go on in new episodes, with seed \d+/);
        expect(code, err).toBe(0);
      }
      const metrics = await readFile(path.join(run, 'metrics.jsonl'), 'utf8');
      const restarts = metrics.split('\n').filter((line) => line.includes('"type":"restart"'));
      expect(restarts.map((line) => JSON.parse(line).step)).toEqual([saved.step]);
      const outcome = await outcomeOf(run);
      expect(outcome.saved.at(-1)?.step).toBeGreaterThanOrEqual(Number(steps));
      if (repeats) expect(await outcomeOf(twin)).toEqual(outcome);
    });
  });
}
