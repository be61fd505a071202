import { counted } from '../cli/counted.ts';
import { html, type Html } from '../report/html.ts';
import type { Machine } from '../report/machine.ts';
import { formatNumber, formatSeconds } from '../report/numbers.ts';
import { reportPage } from '../report/page.ts';
import { numbers, table, words } from '../report/table.ts';
import { reached, type RaceResult, type RaceRun } from './curves.ts';
import { colorsOf, racePanel } from './race-figure.ts';
import type { RaceRules } from './race-trials.ts';

/** Everything that the report of a race shows. */
export interface RaceReport {
  readonly rules: RaceRules;
  readonly results: readonly RaceResult[];
  readonly runs: readonly RaceRun[];
  /** Returns of which it says when they were reached. */
  readonly returns: readonly number[];
  /** Runs that are missing, and why. */
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  /** The command that made it. */
  readonly command: string;
  readonly machine: Machine;
}

/** The report of a race: one HTML page with nothing to load. */
export const racePage = ({ rules, results, runs, returns, failed, command, machine }: RaceReport): string =>
  reportPage(
    `Race on ${rules.env}`,
    html`<p class="lead">
        ${formatNumber(rules.steps, 9)} environment steps of each contestant, the first
        ${formatNumber(rules.warmup, 9)} with random actions, then one update of a batch of 256 a step;
        ${rules.threads === 1 ? 'one thread' : `${rules.threads} threads`} each, on one machine.
      </p>
      ${failed.map(
        ({ name, error }) => html`<section class="card wide"><p>${name} is missing: ${error}</p></section>`,
      )}
      <p class="legend">
        ${[...colorsOf(results)].map(
          ([label, color]) =>
            html`<span
              ><i class="swatch" style="background:${color}"></i>${label}, ${seedsOf(results, label)}</span
            >`,
        )}
      </p>
      <div class="columns">
        <figure class="card">
          <h2>Return over steps</h2>
          ${racePanel(results, 'step', rules.env)}
        </figure>
        <figure class="card">
          <h2>Return over seconds</h2>
          ${racePanel(results, 'seconds', rules.env)}
        </figure>
      </div>
      <section class="card wide">
        <h2>Rates, and seconds to a return</h2>
        ${raceTable(results, returns)}
        <p class="note">
          Returns are means of ${rules.evaluationEpisodes} episodes with deterministic actions every
          ${formatNumber(rules.evaluateEvery, 9)} steps, averaged over the seeds. Seconds are those of the
          training loop, compiling in it included, without evaluations; a return counts as reached at the
          first evaluation that has it. Steps per second are those after the first evaluation with updates,
          when all is compiled.
        </p>
      </section>
      <section class="card wide">
        <h2>How to make it again</h2>
        <p><code>${command}</code></p>
        <p class="note">
          ${[...versionsOf(runs)].map(([label, versions]) => html`${label}: ${versions}.<br />`)} Machine:
          ${machine.processor}, ${machine.cores} cores, ${formatNumber(machine.memoryGibibytes)} GiB,
          ${machine.system}, Node ${machine.node}.
        </p>
      </section>`,
  );

/** A row for each contestant. */
const raceTable = (results: readonly RaceResult[], returns: readonly number[]): Html =>
  table(
    [
      words('contestant'),
      numbers('steps/s'),
      numbers('final return'),
      numbers('seconds in all'),
      ...returns.map((target) => numbers(`seconds to ${formatNumber(target)}`)),
    ],
    results.map((result) => {
      const last = result.points.at(-1);
      return [
        result.contestant,
        result.stepsPerSecond === undefined ? '–' : formatNumber(result.stepsPerSecond),
        last ? formatNumber(last.return, 4) : '–',
        last ? formatSeconds(last.seconds) : '–',
        ...returns.map((target) => {
          const at = reached(result, target);
          return at ? formatSeconds(at.seconds) : '–';
        }),
      ];
    }),
  );

function seedsOf(results: readonly RaceResult[], label: string): string {
  const count = results.find(({ contestant }) => contestant === label)?.seeds.length ?? 0;
  return counted(count, 'seed');
}

/** The versions that each contestant's first run records. */
const versionsOf = (runs: readonly RaceRun[]): ReadonlyMap<string, string> =>
  new Map(
    runs.toReversed().map(({ contestant, versions }) => [
      contestant,
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ]),
  );
