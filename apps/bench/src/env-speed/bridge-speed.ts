import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { isaacVectorEnv, PYTHON_SOURCES } from '@meow-rl/envs-isaac-bridge/node';
import type { VectorEnv } from '@meow-rl/envs';
import { createGenerator } from '@meow-rl/random';

import { formatPairs } from '../cli/table.ts';
import { CliError, UsageError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import { versions } from '../cli/versions.ts';
import type { BridgeSpeedConfig } from '../commands/bridge-speed.ts';
import {
  BRIDGE_EXAMPLES,
  bridgePython,
  isBridge,
  isRunningServer,
  openBridge,
} from '../environments/bridge.ts';
import { withOpen } from '../files/with-open.ts';
import { peersFolder } from '../speed/peer-process.ts';

/** Measures what of a Python simulator's rate is left behind the bridge. */
export async function bridgeSpeed(config: BridgeSpeedConfig, ui: Ui): Promise<void> {
  const { env: task, numEnvs, seconds, rounds } = config;
  if (!isBridge(task) || isRunningServer(task))
    throw new UsageError(
      `${task} is no simulator that a server is started for`,
      `Name one, such as ${BRIDGE_EXAMPLES}.`,
    );
  const python = bridgePython(config);
  await withOpen(async (open) => {
    const still = open(
      await isaacVectorEnv({ launch: { python, task: 'still:make', numEnvs, cwd: peersFolder } }),
    );
    const bridged = open(await openBridge({ env: task, python }, { numEnvs }));
    const direct = open(inPython(python, task, numEnvs));
    for (const env of [still, bridged]) await env.reset({ seed: 0 });
    const bar = ui.progress('measuring', rounds, { unit: 'rounds' });
    const measured: { roundTrip: number; bridge: number; python: number }[] = [];
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      const roundTrip = 1e6 / (await stepsPerSecond(still, Math.min(seconds, 1)));
      const bridge = await stepsPerSecond(bridged, seconds);
      const alone = await direct.stepsPerSecond(seconds);
      if (round > 0) measured.push({ roundTrip, bridge, python: alone });
      bar.update(round);
    }
    bar.stop();
    const roundTripMicroseconds = median(measured.map(({ roundTrip }) => roundTrip));
    const bridge = numEnvs * median(measured.map((one) => one.bridge));
    const alone = numEnvs * median(measured.map((one) => one.python));
    const ratio = median(measured.map((one) => one.bridge / one.python));
    ui.result(
      {
        task,
        numEnvs,
        seconds,
        rounds,
        bridge,
        python: alone,
        ratio,
        roundTripMicroseconds,
        versions: { ...versions(), ...bridged.hello.versions },
      },
      formatPairs({
        task: `${task}, ${numEnvs} environments; medians of ${rounds} rounds of ${seconds} s`,
        'steps/s, bridge': Math.round(bridge),
        'steps/s, Python': Math.round(alone),
        ratio: ratio.toFixed(3),
        'round trip': `${roundTripMicroseconds.toFixed(0)} µs with ${numEnvs} x 60 observations`,
      }),
    );
  });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Vector steps per second under random actions. */
async function stepsPerSecond(env: VectorEnv, seconds: number): Promise<number> {
  const { numEnvs, singleActionSpace: space } = env;
  const generator = createGenerator(0);
  const actions = Array.from({ length: 64 }, () => {
    const all = new Float64Array(numEnvs * space.size);
    for (let row = 0; row < numEnvs; row += 1)
      space.sample(generator, all.subarray(row * space.size, (row + 1) * space.size));
    return Float32Array.from(all);
  });
  const begun = performance.now();
  let steps = 0;
  while (performance.now() - begun < 1000 * seconds) {
    await env.step(actions[steps % actions.length] ?? []);
    steps += 1;
  }
  return (1000 * steps) / (performance.now() - begun);
}

/** The simulator in a Python process of its own, which steps it when asked. */
function inPython(python: string, task: string, numEnvs: number) {
  const child = spawn(python, [path.join(peersFolder, 'bridge_rate.py'), task, String(numEnvs)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      PYTHONPATH: [PYTHON_SOURCES, process.env['PYTHONPATH']].filter(Boolean).join(path.delimiter),
    },
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit');
  return {
    async stepsPerSecond(seconds: number): Promise<number> {
      child.stdin.write(`${seconds}\n`);
      // A simulator may print lines of its own.
      for (;;) {
        const line = await Promise.race([once(lines, 'line'), exited.then(() => [])]);
        const [text] = line;
        if (typeof text !== 'string')
          throw new CliError(
            `${task} can't be stepped in ${python} itself`,
            `Try: ${python} ${path.join(peersFolder, 'bridge_rate.py')} ${task} ${numEnvs}`,
          );
        const [, rate] = /^stepsPerSecond (\S+)$/.exec(text) ?? [];
        if (rate !== undefined) return Number(rate);
      }
    },
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}
