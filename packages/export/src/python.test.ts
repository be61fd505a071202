import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { box, pendulum } from '@meow-rl/envs';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findPython } from '../../../scripts/find-python.mjs';
import { loadPolicy, PRECISIONS, policyFiles } from './index.ts';
import { exportAgent } from './node.ts';
import { AGENTS, stirredAgent } from './testing/agents.ts';
import { metadata, normalRows } from './testing/trained-agent.ts';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Tensors = Readonly<Record<string, Values>>;
interface Job {
  readonly name: string;
  readonly file: string;
  readonly inputs: Tensors;
}

/** What Node's engine makes of a file. */
async function runInNode({ file, inputs }: Job): Promise<Tensors> {
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const feeds = Object.entries(inputs).map(
    ([name, { shape, data }]) => [name, new ort.Tensor('float32', Float32Array.from(data), shape)] as const,
  );
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [
      name,
      { shape: dims, data: Array.from(data, Number) },
    ]),
  );
}

const WIDTHS: Readonly<Record<string, number>> = { observation: 5, noise: 3, action: 3 };

const inputsOf = (names: readonly string[], rows: number): Tensors =>
  Object.fromEntries(
    names.map((name, i) => {
      const shape = [rows, WIDTHS[name] ?? 0];
      return [name, { shape, data: [...normalRows(rows, shape[1] ?? 0, 10 * rows + i)] }];
    }),
  );

const READ = {
  policy: ['observation'],
  stochastic: ['observation', 'noise'],
  critic: ['observation', 'action'],
};

const python = findPython();
const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(python === undefined)('Python', () => {
  let folder = '';
  const jobs: Job[] = [];
  let answers: readonly Tensors[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'meow-python-'));
    for (const [agentName, make] of Object.entries(AGENTS)) {
      const agent = await stirredAgent(make);
      // In each precision those whose operators are different.
      for (const precision of ['meow', 'sac'].includes(agentName) ? PRECISIONS : PRECISIONS.slice(0, 1))
        for (const [kind, bytes] of Object.entries(policyFiles(agent.deployment(), metadata, precision))) {
          const file = path.join(folder, `${agentName}-${precision}-${kind}.onnx`);
          writeFileSync(file, bytes);
          for (const rows of [0, 1, 5])
            jobs.push({
              name: `${agentName}, ${kind}, ${precision}, ${rows} rows`,
              file,
              inputs: inputsOf(READ[kind as keyof typeof READ], rows),
            });
        }
      await agent.dispose();
    }
    const list = path.join(folder, 'jobs.json');
    writeFileSync(list, JSON.stringify(jobs));
    answers = JSON.parse(
      execFileSync(python ?? '', [at('testing/run_onnx.py'), list], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
    );
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has a full check and the same outputs as Node for all files of all algorithms', async () => {
    expect(answers).toHaveLength(jobs.length);
    expect(jobs.length).toBeGreaterThan(100);
    for (const [i, job] of jobs.entries()) {
      const expected = await runInNode(job);
      expect(Object.keys(answers[i] ?? {}).toSorted(), job.name).toEqual(Object.keys(expected).toSorted());
      for (const [output, { shape, data }] of Object.entries(expected)) {
        const answer = answers[i]?.[output];
        expect(answer?.shape, `${job.name}: ${output}`).toEqual([...shape]);
        data.forEach((value, j) => {
          const error = Math.abs((answer?.data[j] ?? Number.NaN) - value) / Math.max(1, Math.abs(value));
          expect(error, `${job.name}: entry ${j} of ${output}`).toBeLessThan(1e-5);
        });
      }
    }
  });

  test('plays a policy with the script of the docs, to the return that the environment here gives', async () => {
    const guide = readFileSync(at('../../../docs/deployment.md'), 'utf8');
    const script = /```python\n([^]*?)```/.exec(guide)?.[1] ?? '';
    expect(script.trim().split('\n').length).toBeLessThanOrEqual(11);
    writeFileSync(path.join(folder, 'play.py'), script);

    const agent = await createMeowAgent({
      runtime: onnxRuntimeNode(),
      observationSize: 3,
      actionSize: 1,
      seed: 5,
      config: { hidden: [8], shiftHidden: [8] },
    });
    const spaces = {
      observationSpace: box({ low: [-1, -1, -8], high: [1, 1, 8] }),
      actionSpace: box({ low: [-2], high: [2] }),
    };
    const about = { ...metadata, ...spaces, environment: 'Pendulum-v1' };
    const [file] = await exportAgent(agent, agent.deployment(), folder, about, { observations: 50 });
    const printed = execFileSync(python ?? '', ['play.py'], {
      encoding: 'utf8',
      cwd: folder,
    });

    // The start that Gymnasium draws with seed 0: PCG64 gives these two numbers in [0, 1).
    const [angle, speed] = [0.6369616873214543, 0.2697867137638703].map((x) => 2 * x - 1) as [number, number];
    const env = pendulum();
    let { observation } = env.reset({ options: { state: [Math.PI * angle, speed] } });
    const policy = await loadPolicy(file?.path ?? '');
    let total = 0;
    for (let step = 0; step < 200; step += 1) {
      const stepped = env.step(await policy.act(Float32Array.from(observation)));
      observation = stepped.observation;
      total += stepped.reward;
    }
    expect(total).toBeLessThan(-100);
    expect(Math.abs(Number(printed) - total)).toBeLessThan(1e-2 * Math.abs(total));
    await policy.dispose();
    await agent.dispose();
  });
});
