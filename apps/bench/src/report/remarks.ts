import { identityOf } from '../compare/group-runs.ts';
import { describeNotPlayed } from '../robustness/not-played.ts';
import type { ComparisonReport } from './comparison-data.ts';
import { html, type Html } from './html.ts';

/** What isn't as a reader would take it to be. */
export function remarks(
  { notes, leftOut }: Pick<ComparisonReport, 'notes' | 'leftOut'>,
  others: readonly string[] = [],
): Html {
  const lines = [
    ...others,
    ...notes.map(({ folder, note }) => `${folder}: ${note}`),
    ...leftOut.map(({ folder, reason }) => `left out ${folder}: ${reason}`),
  ];
  if (lines.length === 0) return html``;
  return html`<section class="card wide">
    <h2>To know before reading on</h2>
    <ul class="plain">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>
  </section>`;
}

/** Which runs have no returns of sampled actions, where others have. */
export function withoutSampled({ groups, sampledGroups }: ComparisonReport): string[] {
  const sampled = new Set(sampledGroups.flatMap(({ runs }) => runs.map(identityOf)));
  if (sampled.size === 0) return [];
  return groups.flatMap(({ environment, label, runs }) => {
    const seeds = runs.filter((run) => !sampled.has(identityOf(run))).map(({ seed }) => seed);
    return seeds.length === 0
      ? []
      : [
          `${label} on ${environment}: ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')} ${seeds.length === 1 ? 'has' : 'have'} no returns of sampled actions`,
        ];
  });
}

/** Which runs were not played with noise, where others were. */
export const withoutNoise = ({ robustness }: ComparisonReport): string[] =>
  (robustness?.notPlayed ?? []).map(describeNotPlayed);
