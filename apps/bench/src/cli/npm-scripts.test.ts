import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const bin = path.join(root, 'apps', 'bench', 'bin', 'meow-bench.js');

/** What an npm script of a project leaves in the environment of all that it starts. */
const npmEnvironment = (project: string, calledIn: string) => ({
  INIT_CWD: calledIn,
  npm_package_json: path.join(project, 'package.json'),
});

/** What a shell command says on stderr. */
const said = (command: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<string> =>
  new Promise((resolve) => {
    // Else what runs this test would be taken for what runs the command.
    const { INIT_CWD: _folder, npm_package_json: _project, ...inherited } = process.env;
    // The sources: a build may be old, or missing.
    const NODE_OPTIONS = process.execArgv.join(' ');
    execFile(
      command,
      { cwd, env: { ...inherited, NODE_OPTIONS, ...env }, shell: true },
      (_error, _out, err) => resolve(err),
    );
  });

/** A folder with settings that are wrong, which only a command that looks for them there can say. */
async function folderWithSettings(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'wrong.yaml'), 'seed: -1\n');
  return folder;
}
const FOUND = /^meow-bench: wrong\.yaml: seed can't be -1\./;
const NOT_FOUND = /^meow-bench: can't read wrong\.yaml: there is no such file\./;

it.each([
  // docs/results is a folder.
  ['docs', 'results', 'results holds no runs'],
  ['.', 'docs', 'docs holds no runs'],
])('npm run bench in %s looks there for %s', async (called, source, message) => {
  expect(await said(`npm run --silent bench -- compare ${source}`, path.join(root, called))).toContain(
    `meow-bench: ${message}`,
  );
});

it('npm start and npm run bench write where the user is', async () => {
  const folder = await folderWithSettings();
  const { scripts } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const [startDemo, bench] = [scripts.start.split(' && ').at(-1), `${scripts.bench} demo`];
  for (const script of [startDemo, bench]) {
    const command = `${script} --config wrong.yaml`;
    expect(await said(command, root, npmEnvironment(root, folder))).toMatch(FOUND);
    // Called from a script of another project, by its path.
    expect(await said(command, root, npmEnvironment(folder, folder))).toMatch(NOT_FOUND);
    expect(await said(command, root)).toMatch(NOT_FOUND);
  }
});

it('the program itself goes by its own working folder, whatever npm script started it', async () => {
  const folder = await folderWithSettings();
  const command = `"${process.execPath}" "${bin}" demo --config wrong.yaml`;
  expect(await said(command, folder, npmEnvironment(root, root))).toMatch(FOUND);
  expect(await said(command, root, npmEnvironment(root, folder))).toMatch(NOT_FOUND);
});
