import { takeViews } from '../../lowering/views.ts';
import { mapValues } from '../../program.ts';
import type { Program } from '../../program.ts';
import { optimize } from '../../rewrite/optimize.ts';
import { bindAxes } from '../../runtime.ts';
import type { Executable, InputData, LoadOptions, Runtime } from '../../runtime.ts';
import { storeRegistry } from '../../state-store.ts';
import { runGuard } from '../run-guard.ts';
import { openDevice } from './device.ts';
import type { Device, TfjsOptions } from './device.ts';
import type { TfjsModule } from './module.ts';
import { planKernels } from './plan.ts';
import type { KernelPlan } from './plan.ts';
import { planRunner } from './plan-runner.ts';
import { floatsOf, replaceTensor, stateTensor } from './state-tensor.ts';
import type { StateTensor } from './state-tensor.ts';
import { checkOperators } from './support.ts';

/** Disposes of the tensors of states that neither a store nor a program refers to any more: TensorFlow.js keeps what isn't disposed of. */
const forgottenStates = new FinalizationRegistry<readonly StateTensor[]>((states) => {
  for (const { tensor } of states) tensor.dispose();
});

/** A program as calls of kernels that the device has. */
function planOf(program: Program, device: Device): KernelPlan {
  const { program: viewed, views } = takeViews(optimize(program));
  const plan = planKernels(viewed, views, device.adapt);
  checkOperators(plan, device);
  return plan;
}

/**
 * The runtime of a module of TensorFlow.js, on a backend that the caller has loaded.
 *
 * States are tensors of the backend and stay there between runs; only outputs are read back.
 *
 * @throws DataError if it isn't TensorFlow.js 4, or the backend isn't loaded
 */
export function tfjsRuntime(tf: TfjsModule, options: TfjsOptions = {}): Runtime {
  const device = openDevice(tf, options);
  const { createState, bind } = storeRegistry<StateTensor>(
    device.name,
    (spec, vector) => stateTensor(spec, vector, device),
    {
      numbersOf: ({ tensor, shared }) => shared ?? floatsOf(tensor),
      write: (state, numbers) => {
        if (state.shared) state.shared.set(numbers);
        else replaceTensor(state, device.makeTensor(numbers, state.shape, 'float32', 'write: a state'));
      },
    },
    (stateIn, states) => forgottenStates.register(stateIn, states),
  );

  async function load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    { state }: LoadOptions = {},
  ): Promise<Executable<I, S, O>> {
    const plan = planOf(program, device);
    const { store, valueIn: stateIn } = bind(program, state);
    const runner = planRunner(plan, device, stateIn);
    const guard = runGuard();

    /** Computes, replaces the states and begins to read the outputs, in one turn of the event loop: no run sees states half replaced. */
    const compute = (inputs: Readonly<Record<I, InputData>>) => {
      const values = runner.run(inputs, bindAxes(program, inputs));
      try {
        const reading = plan.outputs.map(({ slot }) => values.at(slot).data());
        // All before the first is replaced: states may become each other.
        const next = plan.next.map(({ name, slot }) => [stateIn(name), values.take(slot)] as const);
        for (const [held, tensor] of next) {
          held.shared?.set(floatsOf(tensor));
          replaceTensor(held, tensor);
        }
        return reading;
      } finally {
        values.dispose();
      }
    };

    const executable: Executable<I, S, O> = {
      run: async (inputs) => {
        guard.begin();
        try {
          const read = await Promise.all(device.use(() => compute(inputs)));
          // Copies, as some backends give the memory of the tensor.
          const arrays = new Map(
            plan.outputs.map(({ name }, i) => {
              const data = read[i] ?? [];
              return [name, data instanceof Float32Array ? data.slice() : Float32Array.from(data, Number)];
            }),
          );
          return mapValues(program.outputs, (_, name) => arrays.get(name) ?? new Float32Array());
        } finally {
          guard.end();
        }
      },
      state: store,
      dispose: () => guard.dispose(() => runner.dispose()),
    };
    return executable;
  }

  return { name: device.name, createState, load };
}
