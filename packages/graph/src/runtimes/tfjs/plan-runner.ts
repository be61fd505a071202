import { DataError } from '../../errors.ts';
import { windowStart } from '../../lowering/views.ts';
import type { HostView } from '../../lowering/views.ts';
import type { InputData } from '../../runtime.ts';
import { factorsOf, sizeOfShape } from '../../shape.ts';
import type { LengthsOf } from '../../tfjs/emitter.ts';
import type { Device } from './device.ts';
import type { TfjsTensor } from './module.ts';
import type { KernelCall, KernelPlan } from './plan.ts';
import { replaceTensor } from './state-tensor.ts';
import type { StateTensor } from './state-tensor.ts';

/** The values of a run that are left when all kernels have been called. */
interface RunValues {
  at(slot: number): TfjsTensor;
  /** Hands over a value that the run has made, for the caller to dispose of; of others, or again, a copy. */
  take(slot: number): TfjsTensor;
  /** Disposes of what has not been taken. */
  dispose(): void;
}

/** A plan whose constants are on the device. */
interface PlanRunner {
  /** Calls all kernels; inside of the device's `use`. Leaves nothing behind if one fails. */
  run(inputs: Readonly<Record<string, InputData>>, axes: ReadonlyMap<string, number>): RunValues;
  dispose(): void;
}

type Axes = ReadonlyMap<string, number>;

/** Lengths of axes in a run. */
const lengthsIn =
  (axes: Axes): LengthsOf =>
  (shape) =>
    shape.map((dim) => {
      const { times, name } = factorsOf(dim);
      return name === undefined ? times : times * (axes.get(name) ?? Number.NaN);
    });

/** Attributes of calls, computed anew only when axes have other lengths than in the run before. */
function attributesOf(calls: readonly KernelCall[]) {
  let last: string | undefined;
  let attributes: readonly Readonly<Record<string, unknown>>[] = [];
  return (axes: Axes) => {
    const key = [...axes.values()].join();
    if (key === last) return attributes;
    const lengthsOf = lengthsIn(axes);
    last = key;
    attributes = calls.map((call) =>
      typeof call.attributes === 'function' ? call.attributes(lengthsOf) : call.attributes,
    );
    return attributes;
  };
}

/** Fills in the inputs of a kernel that has names for them: the same object in each run. */
function nameInputs(
  names: readonly string[],
  tensors: readonly TfjsTensor[],
  into: Record<string, TfjsTensor>,
): Readonly<Record<string, TfjsTensor>> {
  names.forEach((name, i) => {
    const tensor = tensors[i];
    if (tensor) into[name] = tensor;
  });
  return into;
}

/** Brings a plan's constants to the device; leaves nothing behind if one doesn't fit there. */
export function planRunner(
  plan: KernelPlan,
  device: Device,
  stateIn: (name: string) => StateTensor,
): PlanRunner {
  const constants: { readonly slot: number; readonly tensor: TfjsTensor }[] = [];
  /** What windows look into. */
  const banks = new Map<Float32Array, TfjsTensor>();
  const disposeConstants = (): void => {
    for (const { tensor } of constants) tensor.dispose();
    for (const bank of banks.values()) bank.dispose();
  };
  try {
    for (const { slot, data, shape, dtype } of plan.constants)
      constants.push({ slot, tensor: device.makeTensor(data, shape, dtype, 'load: a constant') });
    for (const { source } of plan.views.map(({ view }) => view))
      if (source.kind === 'window' && !banks.has(source.data))
        banks.set(
          source.data,
          device.makeTensor(source.data, [source.data.length], 'float32', 'load: a constant'),
        );
  } catch (error) {
    disposeConstants();
    throw error;
  }
  const attributes = attributesOf(plan.calls);
  const named = plan.calls.map((): Record<string, TfjsTensor> => ({}));

  const cut = ({ shape, source }: HostView, inputs: Readonly<Record<string, InputData>>): TfjsTensor => {
    const size = sizeOfShape(shape);
    const whole = source.kind === 'window' ? banks.get(source.data) : stateIn(source.state).tensor;
    const begin = source.kind === 'window' ? windowStart(source, size, inputs) : source.offset;
    const [part] = whole
      ? device.runKernel(device.slice, { x: whole }, { begin: [begin], size: [size] })
      : [];
    if (!part) throw new DataError('run: a view has no source.');
    const [shaped = part] = device.runKernel('Reshape', { x: part }, { shape: [...shape] });
    part.dispose();
    return shaped;
  };

  return {
    run: (inputs, axes) => {
      const values: (TfjsTensor | undefined)[] = Array.from({ length: plan.slots });
      const borrowed = new Set<number>();
      const at = (slot: number): TfjsTensor => {
        const value = values[slot];
        if (!value) throw new DataError(`run: value ${slot} was read before it was computed.`);
        return value;
      };
      const free = (slot: number): void => {
        if (!borrowed.has(slot)) values[slot]?.dispose();
        values[slot] = undefined;
      };
      const borrow = (slot: number, tensor: TfjsTensor): void => {
        borrowed.add(slot);
        values[slot] = tensor;
      };
      const dispose = (): void => values.forEach((_, slot) => free(slot));
      try {
        for (const { slot, tensor } of constants) borrow(slot, tensor);
        for (const name of plan.statesRead) {
          const state = stateIn(name);
          if (state.shared)
            replaceTensor(
              state,
              device.makeTensor(state.shared, state.shape, 'float32', `run: state ${name}`),
            );
        }
        for (const { name, slot } of plan.states) borrow(slot, stateIn(name).tensor);
        const lengthsOf = lengthsIn(axes);
        for (const { name, slot, tensor } of plan.inputs)
          values[slot] = device.makeTensor(
            inputs[name] ?? [],
            lengthsOf(tensor.shape),
            tensor.dtype,
            `run: input ${name}`,
          );
        for (const { slot, view } of plan.views) values[slot] = cut(view, inputs);
        const attributesOfRun = attributes(axes);
        plan.calls.forEach(({ kernel, names, inputs: slots, outputs }, i) => {
          const tensors = slots.map(at);
          const given = names ? nameInputs(names, tensors, named[i] ?? {}) : tensors;
          const made = device.runKernel(kernel, given, attributesOfRun[i] ?? {});
          outputs.forEach((slot, output) => (values[slot] = made[output]));
          plan.frees[i]?.forEach(free);
        });
      } catch (error) {
        dispose();
        throw error;
      }
      return {
        at,
        take: (slot) => {
          if (borrowed.has(slot)) return at(slot).clone();
          borrowed.add(slot);
          return at(slot);
        },
        dispose,
      };
    },
    dispose: disposeConstants,
  };
}
