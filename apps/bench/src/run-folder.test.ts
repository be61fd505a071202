import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CliError, UsageError } from './errors.ts';
import { createRunFolder, readRunConfig, runPath, writeAtomically } from './run-folder.ts';
import { temporaryFolder } from './testing/temporary.ts';

const train = { command: 'train', force: false } as const;
const demo = { command: 'demo', force: false } as const;

it('runPath names the run by its seed unless told otherwise', () => {
  const settings = { env: 'MultiGoal-v0', algo: 'meow', seed: 3 };
  expect(runPath(settings)).toBe(join('runs', 'MultiGoal-v0', 'meow', 'seed-3'));
  expect(runPath({ ...settings, out: 'runs/try' })).toBe('runs/try');
});

describe('createRunFolder', () => {
  it('makes the folder and records settings, seed, command and versions', async () => {
    const folder = await createRunFolder({ ...train, path: join(await temporaryFolder(), 'a', 'b') });
    await folder.writeConfig({ seed: 3, agent: { alpha: 2.5 } });
    const config: unknown = JSON.parse(await readFile(folder.file('config.json'), 'utf8'));
    expect(config).toEqual({
      command: 'train',
      seed: 3,
      agent: { alpha: 2.5 },
      versions: {
        'meow-bench': expect.stringMatching(/^\d+\.\d+/),
        node: process.versions.node,
        onnxruntime: expect.stringMatching(/^\d+\.\d+/),
      },
    });
    expect(await readRunConfig(folder.path)).toEqual({ seed: 3, agent: { alpha: 2.5 } });
  });

  it('accepts a folder with other things in it', async () => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'notes.txt'), 'mine');
    await createRunFolder({ ...train, path });
    expect(await readdir(path)).toEqual(['notes.txt']);
  });

  it('refuses a folder that holds a run, and with force replaces the run but nothing else', async () => {
    const path = await temporaryFolder();
    await Promise.all([
      writeFile(join(path, 'notes.txt'), 'mine'),
      writeFile(join(path, 'metrics.jsonl'), ''),
      mkdir(join(path, 'checkpoints', '1000'), { recursive: true }),
    ]);
    await expect(createRunFolder({ ...train, path })).rejects.toThrow(
      new UsageError(
        `${path} already holds a run`,
        'Give another folder with --out, or replace that run with --force.',
      ),
    );
    await createRunFolder({ ...train, path, force: true });
    expect(await readdir(path)).toEqual(['notes.txt']);
  });

  it('lets a demo replace a demo, but neither a training nor the other way round', async () => {
    const path = await temporaryFolder();
    await (await createRunFolder({ ...demo, path })).writeConfig({});
    await expect(createRunFolder({ ...train, path })).rejects.toThrow(UsageError);
    await (await createRunFolder({ ...demo, path })).writeConfig({});
    await (await createRunFolder({ ...train, path, force: true })).writeConfig({});
    await expect(createRunFolder({ ...demo, path })).rejects.toThrow(UsageError);
  });

  // Permissions don't stop root, a file in the way does.
  it('says why a folder cannot be written to', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(createRunFolder({ ...train, path: join(file, 'run') })).rejects.toThrow(
      new CliError(
        `can't write to ${join(file, 'run')}: a part of the path is a file, not a folder`,
        'Give another folder with --out.',
      ),
    );
    await expect(createRunFolder({ ...train, path: file })).rejects.toThrow(
      'a file of that name is in the way',
    );
  });
});

describe('writeAtomically', () => {
  it('replaces a file, makes folders and leaves no temporary file', async () => {
    const path = join(await temporaryFolder(), 'policy', 'info.json');
    await writeAtomically(path, 'old');
    await writeAtomically(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(join(path, '..'))).toEqual(['info.json']);
  });

  it('leaves nothing behind when it fails', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'taken'));
    await expect(writeAtomically(join(folder, 'taken'), 'text')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

it('readRunConfig refuses a folder without a run', async () => {
  const path = await temporaryFolder();
  await expect(readRunConfig(path)).rejects.toThrow(`${path} holds no run: it has no config.json.`);
  await expect(readRunConfig(join(path, 'no'))).rejects.toThrow(UsageError);
});
