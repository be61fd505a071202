// Runs in the browser. Bundled by engines.test.ts, which calls what it puts into `engines`.
import { loadPolicy } from '@meow-rl/export';
import { neg, program } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeWeb } from '@meow-rl/graph/onnxruntime-web';
import { onnxRuntimeWebGpu } from '@meow-rl/graph/onnxruntime-webgpu';
import * as webGpu from 'onnxruntime-web/webgpu';

import { inputsOf, programOf } from '../../../../packages/graph/src/testing/case.ts';
import { operatorCases } from '../../../../packages/graph/src/testing/operator-cases.ts';
import { stageRunner } from '../../../../packages/learner/src/testing/run-stages.ts';
import { algorithmOf, updateInputs, type UpdateCase } from '../../../../packages/meow/src/testing/golden.ts';
import { timeActions, timeUpdates } from './timing.ts';

export interface EngineChoice {
  readonly engine: 'wasm' | 'webgpu';
  /** 1 on WebGPU. */
  readonly threads: number;
}

const runtimeOf = (choice: EngineChoice): Runtime =>
  choice.engine === 'wasm' ? onnxRuntimeWeb({ threads: choice.threads }) : onnxRuntimeWebGpu();

/** The outputs of each case of some operators by the names of operator and case, or why there are none. */
async function runOperators(
  choice: EngineChoice,
  operators: readonly string[],
): Promise<Record<string, number[] | string>> {
  const runtime = runtimeOf(choice);
  const results: Record<string, number[] | string> = {};
  for (const [operator, cases] of Object.entries(operatorCases))
    for (const operatorCase of operators.includes(operator) ? cases : []) {
      const name = `${operator}: ${operatorCase.name}`;
      try {
        const executable = await runtime.load(programOf(operatorCase));
        const outputs = await executable.run(inputsOf(operatorCase));
        results[name] = Object.values(outputs).flatMap((values) => Array.from(values));
        await executable.dispose();
      } catch (error) {
        results[name] = error instanceof Error ? error.message : String(error);
      }
    }
  return results;
}

/** What a golden case of updates comes to. */
async function runUpdates(choice: EngineChoice, golden: UpdateCase) {
  const algorithm = algorithmOf(golden.config, golden.batches[0]?.reward.length);
  const learner = await stageRunner(algorithm, runtimeOf(choice));
  learner.write(golden.params, golden.params);
  const steps: { loss: number; gradNorm: number }[] = [];
  for (const batch of golden.batches) {
    const step = await learner.run(0, updateInputs(batch, algorithm.config.gamma));
    steps.push({
      loss: step['loss']?.[0] ?? Number.NaN,
      gradNorm: step['gradientNorm/ebflow']?.[0] ?? Number.NaN,
    });
  }
  const numbers = (values: ReturnType<typeof learner.parameters>) =>
    Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, { data: Array.from(data) }]));
  const result = { steps, parameters: numbers(learner.parameters()), targets: numbers(learner.targets()) };
  await learner.dispose();
  return result;
}

/** Actions of a policy at an address, and which engine it got. */
async function act(choice: EngineChoice, source: string, observations: number[]) {
  const options =
    choice.engine === 'wasm'
      ? { threads: choice.threads }
      : { engine: { name: 'onnxruntime-web', ort: webGpu, executionProvider: 'webgpu' } };
  const policy = await loadPolicy(source, options);
  const actions = Array.from(await policy.act(Float32Array.from(observations)));
  await policy.dispose();
  return { actions, engine: policy.engine };
}

/** Actions of two policies of one file, which are all asked for at the same time, while a program runs beside them. */
async function actTogether(source: string, observations: readonly number[][]) {
  const engine = { name: 'onnxruntime-web', ort: webGpu, executionProvider: 'webgpu' };
  const policies = await Promise.all([loadPolicy(source, { engine }), loadPolicy(source, { engine })]);
  const executable = await onnxRuntimeWebGpu().load(
    program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => ({ outputs: { y: neg(x) } })),
  );
  const acting = policies.flatMap((policy) =>
    observations.map(async (rows) => Array.from(await policy.act(Float32Array.from(rows)))),
  );
  const { y } = await executable.run({ x: [1, 2] });
  const actions = await Promise.all(acting);
  await Promise.all([...policies, executable].map((opened) => opened.dispose()));
  return { actions, negated: Array.from(y) };
}

const engines = {
  actTogether,
  runOperators,
  runUpdates,
  act,
  timeActions: ({ threads }: EngineChoice, source: string) => timeActions(source, { threads }),
  timeUpdates: (choice: EngineChoice) => timeUpdates(runtimeOf(choice)),
};
export type Engines = typeof engines;
Object.assign(globalThis, { engines });
