import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { ALGORITHMS } from './index.ts';
import { presetsTable, settingsTable } from '../testing/settings-table.ts';

/** The cells of each row of the tables on a page, however wide its columns are. */
const rowsOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^-+$/, '---')),
    );

/** The text below a heading, up to the next one. */
const sectionOf = (page: string, heading: string): string =>
  page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';

describe.each(ALGORITHMS.map((algorithm) => [algorithm.name, algorithm] as const))(
  'docs/algorithms/%s.md',
  (name, algorithm) => {
    it.each([
      ['Settings', settingsTable(algorithm.settings)],
      ['Presets', presetsTable(algorithm)],
    ])('has the table of %s that the registry has', async (heading, table) => {
      const page = await readFile(new URL(`../../../../docs/algorithms/${name}.md`, import.meta.url), 'utf8');
      expect(rowsOf(sectionOf(page, heading)), `the table is to be:\n${table}`).toEqual(rowsOf(table));
    });
  },
);
