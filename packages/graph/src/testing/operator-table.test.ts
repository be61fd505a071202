import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type * as tfjs from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

import { tfjsNodeRuntime } from '../tfjs-node.ts';
import { kernelLists, operatorTable } from './operator-table.ts';

/** The cells of each row of the tables on a page, however wide its columns are. */
const rowsOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((text) => text.trim().replace(/^-+$/, '---')),
    );

it('docs/operators.md has the table that the operators make', () => {
  const page = readFileSync(new URL('../../../../docs/operators.md', import.meta.url), 'utf8');
  const table = operatorTable();
  expect(rowsOf(page), `the table is to be:\n${table}`).toEqual(rowsOf(table));
});

it.runIf(process.env['TEST_TFJS_NODE'] === 'true')(
  'tfjs-node has the kernels that it is listed with',
  async () => {
    await tfjsNodeRuntime();
    const { getKernelsForBackend }: typeof tfjs = createRequire(import.meta.url)('@tensorflow/tfjs-node');
    const kernels = getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName);
    expect(kernels.toSorted()).toEqual(kernelLists['tfjs-node'].toSorted());
  },
);
