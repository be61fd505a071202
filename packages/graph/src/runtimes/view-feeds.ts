import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { windowStart } from '../lowering/views.ts';
import type { HostView } from '../lowering/views.ts';
import { sizeOfShape } from '../shape.ts';
import { float32 } from './state-buffer.ts';
import type { StateBuffer } from './state-buffer.ts';

/** Fills the inputs of a run that are views of what the host has. */
type ViewFeeds = (
  feeds: Record<string, OrtTensor>,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
) => void;

/** Makes the function that feeds views, always the same feeds: those of states are made anew only when the state has moved. */
export function viewFeeds(
  views: readonly HostView[],
  Tensor: TensorConstructor,
  bufferOf: (state: string) => StateBuffer,
): ViewFeeds {
  const fillers = views.map(({ name, shape, source }): ViewFeeds => {
    const size = sizeOfShape(shape);
    const part = (data: Float32Array, start: number) =>
      new Tensor('float32', data.subarray(start, start + size), shape);
    if (source.kind === 'window')
      return (feeds, inputs) => {
        feeds[name] = part(source.data, windowStart(source, size, inputs));
      };
    let last: OrtTensor | undefined;
    return (feeds) => {
      const { current } = bufferOf(source.state);
      if (last === current) return;
      last = current;
      feeds[name] = part(float32(current), source.offset);
    };
  });
  return (feeds, inputs) => {
    for (const fill of fillers) fill(feeds, inputs);
  };
}
