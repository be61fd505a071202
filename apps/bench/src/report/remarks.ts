import type { ComparisonReport } from './comparison-data.ts';
import { html, type Html } from './html.ts';

/** What isn't as a reader would take it to be. */
export function remarks({ notes, leftOut }: Pick<ComparisonReport, 'notes' | 'leftOut'>): Html {
  const lines = [
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
