import { decodeModel } from '@meow-rl/graph';
import { Tensor } from 'onnxruntime-common';

import { addon } from './binary.ts';
import { boundTo, isGone, resultIsGone } from './bound-tensor.ts';
import type { BoundTensor } from './bound-tensor.ts';
import { sizeOf } from './direct-operations.ts';
import type { Dims } from './direct-operations.ts';
import { directPlan } from './direct-plan.ts';
import type { DirectOutput } from './direct-plan.ts';
import type { FusedSession, SessionOptions } from './session.ts';

const resultsOf = (bound: readonly BoundTensor[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(bound.map(({ name, tensor }) => [name, tensor]));

/**
 * Loads a model of operators that the addon has to be run without the engine, which takes longer between small operators than they do.
 * As with a session of the engine, a run writes over what was offered for its results, and makes anew what it was offered nothing for.
 *
 * @returns undefined for a model that needs the engine
 */
export function createDirectSession(
  model: Uint8Array,
  { instructionSet = undefined }: Pick<SessionOptions, 'instructionSet'> = {},
): FusedSession | undefined {
  const plan = directPlan(decodeModel(model));
  if (!plan) return undefined;
  const native = addon();
  const { inputs, outputs } = plan;
  const handle = native.createDirect(plan.numbers, plan.floats, instructionSet ?? '');
  // The addon knows addresses only, so what it was given has to stay.
  const fed: (BoundTensor | undefined)[] = inputs.map(() => undefined);
  const feed = (value: number, bound: BoundTensor): void => {
    native.feedDirect(handle, value, bound.data, bound.tensor.dims);
    fed[value] = bound;
  };
  const given: { readonly name: string; readonly value: number; readonly dims: Dims }[] = [];
  for (const [value, { name, dims, constant }] of inputs.entries())
    if (constant) feed(value, boundTo(name, new Tensor('float32', constant, dims)));
    else given.push({ name, value, dims });

  let asked: Readonly<Record<string, Tensor | null>> | undefined;
  /** What was offered for each output. */
  let rooms: readonly (BoundTensor | undefined)[] = [];
  /** The results, where room was offered for all of them. */
  let results: Readonly<Record<string, Tensor>> | undefined;
  /** What outputs are written to that none was offered for, in the present run. */
  let made: readonly BoundTensor[] = [];
  const offer = (value: number, room: BoundTensor): BoundTensor => {
    native.offerDirect(handle, value, room.data);
    return room;
  };
  const anew = ({ name, value, dims }: DirectOutput): BoundTensor =>
    offer(value, boundTo(name, new Tensor('float32', new Float32Array(sizeOf(dims)), dims)));
  const ask = (fetches: Readonly<Record<string, Tensor | null>>): void => {
    asked = undefined;
    const unknown = Object.keys(fetches).find((name) => !outputs.some((output) => output.name === name));
    if (unknown !== undefined)
      throw new RangeError(`onnxruntime-fused: there is no such output as ${unknown}.`);
    rooms = outputs.map((output) => {
      const offered = fetches[output.name];
      return offered ? offer(output.value, boundTo(output.name, offered)) : undefined;
    });
    const offered = rooms.flatMap((room) => room ?? []);
    results = offered.length === rooms.length ? resultsOf(offered) : undefined;
    asked = fetches;
  };

  return {
    run: async (feeds, fetches) => {
      if (asked !== fetches) ask(fetches);
      for (const room of rooms) if (room && isGone(room)) throw resultIsGone(room.name);
      for (const { name, value, dims } of given) {
        const tensor = feeds[name];
        if (!tensor) throw new TypeError(`onnxruntime-fused: input ${name} is missing.`);
        const before = fed[value];
        if (before?.tensor === tensor && !isGone(before)) continue;
        if (tensor.dims.length !== dims.length || !dims.every((dim, axis) => tensor.dims[axis] === dim))
          throw new RangeError(
            `onnxruntime-fused: input ${name} has the dimensions [${tensor.dims.join(', ')}], expected [${dims.join(', ')}].`,
          );
        feed(value, boundTo(name, tensor));
      }
      if (!results) made = outputs.map((output, i) => rooms[i] ?? anew(output));
      native.runDirect(handle);
      return results ?? resultsOf(made);
    },
    release: async () => native.releaseDirect(handle),
  };
}
