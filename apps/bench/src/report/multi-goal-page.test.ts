import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';

import { syntheticReport } from '../testing/synthetic-report.ts';
import { multiGoalHtml, type MultiGoalReport } from './multi-goal-page.ts';

const machine = { processor: 'P', cores: 2, memoryGibibytes: 4, system: 'S', node: '20' };

function pageOf(seeds: number, report: Partial<MultiGoalReport> = {}) {
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
    notes: [],
    leftOut: [],
    confidence: 0.95,
    machine,
    ...report,
  });
  const { document } = parseHTML(markup);
  const [heads = [], ...rows] = [...document.querySelectorAll('section.wide tr')].map((row) =>
    [...row.querySelectorAll('th, td')].map((cell) => String(cell.textContent).replace(/\s+/g, ' ').trim()),
  );
  return { markup, heads, rows };
}

it('has the shares of the goals and their entropy for each seed', () => {
  const { heads, rows, markup } = pageOf(2);
  const goals = ['goal 1', 'goal 2', 'goal 3', 'goal 4'];
  expect(heads).toEqual(['seed', 'reach a goal', ...goals, 'entropy, nats', 'of log 4']);
  expect(rows.slice(0, 3)).toEqual([
    ['0', '100%', '25%', '25%', '25%', '25%', '1.386', '100%'],
    // scipy.stats.entropy([0.5, 0.25, 0.25, 0]) = 1.0397
    ['1', '100%', '50%', '25%', '25%', '0%', '1.040', '75%'],
    ['mean', '100%', '38%', '25%', '25%', '13%', '1.213', '88%'],
  ]);
  expect(markup).not.toMatch(/NaN|undefined|<script|\ssrc=/);
});

it('has intervals from three seeds on', () => {
  // Shares 25, 50 and 50 %: mean 41.7, t(0.975, 2) s / √3 = 35.9.
  const { rows } = pageOf(3);
  expect(rows[3]?.[0]).toBe('mean, 95% interval');
  expect(rows[3]?.[2]).toBe('42% (6% to 78%)');
  // t(0.75, 2) s / √3 = 6.8
  const narrow = pageOf(3, { confidence: 0.5 }).rows[3];
  expect([narrow?.[0], narrow?.[2]]).toEqual(['mean, 50% interval', '42% (35% to 48%)']);
});

it('has no intervals beyond what is possible', () => {
  const last = pageOf(3).rows[3];
  // 8.3 ± 35.9, and an entropy of at most log 4.
  expect(last?.[5]).toBe('8% (0% to 44%)');
  expect(last?.[6]).toMatch(/ to 1\.386\)$/);
  expect(last?.[7]).toMatch(/ to 100%\)$/);
});

it('says what the reader should know of runs', () => {
  const { markup } = pageOf(1, {
    notes: [{ folder: 'a', note: 'not finished' }],
    leftOut: [{ folder: 'b', reason: 'no evaluation yet' }],
  });
  expect(markup).toContain('a: not finished');
  expect(markup).toContain('left out b: no evaluation yet');
});
