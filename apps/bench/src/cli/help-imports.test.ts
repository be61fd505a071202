import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../bin/meow-bench.js', import.meta.url));

const asUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

/** Has a process say on stderr which modules it loads. */
const saysWhatItLoads = asUrl(
  `import { register } from 'node:module'; register(${JSON.stringify(
    asUrl(
      `import { writeSync } from 'node:fs';
       export async function load(url, context, next) { writeSync(2, 'loads ' + url + '\\n'); return next(url, context); }`,
    ),
  )});`,
);

/** The URLs of all modules that a command loads. */
async function loadedBy(...argv: readonly string[]): Promise<string[]> {
  const flags = [...process.execArgv, '--import', saysWhatItLoads];
  const { stderr } = await promisify(execFile)(process.execPath, [...flags, program, ...argv]);
  return [...stderr.matchAll(/^loads (.*)$/gm)].map(([, url = '']) => url);
}

it('help loads tables and words, nothing that computes', async () => {
  const urls = await loadedBy('train', '--help');
  const ofPackages = urls.flatMap((url) => /\/packages\/(.*)$/.exec(url)?.[1] ?? []);
  expect(ofPackages).toContain('learner/src/settings/index.ts');
  expect(ofPackages.filter((file) => !/\/settings\/|settings\.ts$|^files\//.test(file))).toEqual([]);
  const commands = urls.flatMap((url) => /\/bench\/src\/(.*)$/.exec(url)?.[1] ?? []);
  expect(commands).toContain('commands/demo.ts');
  const others = commands.filter((file) => !/^(algorithms|cli|commands|files)\//.test(file));
  expect(others.toSorted()).toEqual(['race/contestants.ts', 'runs/train-settings.ts', 'speed/peers.ts']);
});
