import { z } from 'zod';

import type { RunGroup } from '../compare/group-runs.ts';
import type { Run } from '../compare/read-run.ts';
import type { ComparisonReport } from './comparison-data.ts';
import { html, type Html } from './html.ts';
import { count, formatNumber } from './numbers.ts';
import { trainCommand } from './run-command.ts';
import { table, words } from './table.ts';

/** Commands, seeds, settings, versions and the machine: what it takes to make the numbers again. */
export const runDetails = ({
  command,
  groups,
  machine,
}: Pick<ComparisonReport, 'command' | 'groups' | 'machine'>): Html =>
  html`<section class="card wide">
    <h2>How to make it again</h2>
    <p>This report: <code>${command}</code></p>
    <p>Its runs, each with the first of its seeds:</p>
    ${groups.map(
      ({ environment, label, runs }) =>
        html`<p>
          ${label} on ${environment}, ${runs.length === 1 ? 'seed' : 'seeds'}
          ${runs.map(({ seed }) => seed).join(', ')}:<br /><code>${originOf(runs)}</code>
        </p>`,
    )}
    ${groups.filter(({ runs }) => runs.some(hasSettings)).map((group) => settingsOf(group))}
    <p class="note">
      ${versionsSaid(groups.flatMap(({ runs }) => runs.filter(hasSettings)))} This report was made on
      ${machine.processor}, ${count(machine.cores)} ${machine.cores === 1 ? 'core' : 'cores'},
      ${formatNumber(machine.memoryGibibytes)} GiB, ${machine.system}, Node ${machine.node}.
    </p>
  </section>`;

/** A run from a file of curves has none. */
const hasSettings = ({ label }: Run): boolean => label === undefined;

/** The command of the first run that has one, or the file that its numbers come from. */
function originOf(runs: readonly Run[]): string {
  const run = runs.find(hasSettings);
  return run ? trainCommand(run) : (runs[0]?.folder ?? '');
}

/** Keys of `config.json` that the page says elsewhere. */
const SAID: ReadonlySet<string> = new Set(['command', 'versions', 'changes', 'seed']);

/** All that `config.json` of the first run says, but for what the table has. */
function settingsOf({ environment, label, runs }: RunGroup): Html {
  const first = runs.find(hasSettings);
  const shown = flat(first?.config ?? {}).filter(([name]) => !SAID.has(name.split('.', 1)[0] ?? ''));
  return html`<details>
    <summary>Settings of ${label} on ${environment}</summary>
    ${table(
      [words('setting'), words('value')],
      shown.map(([name, value]) => [html`<code>${name}</code>`, value]),
    )}
  </details>`;
}

const flat = (config: object, prefix = ''): [string, string][] =>
  Object.entries(config).flatMap(([key, value]: [string, unknown]): [string, string][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flat(value, `${prefix}${key}.`)
      : [[prefix + key, Array.isArray(value) ? value.join(', ') : String(value)]],
  );

const versionsSchema = z.looseObject({ versions: z.record(z.string(), z.unknown()) });

/** The versions that runs record, each once. */
function versionsSaid(runs: readonly Run[]): string {
  if (runs.length === 0) return 'Files of curves do not say what their runs were made with.';
  const texts = runs.map(({ config }) => {
    const { data } = versionsSchema.safeParse(config);
    if (!data) return 'versions that they do not record';
    return Object.entries(data.versions)
      .map(([name, version]) => `${name} ${String(version)}`)
      .join(', ');
  });
  return `Runs were made with ${[...new Set(texts)].join('; ')}.`;
}
