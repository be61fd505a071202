import * as ort from 'onnxruntime-node';

import { serialize } from '../onnx/serialize.ts';
import type { Runtime } from '../runtime.ts';
import { inputsOf, programOf } from './case.ts';
import type { OperatorCase } from './case.ts';

/** The outputs of a case on a runtime, one after the other. */
export async function runCase(runtime: Runtime, operatorCase: OperatorCase): Promise<readonly number[]> {
  const executable = await runtime.load(programOf(operatorCase));
  const outputs = await executable.run(inputsOf(operatorCase));
  const flat = Object.values(outputs).flatMap((values) => Array.from(values));
  await executable.dispose();
  return flat;
}

function feed(dtype: string, data: readonly number[], shape: readonly number[]): ort.Tensor {
  if (dtype === 'int64') return new ort.Tensor('int64', BigInt64Array.from(data.map(BigInt)), shape);
  if (dtype === 'bool') return new ort.Tensor('bool', Uint8Array.from(data), shape);
  return new ort.Tensor('float32', Float32Array.from(data), shape);
}

/** The outputs of a case from its ONNX form as each operator writes it: no pass of ours, no optimization by the engine. */
export async function runCaseUnoptimized(
  operatorCase: OperatorCase,
  lengths: Readonly<Record<string, number>>,
): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(serialize(programOf(operatorCase)), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const feeds = operatorCase.inputs.map(({ dtype, data, shape }, i) => {
    const dims = shape.map((dim) => (typeof dim === 'number' ? dim : (lengths[dim] ?? 0)));
    return [`x${i}`, feed(dtype, data, dims)] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return session.outputNames.flatMap((name) => {
    const data = outputs[name]?.data ?? [];
    return Array.from<unknown, number>(data, Number);
  });
}
