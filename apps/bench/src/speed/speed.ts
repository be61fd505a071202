import type { SpeedConfig } from '../commands/speed.ts';
import { chooseEngines } from './measured-engines.ts';
import { compareLoops, loopRounds, loopSchedule, loopThreads } from './loop-comparison.ts';
import { measureSize, PAPER_SIZES } from './measure.ts';
import type { SizeResult } from './measure.ts';
import { DEFINITIONS } from './measured-agent.ts';
import type { Measured } from './measured-agent.ts';
import { createMeasuredLearner } from './measured-learner.ts';
import { checkPeersInstalled } from './peer-process.ts';
import { parsePeers } from './peers.ts';
import { profileUpdates } from './profile.ts';
import { roofline } from './roofline.ts';
import { soak } from './soak.ts';
import { loopText, profileText, rooflineText, sizeText, soakText } from './text.ts';
import type { Ui } from '../cli/ui.ts';
import { versions } from '../cli/versions.ts';

/** Times updates, actions, replay and the whole loop of an agent with its default networks, on request against peers. */
export async function speed(config: SpeedConfig, ui: Ui): Promise<void> {
  const { algo, observationSize, actionSize, updates, warmup, rounds, seed, loopSteps } = config;
  const batchSize = config.batchSize ?? DEFINITIONS[algo].settings.batchSize.default;
  const peers = config.peers === undefined ? [] : parsePeers(config.peers);
  if (peers.length > 0) checkPeersInstalled();
  const { engine, others } = await chooseEngines(config, ui);
  const sizes = config.all ? PAPER_SIZES : [{ observationSize, actionSize }];
  const threadCounts = config.all ? [1, 2] : [config.threads];
  const given = { algorithm: algo, batchSize, seed, engine };
  const first = { ...given, observationSize, actionSize, threads: config.threads };
  const text: string[] = [];

  const results: SizeResult[] = [];
  for (const threads of threadCounts)
    for (const size of sizes) {
      const label = `timing ${size.observationSize}, ${size.actionSize}`;
      const bar = ui.progress(label, rounds, { unit: 'rounds' });
      const measured = { ...given, ...size, threads };
      const result = await measureSize(measured, others, peers, { updates, warmup, rounds }, (done) =>
        bar.update(done),
      );
      bar.stop();
      results.push(result);
      text.push(sizeText(result));
    }

  const loops = [];
  if (loopSteps > 0)
    for (const threads of config.all ? threadCounts : [loopThreads(config, engine)]) {
      const bar = ui.progress('timing the loop', loopRounds(rounds), { unit: 'rounds' });
      const compared = await compareLoops(
        peers,
        loopSteps,
        { algorithm: algo, threads, seed, engine, rounds },
        (done) => bar.update(done),
      );
      bar.stop();
      loops.push({ threads, compared });
      text.push(loopText(compared, { algorithm: algo, threads, schedule: loopSchedule(algo) }));
    }

  const profile = config.profile ? await profileUpdates(first, updates) : undefined;
  if (profile) text.push(profileText(profile));

  const bound = config.roofline ? await roofline(first) : undefined;
  if (bound) text.push(rooflineText(bound, medianUpdate(results, first)));

  const soaked = config.soak > 0 ? await soakAgent(first, config.soak, ui) : undefined;
  if (soaked) text.push(soakText(soaked));

  ui.result(
    {
      versions: versions(),
      rounds,
      sizes: results,
      ...(loops.length > 0 ? { loops } : {}),
      ...(profile ? { profile } : {}),
      ...(bound
        ? { roofline: { ...bound, updateOverBound: medianUpdate(results, first) / bound.bound } }
        : {}),
      ...(soaked ? { soak: soaked } : {}),
    },
    text.join('\n\n'),
  );
}

/** The measured update of a size; NaN if it is none of those measured. */
const medianUpdate = (results: readonly SizeResult[], { observationSize, actionSize, threads }: Measured) =>
  results.find(
    (result) =>
      result.observationSize === observationSize &&
      result.actionSize === actionSize &&
      result.threads === threads,
  )?.update[0]?.milliseconds.median ?? Number.NaN;

async function soakAgent(measured: Measured, updates: number, ui: Ui) {
  const learner = await createMeasuredLearner(measured, 'workers');
  const bar = ui.progress('soaking', updates, { unit: 'updates' });
  try {
    return await soak(learner, updates, (done) => bar.update(done));
  } finally {
    bar.stop();
    await learner.agent.dispose();
  }
}
