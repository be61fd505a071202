import type { LearnerFactory } from './learner.ts';
import { wholeReplica } from './replica.ts';
import { eachState } from './states.ts';

/** Makes updates in the calling thread, on the agent's engine: each is one run of one program. */
export const localLearner: LearnerFactory = async ({ model, seed, runtime, dropoutOffsets }) => {
  const replica = await wholeReplica({ model, seed, runtime });
  const { state } = replica;
  const offsets = new Int32Array(model.dropoutLayers);
  return {
    stateFrom: state,
    actsDuringUpdate: false,
    update: async (batch) => {
      if (replica.offsets > 0) dropoutOffsets.fillIntegers(offsets, replica.offsets);
      return replica.step({ ...batch, dropoutOffsets: offsets });
    },
    parameters: () => state.readState('parameters'),
    readState: () => eachState((name) => state.readState(name)),
    writeState: (values) => {
      eachState((name) => {
        const value = values[name];
        if (value) state.writeState(name, value);
      });
    },
    dispose: () => replica.dispose(),
  };
};
