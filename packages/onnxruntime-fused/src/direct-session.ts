import { decodeModel } from '@meow-rl/graph';
import { Tensor } from 'onnxruntime-common';

import { addon } from './binary.ts';
import { boundTo, isGone, resultIsGone } from './bound-tensor.ts';
import type { BoundTensor } from './bound-tensor.ts';
import { directPlan } from './direct-plan.ts';
import type { DirectOutput } from './direct-plan.ts';
import type { FusedSession, SessionOptions } from './session.ts';

const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

/**
 * Loads a model of the addon's own operators to be run without the engine, which takes longer between small operators than they do.
 * It gives the same bits. As with a session of the engine, a run writes over what was offered for its results, and makes anew what it was offered nothing for.
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
  const given: { readonly name: string; readonly value: number }[] = [];
  for (const [value, { name, constant }] of inputs.entries())
    if (constant) feed(value, boundTo(name, new Tensor('float32', constant.data, constant.dims)));
    else given.push({ name, value });

  let asked: Readonly<Record<string, Tensor | null>> | undefined;
  /** What was offered for each output. */
  let rooms: readonly (BoundTensor | undefined)[] = [];
  /** What each output is written to in the present run. */
  let written: readonly BoundTensor[] = [];
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
    asked = fetches;
  };

  return {
    run: async (feeds, fetches) => {
      if (asked !== fetches) ask(fetches);
      for (const room of rooms) if (room && isGone(room)) throw resultIsGone(room.name);
      for (const { name, value } of given) {
        const tensor = feeds[name];
        if (!tensor) throw new TypeError(`onnxruntime-fused: input ${name} is missing.`);
        const before = fed[value];
        if (before?.tensor !== tensor || isGone(before)) feed(value, boundTo(name, tensor));
      }
      written = outputs.map((output, i) => rooms[i] ?? anew(output));
      native.runDirect(handle);
      return Object.fromEntries(written.map(({ name, tensor }) => [name, tensor]));
    },
    release: async () => native.releaseDirect(handle),
  };
}
