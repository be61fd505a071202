import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeFileSystem } from '@meow-rl/files';
import { failingFiles, recordingFiles } from '@meow-rl/files/testing';
import { openCheckpointStore } from '@meow-rl/train/node';
import { describe, expect, it } from 'vitest';
import { CliError, UsageError } from '../cli/errors.ts';
import {
  createRunFolder,
  guardWrite,
  openRunFolder,
  readRunConfig,
  runPath,
  writeAtomically,
} from './run-folder.ts';
import { temporaryFolder } from '../testing/temporary.ts';

/** Makes files with something in them; a name that ends in a slash is a folder. */
async function writeFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(folder, name.endsWith('/') ? name : dirname(name)), { recursive: true });
    if (!name.endsWith('/')) await writeFile(join(folder, name), 'something');
  }
}

/** All files in and below a folder, and with a slash the empty folders. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const inner = await filesIn(join(folder, entry.name));
      return inner.length === 0 ? [`${entry.name}/`] : inner.map((name) => `${entry.name}/${name}`);
    }),
  );
  return names.flat().toSorted();
}

/** Begins a run and ends it at once. */
async function begin({ seed = 0, ...options }: Parameters<typeof createRunFolder>[0] & { seed?: number }) {
  const folder = await createRunFolder(options);
  await folder.writeConfig({ seed });
  await folder.close();
}

const train = { command: 'train', force: false } as const;
const demo = { command: 'demo', force: false } as const;

it('runPath names the run by its seed unless told otherwise', () => {
  const settings = { environment: 'MultiGoal-v0', algo: 'meow', seed: 3 };
  expect(runPath(settings)).toBe(join('runs', 'MultiGoal-v0', 'meow', 'seed-3'));
  expect(runPath({ ...settings, out: 'runs/try' })).toBe('runs/try');
  expect(runPath({ ...settings, environment: '../lab/Arm: 2' })).toBe(
    join('runs', '---lab-Arm--2', 'meow', 'seed-3'),
  );
});

describe('createRunFolder', () => {
  it('makes the folder and records settings, seed, command and versions', async () => {
    const path = join(await temporaryFolder(), 'a', 'b');
    const folder = await createRunFolder({ ...train, path });
    expect(await readdir(path)).toEqual(['run.lock']);
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
    await folder.close();
    expect(await readdir(path)).toEqual(['config.json']);
  });

  it('writes each file for good', async () => {
    const root = await temporaryFolder();
    const files = recordingFiles(root);
    const folder = await createRunFolder({ ...train, path: join(root, 'run'), files });
    expect(files.done).toEqual(['mkdir run', 'sync .']);
    files.done.length = 0;
    await folder.writeConfig({ seed: 3 });
    const temporary = `run/.config.json.${process.pid}.tmp`;
    expect(files.done).toEqual([
      `create ${temporary}`,
      `write ${temporary}`,
      `sync ${temporary}`,
      `rename ${temporary} to run/config.json`,
      'sync run',
    ]);
    await folder.close();
  });

  it.each([
    ['other things in it', ['notes.txt', 'replay-notes.html', 'data/x.csv']],
    ['what a run killed at its beginning left', ['.config.json.123.tmp']],
    ['empty folders made ready for it', ['checkpoints/', 'policy/']],
  ])('accepts a folder with %s', async (_, names) => {
    const path = await temporaryFolder();
    await writeFiles(path, names);
    await (await createRunFolder({ ...train, path })).close();
    expect(await filesIn(path)).toEqual(names.toSorted());
  });

  it('refuses a folder that holds a run, and with force replaces the run but nothing else', async () => {
    const path = await temporaryFolder();
    const others = [
      'notes.txt',
      'replay-notes.html',
      'events.out.tfevents.1764000000.host.1.0',
      'checkpoints/my.pt',
      'checkpoints/replay/my.bin',
      'policy/my.onnx',
    ];
    await begin({ ...train, path, seed: 1 });
    await writeFiles(path, others);
    await writeFiles(path, [
      'metrics.jsonl',
      'summary.json',
      'replay.html',
      'replay-2.qpos',
      'events.out.tfevents.1764000000.meow-rl.17',
      '.summary.json.17.tmp',
      'checkpoints/.saving-300/state.json',
      'checkpoints/replay/replay-0-99-0123456789abcdef.safetensors',
      'policy/policy.onnx',
      'policy/policy-stochastic.onnx',
      'policy/critic.onnx',
    ]);
    const store = await openCheckpointStore(join(path, 'checkpoints'));
    for (const step of [100, 200]) await store.save({ step, values: {}, tensors: {} });
    const before = await filesIn(path);
    await expect(createRunFolder({ ...train, path })).rejects.toThrow(
      new UsageError(
        `${path} already holds a run`,
        'Give another folder with --out, or replace that run with --force.',
      ),
    );
    expect(await filesIn(path)).toEqual(before);
    const folder = await createRunFolder({ ...train, path, force: true });
    // Known as a run's until the new settings are written.
    expect(await readRunConfig(path)).toEqual({ seed: 1 });
    await folder.writeConfig({ seed: 2 });
    await folder.close();
    expect(await readRunConfig(path)).toEqual({ seed: 2 });
    expect(await filesIn(path)).toEqual(['config.json', ...others].toSorted());
  });

  it('takes the place of a run that has written its settings and nothing else', async () => {
    const path = await temporaryFolder();
    await begin({ ...train, path, seed: 1 });
    await writeFiles(path, ['server.log', 'checkpoints/']);
    await begin({ ...train, path, seed: 2 });
    expect(await readRunConfig(path)).toEqual({ seed: 2 });
    await writeFiles(path, ['checkpoints/100/state.json']);
    await expect(createRunFolder({ ...train, path })).rejects.toThrow(`${path} already holds a run`);
  });

  it.each([
    [['config.json', 'checkpoints/my.pt'], 'config.json and 1 more'],
    [['checkpoints/my.pt'], 'checkpoints/my.pt'],
    [['policy/my.onnx'], 'policy/my.onnx'],
    [['policy'], 'policy'],
    [['metrics.jsonl', 'notes.txt'], 'metrics.jsonl'],
    [['replay.html'], 'replay.html'],
  ])('refuses a folder without a run, with and without force, that holds %j', async (names, said) => {
    const path = await temporaryFolder();
    await writeFiles(path, names);
    for (const command of ['train', 'demo'] as const)
      for (const force of [false, true])
        await expect(createRunFolder({ command, path, force })).rejects.toThrow(
          new UsageError(
            `${path} holds no run, but ${said}, which a run would replace`,
            'Give another folder with --out, or move that elsewhere.',
          ),
        );
    expect(await filesIn(path)).toEqual(names.toSorted());
  });

  const foreign = 'holds no run: it has no config.json that meow-bench wrote';
  it.each([
    ['{ "seed": 4 }', foreign],
    ['{ "command": "train" }', foreign],
    ['{ "command": "build", "versions": { "meow-bench": "1.0.0" } }', foreign],
    ['{\n  "command": "train",\n  "seed": 4 5\n}', 'config.json, line 3: '],
    ['', 'config.json'],
  ])('takes no config.json for a run’s that holds %j', async (text, said) => {
    const path = await temporaryFolder();
    await writeFile(join(path, 'config.json'), text);
    await expect(createRunFolder({ ...train, path, force: true })).rejects.toThrow(
      'holds no run, but config.json,',
    );
    const opened = openRunFolder(path);
    await expect(opened).rejects.toThrow(UsageError);
    await expect(opened).rejects.toThrow(said);
    expect(await readFile(join(path, 'config.json'), 'utf8')).toBe(text);
    expect(await readdir(path)).toEqual(['config.json']);
  });

  it('deletes no checkpoint that holds something else', async () => {
    const path = await temporaryFolder();
    await begin({ ...train, path });
    const store = await openCheckpointStore(join(path, 'checkpoints'));
    for (const step of [100, 200]) await store.save({ step, values: {}, tensors: {} });
    await writeFiles(path, ['checkpoints/100/notes.txt', 'metrics.jsonl']);
    const before = await filesIn(path);
    await expect(createRunFolder({ ...train, path, force: true })).rejects.toThrow(
      `${join(path, 'checkpoints', '100', 'notes.txt')} is no part of a checkpoint, which would be deleted with it. Move it elsewhere.`,
    );
    expect(await filesIn(path)).toEqual(before);
  });

  it('lets a link to another disk be', async () => {
    const [path, disk] = [await temporaryFolder(), await temporaryFolder()];
    await symlink(disk, join(path, 'checkpoints'));
    await begin({ ...train, path });
    await (await openCheckpointStore(join(path, 'checkpoints'))).save({ step: 100, values: {}, tensors: {} });
    await begin({ ...train, path, force: true });
    expect(await readdir(disk)).toEqual([]);
    expect((await readdir(path)).toSorted()).toEqual(['checkpoints', 'config.json']);
  });

  it('lets a demo replace a demo, but neither a training nor the other way round', async () => {
    const path = await temporaryFolder();
    await begin({ ...demo, path });
    await writeFiles(path, ['metrics.jsonl']);
    await expect(createRunFolder({ ...train, path })).rejects.toThrow(UsageError);
    await begin({ ...demo, path });
    await begin({ ...train, path, force: true });
    await writeFiles(path, ['metrics.jsonl']);
    await expect(createRunFolder({ ...demo, path })).rejects.toThrow(UsageError);
  });

  it('takes `..` in the path by name, where the folder before it is missing', async () => {
    const parent = await temporaryFolder();
    const folder = await createRunFolder({ ...train, path: [parent, 'missing', '..', '.', 'run'].join('/') });
    expect(folder.path).toBe(join(parent, 'run'));
    await folder.writeConfig({});
    await folder.close();
    expect(await filesIn(parent)).toEqual(['run/config.json']);
  });

  it('refuses a folder that a process writes to, before anything is touched', async () => {
    const path = await temporaryFolder();
    const folder = await createRunFolder({ ...demo, path });
    await folder.writeConfig({});
    await writeFiles(path, ['metrics.jsonl']);
    const before = await filesIn(path);
    for (const options of [train, demo, { ...train, force: true }, { ...demo, force: true }])
      await expect(createRunFolder({ ...options, path })).rejects.toThrow(`folder ${path} is in use`);
    await expect(openRunFolder(path)).rejects.toThrow(`folder ${path} is in use`);
    expect(await filesIn(path)).toEqual(before);
    await folder.close();
    const again = await openRunFolder(path);
    await again.clear();
    await again.close();
    expect(await filesIn(path)).toEqual(['config.json']);
  });

  it('knows the run of a config.json that was saved with a byte order mark', async () => {
    const path = await temporaryFolder();
    const folder = await createRunFolder({ ...demo, path });
    await folder.writeConfig({ seed: 3 });
    const config = join(path, 'config.json');
    await writeFile(config, `\uFEFF${await readFile(config, 'utf8')}`);
    await folder.close();
    expect(await readRunConfig(path)).toEqual({ seed: 3 });
    await writeFiles(path, ['metrics.jsonl']);
    await expect(createRunFolder({ ...train, path })).rejects.toThrow(`${path} already holds a run`);
    await (await createRunFolder({ ...demo, path })).close();
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

describe('a run that has begun, and can’t move, asks for no other folder where it can’t be written to', () => {
  it.each([
    ['train', (path: string) => `go on with: meow-bench train --resume ${path}`],
    ['demo', () => 'run the demo again.'],
  ] as const)('but says how to go on: %s', async (command, next) => {
    const path = await temporaryFolder();
    const open = [
      () => createRunFolder({ command, path, force: false }),
      ...(command === 'train' ? [() => openRunFolder(path)] : []),
    ];
    for (const opened of open) {
      const folder = await opened();
      await folder.writeConfig({});
      await mkdir(join(path, 'summary.json'), { recursive: true });
      await expect(folder.writeJson('summary.json', {})).rejects.toThrow(
        new CliError(
          `can't write to ${path}: a folder of that name is in the way`,
          `See that the folder can be written to, then ${next(path)}`,
        ),
      );
      await folder.close();
    }
  });

  it('and says to make room on a disk that is full, while one that begins may be written elsewhere', async () => {
    const path = join(await temporaryFolder(), 'run');
    await (await createRunFolder({ ...train, path })).close();
    const full = { ...failingFiles(0, { dead: true, code: 'ENOSPC' }), mkdir: nodeFileSystem.mkdir };
    const folder = await createRunFolder({ ...train, path, files: full });
    const problem = `can't write to ${path}: the disk is full`;
    await expect(folder.writeConfig({})).rejects.toThrow(
      new CliError(problem, 'Give another folder with --out.'),
    );
    await expect(folder.writeText('summary.json', '{}')).rejects.toThrow(
      new CliError(problem, `Make room, then go on with: meow-bench train --resume ${path}`),
    );
    await folder.close();
  });
});

it.each([
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['ENOSPC', 'the disk is full'],
])('guardWrite names path, reason and remedy: %s', async (code, reason) => {
  const refused = Object.assign(new Error('no'), { code });
  await expect(guardWrite('runs/a', () => Promise.reject(refused))).rejects.toThrow(
    new CliError(`can't write to runs/a: ${reason}`, 'Give another folder with --out.'),
  );
});

describe('writeAtomically', () => {
  it('replaces a file, makes folders and leaves no temporary file', async () => {
    const path = join(await temporaryFolder(), 'policy', 'info.json');
    await writeAtomically(path, 'old');
    await writeAtomically(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(join(path, '..'))).toEqual(['info.json']);
  });

  it('takes `..` in the path by name, where the folder before it is missing', async () => {
    const folder = await temporaryFolder();
    await writeAtomically(`${folder}/missing/../page.html`, 'text');
    expect(await filesIn(folder)).toEqual(['page.html']);
  });

  it('leaves nothing behind when it fails', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'taken'));
    await expect(writeAtomically(join(folder, 'taken'), 'text')).rejects.toThrow('EISDIR');
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

it('readRunConfig refuses a folder without a run', async () => {
  const path = await temporaryFolder();
  await expect(readRunConfig(path)).rejects.toThrow(`${path} holds no run: it has no config.json.`);
  await expect(readRunConfig(join(path, 'no'))).rejects.toThrow(UsageError);
});
