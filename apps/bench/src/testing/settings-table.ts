import type { SettingsTable } from '@meow-rl/learner/settings';

import { meaningOf } from '../algorithms/agent-settings.ts';
import type { Algorithm } from '../algorithms/algorithm.ts';

const text = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The settings of an algorithm as a table of Markdown: what docs/algorithms shows of them. */
export const settingsTable = (settings: SettingsTable): string =>
  [
    row(['setting', 'default', 'range', 'meaning', 'source of the default']),
    row(['---', '---', '---', '---', '---']),
    ...Object.entries(settings).map(([name, setting]) =>
      row([`\`${name}\``, text(setting.default), setting.expected, meaningOf(setting), setting.source]),
    ),
  ].join('\n');

/** Presets as a table: what differs from the defaults of the agent, and how it is trained. */
export const presetsTable = ({ presets, presetOfEnvironment, generalPreset }: Algorithm): string =>
  [
    row([
      'preset',
      'environments',
      'agent',
      'steps',
      'warm-up',
      'environments at once',
      'updates a step',
      'policy',
    ]),
    row(Array.from({ length: 8 }, () => '---')),
    ...Object.entries(presets).map(([name, { agent, ...run }]) => {
      const environments = Object.keys(presetOfEnvironment).filter((id) => presetOfEnvironment[id] === name);
      const differing = Object.entries(agent).map(([key, value]) => `${key} ${text(value)}`);
      return row([
        `\`${name}\``,
        [...environments, ...(name === generalPreset ? ['all others'] : [])].join(', '),
        differing.join(', '),
        ...[run.steps, run.warmup ?? '–', run.numEnvs, run.updatesPerStep ?? '–', run.policy].map(String),
      ]);
    }),
  ].join('\n');
