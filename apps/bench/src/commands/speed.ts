import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';

import type { SpeedConfig } from '../config.ts';
import { formatTable } from '../table.ts';
import type { Ui } from '../ui.ts';
import { versions } from '../versions.ts';

/** Batches of observations that acting is timed with. */
const ACTION_BATCHES = [1, 16, 256];

interface Timing {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** Milliseconds of each run, as quantiles: the machine may be shared, so the mean would measure its other users. */
async function time(runs: number, warmup: number, work: () => Promise<unknown>): Promise<Timing> {
  for (let i = 0; i < warmup; i++) await work();
  const durations: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    await work();
    durations.push(performance.now() - begun);
  }
  durations.sort((a, b) => a - b);
  const quantile = (q: number): number => durations[Math.floor(q * (durations.length - 1))] ?? Number.NaN;
  return { median: quantile(0.5), p10: quantile(0.1), p90: quantile(0.9) };
}

/** Times updates and actions of an agent with the paper's network on random data. */
export async function speed(config: SpeedConfig, ui: Ui): Promise<void> {
  const { observationSize, actionSize, batchSize, updates, warmup, threads, seed } = config;
  const agent = await createMeowAgent({
    runtime: onnxRuntimeNode({ threads }),
    observationSize,
    actionSize,
    seed,
    config: { batchSize },
  });
  try {
    const random = createGenerator(seed);
    const batch = emptyBatch(batchSize, { observationSize, actionSize });
    random.fillNormal(batch.observations);
    random.fillUniform(batch.actions, -0.98, 0.98);
    random.fillNormal(batch.rewards);
    random.fillNormal(batch.nextObservations);

    const bar = ui.progress('timing updates', updates + warmup);
    let done = 0;
    const update = await time(updates, warmup, async () => {
      await agent.update(batch);
      bar.update((done += 1));
    });
    bar.stop();
    const rows: { what: string; milliseconds: Timing }[] = [
      { what: `update, batch ${batchSize}`, milliseconds: update },
    ];
    for (const rowsOfBatch of ACTION_BATCHES) {
      const observations = new Float32Array(rowsOfBatch * observationSize);
      random.fillNormal(observations);
      for (const deterministic of [true, false])
        rows.push({
          what: `${deterministic ? 'deterministic' : 'sampled'} action, batch ${rowsOfBatch}`,
          milliseconds: await time(updates, warmup, () => agent.act(observations, { deterministic })),
        });
    }
    ui.result(
      { observationSize, actionSize, threads, versions: versions(), rows },
      [
        `observation ${observationSize}, action ${actionSize}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${updates} runs each`,
        '',
        formatTable(
          ['milliseconds', 'median', '10 %', '90 %'],
          rows.map(({ what, milliseconds: { median, p10, p90 } }) => [
            what,
            median.toFixed(3),
            p10.toFixed(3),
            p90.toFixed(3),
          ]),
        ),
      ].join('\n'),
    );
  } finally {
    await agent.dispose();
  }
}
