import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';

import type { OnnxEmitter } from '../onnx/emitter.ts';
import { resultsOf } from '../program.ts';
import { planKernels } from '../runtimes/tfjs/plan.ts';
import { wasmEmitter } from '../runtimes/tfjs/wasm-kernels.ts';
import type { OperatorNode } from '../tensor.ts';
import type { TfjsEmitter } from '../tfjs/emitter.ts';
import { loadTfjsEngine } from '../tfjs-engines.ts';
import { topologicalOrder } from '../topological-order.ts';
import { programOf } from './case.ts';
import type { OperatorCase } from './case.ts';
import { operatorCases } from './operator-cases.ts';

// Their kernels are listed once they are loaded.
await loadTfjsEngine('tfjs-cpu');
await loadTfjsEngine('tfjs-wasm');

/** The kernels of packages that are not installed, as they were listed by `getKernelsForBackend`. */
export const kernelLists: Readonly<Record<'tfjs-node' | 'tfjs-webgpu', readonly string[]>> = JSON.parse(
  readFileSync(new URL('../../fixtures/tfjs-kernels.json', import.meta.url), 'utf8'),
);

interface Column {
  readonly name: string;
  readonly hasKernel: (kernel: string) => boolean;
  readonly adapt?: (emit: TfjsEmitter) => TfjsEmitter;
}

const listed = (name: keyof typeof kernelLists): Column => {
  const kernels = new Set(kernelLists[name]);
  return { name, hasKernel: (kernel) => kernels.has(kernel) };
};

const loaded = (backend: string, adapt?: Column['adapt']): Column => ({
  name: `tfjs-${backend}`,
  hasKernel: (kernel) => Boolean(tf.getKernel(kernel, backend)),
  ...(adapt && { adapt }),
});

const columns: readonly Column[] = [
  loaded('cpu'),
  loaded('wasm', wasmEmitter),
  listed('tfjs-node'),
  listed('tfjs-webgpu'),
];

const operatorNodes = (operatorCase: OperatorCase): readonly OperatorNode[] =>
  topologicalOrder(resultsOf(programOf(operatorCase))).filter((node) => node.kind === 'operator');

/** What an operator is made of on ONNX engines. */
function onnxTypes(nodes: readonly OperatorNode[]): readonly string[] {
  const types: string[] = [];
  const emit: OnnxEmitter = {
    node: (type) => {
      types.push(type);
      return '';
    },
    nodeWithOutputs: (type, _, outputs) => {
      types.push(type);
      return Array.from({ length: outputs }, () => '');
    },
    constant: () => '',
    integers: () => '',
  };
  for (const { kernel, inputs } of nodes)
    kernel.onnx(
      inputs.map(() => ''),
      emit,
    );
  return types;
}

/** The kernels of a case, of an operator by itself. */
const kernelsOf = (operatorCase: OperatorCase, isPart: (operator: string) => boolean, column?: Column) =>
  planKernels(programOf(operatorCase), [], column?.adapt).calls.flatMap(({ operator, kernel }) =>
    isPart(operator) ? [kernel] : [],
  );

const cell = (names: readonly string[]): string => [...new Set(names)].join(', ') || 'none';

/** Which runtime has which operator, and what it is made of there. */
export function operatorTable(): string {
  const header = [
    'operator',
    'ONNX',
    'TensorFlow.js',
    'reference, onnxruntime',
    ...columns.map(({ name }) => name),
  ];
  const rows = Object.entries(operatorCases).map(([name, cases]) => {
    const isOne = cases.some((built) => operatorNodes(built).some(({ operator }) => operator === name));
    // One that is made of others has no more than these in its first case.
    const shown = isOne ? cases : cases.slice(0, 1);
    const isPart = (operator: string): boolean => !isOne || operator === name;
    const nodes = shown.flatMap(operatorNodes).filter(({ operator }) => isPart(operator));
    const supports = columns.map((column) =>
      shown.every((built) => kernelsOf(built, isPart, column).every(column.hasKernel)) ? 'yes' : 'no',
    );
    const kernels = shown.flatMap((built) => kernelsOf(built, isPart));
    return [`\`${name}\``, cell(onnxTypes(nodes)), cell(kernels), 'yes'].concat(supports);
  });
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
