import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { syntheticReport } from '../testing/synthetic-report.ts';
import type { DemoReport } from './data.ts';
import { demoReportHtml } from './demo-report.ts';

function pageOf(changes: Partial<DemoReport> = {}) {
  const markup = demoReportHtml({ ...syntheticReport(), ...changes });
  const { document } = parseHTML(markup);
  const texts = (selector: string): string[] =>
    [...document.querySelectorAll(selector)].map((element) =>
      String(element.textContent).replace(/\s+/g, ' ').trim(),
    );
  const count = (selector: string): number => document.querySelectorAll(selector).length;
  return { markup, texts, count };
}

const softValue = '[aria-label^="Contours of the soft value"]';
const valueError = '[aria-label^="Absolute error"]';

describe('report page', () => {
  const { markup, texts, count } = pageOf();

  it('is one file that asks for nothing', () => {
    expect(markup.startsWith('<!doctype html>')).toBe(true);
    expect(markup).not.toMatch(/<script|<link|<img|@import|url\((?!#)|\ssrc=|\shref=|https?:/);
  });

  it('has no number that is not one', () => {
    expect(markup).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('gives each id once and refers only to ids that exist', () => {
    const ids = [...markup.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    const references = [...markup.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('comes out the same for the same data', () => {
    expect(pageOf().markup).toBe(markup);
  });

  it('labels the colours of a soft value that hardly varies with different numbers', () => {
    const { softValue } = syntheticReport();
    const values = softValue.values.map((value) => 7.9 + value / 1000);
    const labels = pageOf({ softValue: { ...softValue, values } })
      .texts('[aria-label="Colours of the soft value"] [aria-label="x-axis tick label"] text')
      .filter((label) => label !== '');
    expect(labels.length).toBeGreaterThan(4);
    expect(labels.length).toBeLessThan(10);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it('states what was measured', () => {
    expect(texts('.tile strong')).toEqual(['4 of 4', '96%', '2.3 × 10⁻⁵', '3.1 × 10⁻⁷']);
    expect(texts('.lead')[0]).toContain('Seed 0, 4,000 environment steps, trained in 1 min 4 s.');
    expect(texts('figcaption')[0]).toContain('on 57 × 57 positions, with the first 100 of 400 trajectories');
    expect(texts('figcaption')[0]).toContain('grey the 5 that reached none');
    expect(texts('figcaption')[1]).toContain('which gives −31.416.');
    expect(texts('figcaption')[1]).toContain('Bands show the 95% confidence interval of 50 repetitions.');
  });

  it('counts the episodes that ended at each goal, and at none', () => {
    expect(texts('tbody:first-of-type tr').filter((row) => row.includes('goal'))).toEqual([
      'goal 1 (5, 0) 104 26%',
      'goal 2 (−5, 0) 88 22%',
      'goal 3 (0, 5) 121 30%',
      'goal 4 (0, −5) 69 17%',
      'no goal 18 5%',
    ]);
  });

  it('draws in (a) the goals to scale, the labels and a hundred trajectories with a start each', () => {
    expect(count(`${softValue} .goals circle`)).toBe(4);
    const radius = markup.match(/class="goals".*?<circle[^>]*\sr="([\d.]+)"/s)?.[1];
    expect(Number(radius)).toBeCloseTo((520 - 48 - 12) / 14, 6);
    expect(count(`${softValue} [aria-label="line"] path`)).toBe(200); // a halo and a line each
    expect(count(`${softValue} .starts circle`)).toBe(100);
    expect(texts(`${softValue} [aria-label="text"] text`)).toEqual(['goal 1', 'goal 2', 'goal 3', 'goal 4']);
  });

  it('fills in (a) one contour per colour of the legend, none of them empty', () => {
    const boxes = count('[aria-label="Colours of the soft value"] [aria-label="rect"] rect');
    expect(boxes).toBeGreaterThan(5);
    expect(count(`${softValue} [aria-label="contour"] path[d^="M"]`)).toBe(boxes);
  });

  it('labels in (b) the three estimates and draws their bands', () => {
    expect(count(`${valueError} [aria-label="area"] path`)).toBe(3);
    expect(count(`${valueError} [aria-label="line"] path`)).toBe(3);
    expect(texts(`${valueError} [aria-label="text"] text`)).toEqual([
      '(I) exact V(eq. 9)',
      '(II) importancesampling (eq. 5)',
      '(III) Monte Carlo(eq. 6)',
    ]);
  });
});

describe('report page, edges', () => {
  it('escapes text from outside', () => {
    const { markup, texts, count } = pageOf({
      title: '<script>alert("&")</script>',
      settings: { '<b>': "'x'" },
      files: [{ name: 'a&b.onnx', description: '<i>policy</i>' }],
    });
    expect(count('script')).toBe(0);
    expect(markup).toContain('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;');
    expect(texts('h1')).toEqual(['<script>alert("&")</script>']);
    expect(texts('.file code')).toEqual(['a&b.onnx']);
    expect(markup).toContain('<code>a&amp;b.<wbr>onnx</code>');
  });

  it('says plainly how many trajectories there are when all are drawn', () => {
    const trajectories = syntheticReport().trajectories.slice(0, 3);
    const { texts, count } = pageOf({ trajectories });
    expect(texts('figcaption')[0]).toContain('with 3 trajectories');
    expect(count(`${softValue} .starts circle`)).toBe(3);
  });

  it('draws an error of zero, a band below zero, a constant value and an empty curve', () => {
    const report = syntheticReport();
    const { markup } = pageOf({
      curve: [],
      trajectories: [],
      rollouts: 0,
      reachedByGoal: [0, 0, 0, 0],
      softValue: { ...report.softValue, values: report.softValue.values.map(() => -3) },
      valueError: {
        ...report.valueError,
        exact: 0,
        importance: report.valueError.importance.map(({ mean, high }) => ({ mean, high, low: -mean })),
      },
    });
    expect(markup).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('refuses estimates that do not match the numbers of samples', () => {
    const { valueError } = syntheticReport();
    expect(() => pageOf({ valueError: { ...valueError, monteCarlo: [] } })).toThrow(
      'value error figure: (III) Monte Carlo (eq. 6) has no entry for 1 samples. Give one for each.',
    );
  });

  it('refuses a soft value without a finite number', () => {
    const { softValue } = syntheticReport();
    const values = softValue.values.map(() => NaN);
    expect(() => pageOf({ softValue: { ...softValue, values } })).toThrow('no value is finite');
  });
});
