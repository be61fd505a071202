import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';

import { syntheticReport } from '../testing/synthetic-report.ts';
import { multiGoalHtml } from './multi-goal-page.ts';

const machine = { processor: 'P', cores: 2, memoryGibibytes: 4, system: 'S', node: '20' };

function pageOf(seeds: number) {
  const figure = syntheticReport();
  const runs = Array.from({ length: seeds }, (_, seed) => ({
    ...figure,
    reachedByGoal: seed === 0 ? [100, 100, 100, 100] : [200, 100, 100, 0],
    rollouts: 400,
    seed,
    steps: 37_000,
    seconds: 30,
  }));
  const markup = multiGoalHtml({
    title: 'T',
    lead: 'L.',
    command: 'meow-bench x',
    runs,
    groups: [],
    machine,
  });
  const { document } = parseHTML(markup);
  const rows = [...document.querySelectorAll('section.wide tbody tr')].map((row) =>
    [...row.querySelectorAll('td')].map((cell) => String(cell.textContent).replace(/\s+/g, ' ').trim()),
  );
  return { markup, rows };
}

it('has the shares of the goals and their entropy for each seed', () => {
  const { rows, markup } = pageOf(2);
  expect(rows.slice(0, 3)).toEqual([
    ['0', '100%', '25%', '25%', '25%', '25%', '1.386', '100%'],
    // scipy.stats.entropy([0.5, 0.25, 0.25, 0]) = 1.0397
    ['1', '100%', '50%', '25%', '25%', '0%', '1.040', '75%'],
    ['mean, 95% interval', '100%', '38%', '25%', '25%', '13%', '1.213', '88%'],
  ]);
  expect(markup).not.toMatch(/NaN|undefined|<script|\ssrc=/);
});

it('has intervals from three seeds on', () => {
  // Shares 25, 50 and 50 %: mean 41.7, t(0.975, 2) s / √3 = 35.9.
  expect(pageOf(3).rows[3]?.[2]).toBe('42% (6% to 78%)');
});
