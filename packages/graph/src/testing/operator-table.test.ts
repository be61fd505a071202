import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { operatorTable } from './operator-table.ts';

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
