import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { decodeRecording, steps } from '@meow-rl/envs-mujoco/render';
import { describe, expect, test } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';
import { TINY_AGENT, bench } from '../testing/run-bench.ts';

/** Runs the command line as a user would, but in this process. */
const read = async (file: string) => decodeRecording(await readFile(file), file);

describe('render', () => {
  test('--random plays without a policy and repeats itself', async () => {
    const folder = await temporaryFolder();
    const page = (name: string) => path.join(folder, 'new', `${name}.html`);
    const random = ['render', '--random', '--env', 'Hopper-v5', '--seed', '4', '--episodes', '2'];
    const { code, out, err } = await bench(...random, '--out', page('a'), '--json');
    expect(err).toBe('');
    expect(code).toBe(0);
    const { page: written, environment, episodes } = JSON.parse(out);
    expect([written, environment, episodes.length]).toEqual([page('a'), 'Hopper-v5', 2]);
    const recording = await read(path.join(folder, 'new', 'a-2.qpos'));
    expect(recording).toMatchObject({
      environment: 'Hopper-v5',
      caption: 'random actions, seed 4',
      ending: 'terminated',
      episodeReturn: episodes[1].return,
    });
    expect(steps(recording)).toBe(episodes[1].length);
    const html = await readFile(page('a'), 'utf8');
    expect(html).toContain('<title>Hopper-v5 replay</title>');
    expect(html.match(/data-recording>/g)).toHaveLength(2);
    await bench(...random, '--out', page('b'));
    expect(await readFile(page('b'), 'utf8')).toBe(html);
  });

  test.each([
    ['meow', [...TINY_AGENT]],
    ['sac', ['--hidden', '8', '--batch-size', '16']],
  ])('plays the policy of a run of %s, and the exported one, as eval does', async (algo, small) => {
    const run = path.join(await temporaryFolder(), 'run');
    const flags = ['--env', 'Hopper-v5', '--steps', '120', '--warmup', '100', '--evaluate-every', '500'];
    await bench('train', '--algo', algo, ...flags, ...small, '--out', run);
    const evaluated = JSON.parse((await bench('eval', run, '--episodes', '1', '--seed', '3', '--json')).out)
      .returns[0];

    expect((await bench('render', run, '--seed', '3')).out).toContain(
      `Open ${path.join(run, 'replay.html')} in a browser.`,
    );
    const ofRun = await read(path.join(run, 'replay.qpos'));
    expect(ofRun.episodeReturn).toBe(evaluated);
    expect(ofRun.caption).toBe(`${algo} after 120 steps, deterministic actions, seed 3`);

    const page = path.join(run, 'policy.html');
    await bench('render', path.join(run, 'policy', 'policy.onnx'), '--seed', '3', '--out', page);
    expect((await stat(page)).size).toBeGreaterThan(100_000);
    const ofFile = await read(path.join(run, 'policy.qpos'));
    expect(ofFile.episodeReturn).toBeCloseTo(evaluated, 1);
  });

  test.each([
    [['render'], /there is nothing to play with\. Give the folder of a run/],
    [['render', '--random'], /--random needs an environment\. Name one with --env/],
    [
      ['render', '--random', '--env', 'MultiGoal-v0'],
      /MultiGoal-v0 is no MuJoCo task\. Name one, such as HalfCheetah-v5/,
    ],
    [
      ['render', '--random', '--env', 'Hoper-v5'],
      /there is no environment Hoper-v5\. Did you mean Hopper-v5\?/,
    ],
    [['render', 'runs/a', '--random', '--env', 'Hopper-v5'], /Leave out runs\/a or --random\./],
    [['render', '--random', '--env', 'Hopper-v5', '--stochastic'], /Leave --stochastic out\./],
    [['render', 'runs/a', '--out', 'movie.mp4'], /--out can't be movie\.mp4\. Give .* \.html\./],
  ])('%s', async (argv, message) => {
    const { code, err } = await bench(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
