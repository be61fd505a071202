import type { ComparisonReport } from './comparison-data.ts';
import { formatReturn, withInterval } from './comparison-tables.ts';
import { count } from './numbers.ts';
import { html, type Html } from './html.ts';
import { publishedBesideOurs } from './published-beside-ours.ts';
import { environmentColumn, numbers, table, words } from './table.ts';

/** What runs are called that have other settings than their algorithm's preset. */
const nameOf = ({ label }: { readonly label: string }, algorithm: string): string =>
  label === algorithm ? '' : ` of ${label}`;

/** Returns that others published, beside these runs at the same number of steps. */
export function publishedCard({ deterministic }: ComparisonReport): Html {
  const rows = publishedBesideOurs(deterministic.environments);
  if (rows.length === 0) return html``;
  const sources = [...new Set(rows.map(({ published }) => published.source))];
  return html`<section class="card wide">
    <h2>Beside what others publish</h2>
    ${table(
      [
        environmentColumn,
        words('algorithm'),
        words('source'),
        numbers('steps'),
        numbers('published'),
        numbers('here at these steps'),
        numbers('here at the end'),
      ],
      rows.map(({ environment, published, ours }) => [
        environment,
        published.algorithm,
        published.version === undefined
          ? published.source.name
          : `${published.source.name} (${published.version})`,
        count(published.steps),
        formatReturn(published.return),
        ours?.same ? withInterval(ours.same) : '–',
        ours
          ? html`${withInterval(ours.last)}
              <small class="wraps">at ${count(ours.last.step)}${nameOf(ours, published.algorithm)}</small>`
          : 'not run',
      ]),
    )}
    <p class="note">
      Here: means over seeds at one evaluation, of deterministic actions, with the interval of Student's t, of
      runs with the algorithm's preset; those with other settings are named. Numbers after other numbers of
      steps don't compare; those of other versions of a task and best evaluations do only roughly. Where there
      is a dash, runs have not come as far, or were not evaluated there. Sources:
      ${sources.map(
        ({ name, url, note }, i) =>
          html`<a href="${url}">${name}</a> (${note})${i < sources.length - 1 ? ';' : '.'}`,
      )}
    </p>
  </section>`;
}
