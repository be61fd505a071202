import { floatsAt } from '@meow-rl/graph';

import { algorithmStates, stateName } from '../algorithm.ts';
import { wholeStages } from '../local-updates.ts';
import { stageData } from './part.ts';
import type { Part, PartOptions } from './part.ts';

/** The part of the only thread: its updates have the bits of those in the calling thread. */
export async function wholePart(options: PartOptions): Promise<Part> {
  const { algorithm, runtime, memory } = options;
  const state = runtime.createState(algorithmStates(algorithm));
  const stages = await wholeStages(options, state);
  const inputs = stages.map((_, i) => stageData(options, i));
  const copies = Object.entries(memory.states).map(([name, vector]) => ({ name, data: floatsAt(vector) }));
  const parameters = new Set(algorithm.groups.map(({ name }) => stateName(name, 'parameters')));
  const newest = copies.filter(({ name }) => parameters.has(name));
  return {
    update: async () => {
      for (const [i, stage] of stages.entries()) {
        const shared = memory.stages[i];
        if (memory.takesPart[i] !== 1 || !shared) continue;
        const { metrics, tdErrors } = await stage.run(inputs[i] ?? {});
        shared.metrics[0]?.set(metrics);
        if (tdErrors) memory.tdErrors.set(tdErrors);
        shared.hasErrors[0] = Number(tdErrors !== undefined);
      }
      for (const { name, data } of newest) state.read(name, data);
    },
    publish: () => {
      for (const { name, data } of copies) state.read(name, data);
    },
    adopt: () => {
      for (const { name, data } of copies) state.write(name, data);
    },
    dispose: async () => {
      for (const stage of stages) await stage.dispose();
    },
  };
}
