import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { writeAndFlush } from '@meow-rl/files';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { FolderInUseError } from './folder-in-use-error.ts';
import { FOLDER_LOCK, lockFolder } from './folder-lock.ts';
import { newRecord, type LockRecord } from './lock-file.ts';
import { thisProcess } from './process-identity.ts';

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  return { ...real, link: vi.fn(real.link) };
});

vi.mock(import('@meow-rl/files'), async (original) => {
  const real = await original();
  return { ...real, writeAndFlush: vi.fn(real.writeAndFlush) };
});

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const linux = process.platform === 'linux';
const lockFile = () => path.join(folder, FOLDER_LOCK);

/** Another machine. */
const elsewhere = { host: 'node7', boot: '00000000-0000-0000-0000-000000000000' };

/** The process number of one that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

/** Leaves a lock as a process with that identity would. */
async function leaveLock(identity: Partial<LockRecord>, name = FOLDER_LOCK): Promise<LockRecord> {
  const record = { ...newRecord(await thisProcess()), ...identity };
  await writeFile(path.join(folder, name), JSON.stringify(record));
  return record;
}

/** Starts a process that takes the folder, and waits until it has it. */
async function holder(...argv: readonly string[]) {
  const script = fileURLToPath(new URL('../testing/hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, folder, ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const [said] = await once(child.stdout, 'data');
  expect(String(said)).toBe('taken\n');
  return { child, ended };
}

describe('a folder', () => {
  it('is one lock’s until that is released, and holds no trace of it afterwards', async () => {
    const listeners = process.listenerCount('exit');
    const lock = await lockFolder(folder);
    expect(await readdir(folder)).toEqual(['run.lock']);
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject(await thisProcess());
    await expect(lockFolder(folder)).rejects.toThrow(
      new RegExp(
        `^folder ${folder} is in use: this process itself took it \\d+ seconds? ago\\. Release that lock first, or take another folder\\.$`,
      ),
    );
    expect(await readdir(folder)).toEqual(['run.lock']);
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    expect(process.listenerCount('exit')).toBe(listeners);
    await (await lockFolder(folder)).release();
  });

  it('has a lock that is flushed before it gets its name, so that a power cut leaves none that is empty', async () => {
    vi.mocked(writeAndFlush).mockClear();
    vi.mocked(link).mockClear();
    await (await lockFolder(folder)).release();
    const [temporary, text] = vi.mocked(writeAndFlush).mock.lastCall ?? [];
    expect(vi.mocked(link).mock.calls).toEqual([[temporary, lockFile()]]);
    expect(JSON.parse(String(text))).toMatchObject(await thisProcess());
    const [flushed = Number.NaN] = vi.mocked(writeAndFlush).mock.invocationCallOrder;
    expect(vi.mocked(link).mock.invocationCallOrder[0]).toBeGreaterThan(flushed);
  });

  it('that is not there, or gone at the end, is an error of the system, or none', async () => {
    await expect(lockFolder(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    const lock = await lockFolder(folder);
    await rm(folder, { recursive: true });
    await lock.release();
  });

  it('whose lock somebody else has got meanwhile keeps it', async () => {
    const lock = await lockFolder(folder);
    const other = await leaveLock({});
    await lock.release();
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toEqual(other);
  });

  it('can be locked where the file system has no hard links', async () => {
    const refused = Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
    vi.mocked(link).mockRejectedValueOnce(refused).mockRejectedValueOnce(refused);
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
    expect(await readdir(folder)).toEqual(['run.lock']);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a lock of another process', () => {
  it('is respected while that runs, and taken over when it was killed', async () => {
    const { child, ended } = await holder();
    await expect(lockFolder(folder)).rejects.toThrow(
      new RegExp(
        `^folder ${folder} is in use: process ${child.pid} took it \\d+ seconds? ago and still runs\\. ` +
          `Wait until it has ended or end it \\(kill ${child.pid}\\), or take another folder\\.${linux ? '$' : ''}`,
      ),
    );
    child.kill('SIGKILL');
    await ended;
    expect(await readdir(folder)).toEqual(['run.lock']);
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends with process.exit()', async () => {
    const { child, ended } = await holder('exit');
    child.stdin.end();
    await ended;
    expect(await readdir(folder)).toEqual([]);
  });

  it('whose file is another one’s by then leaves it at process.exit()', async () => {
    const { child, ended } = await holder('exit');
    const other = await leaveLock(elsewhere);
    child.stdin.end();
    await ended;
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toEqual(other);
  });

  it.each([
    [61_000, '1 minute ago'],
    [7_300_000, '2 hours ago'],
    [200_000_000, '2 days ago'],
    // Clocks of two hosts differ.
    [-5000, '0 seconds ago'],
  ])('tells its age: %i ms', async (age, said) => {
    await leaveLock({ ...elsewhere, since: new Date(Date.now() - age).toISOString() });
    await expect(lockFolder(folder)).rejects.toThrow(said);
  });

  it('of another user is respected', async () => {
    const { host } = await thisProcess();
    const { token, since } = newRecord({ pid: process.ppid, host });
    await writeFile(lockFile(), JSON.stringify({ token, since, host, pid: process.ppid }));
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    onTestFinished(() => kill.mockRestore());
    await expect(lockFolder(folder)).rejects.toThrow(`process ${process.ppid} took it`);
  });

  it('of which nothing but its number is known is respected, with the doubt', async () => {
    const { pid, host } = await thisProcess();
    const { token, since } = newRecord({ pid, host });
    await writeFile(lockFile(), JSON.stringify({ token, since, host, pid: process.ppid }));
    await expect(lockFolder(folder)).rejects.toThrow(
      `or take another folder. If process ${process.ppid} is something else, delete ${lockFile()}.`,
    );
  });

  it('of a host out of sight is respected, with the way out', async () => {
    await leaveLock({ ...elsewhere, pid: 12 });
    await expect(lockFolder(folder)).rejects.toThrow(
      new RegExp(
        `in use: process 12 on host node7 took it \\d+ seconds? ago, and whether it still runs can't be seen from host .+\\. ` +
          `Wait until it has ended, or take another folder; if it surely has ended, delete ${lockFile()}\\.$`,
      ),
    );
  });

  it('that is damaged says so', async () => {
    for (const text of [
      '',
      '{"pid": 3',
      '{}',
      '[]',
      JSON.stringify({ ...newRecord(await thisProcess()), pid: 0 }),
    ]) {
      await writeFile(lockFile(), text);
      await expect(lockFolder(folder)).rejects.toThrow(
        `${lockFile()} is damaged: expected the process that folder ${folder} is in use by, got ${JSON.stringify(text.slice(0, 60))}. Delete it if no process writes to that folder`,
      );
      expect(await readFile(lockFile(), 'utf8')).toBe(text);
    }
  });

  it.skipIf(process.platform === 'win32').each([
    ['a folder', () => mkdir(lockFile())],
    ['a link, a pipe or a device', () => symlink(path.join(folder, 'nowhere'), lockFile())],
    ['a link, a pipe or a device', async () => execFileSync('mkfifo', [lockFile()])],
  ])('that is %s is damaged, and stays', async (kind, place) => {
    await place();
    await expect(lockFolder(folder)).rejects.toThrow(
      `${lockFile()} is damaged: expected the process that folder ${folder} is in use by, got ${kind}. Delete it if`,
    );
    expect(await readdir(folder)).toEqual([FOLDER_LOCK]);
  });
});

/** Takes a lock that a dead process left. */
async function takeOver() {
  const lock = await lockFolder(folder);
  expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject(await thisProcess());
  await lock.release();
}

describe.runIf(linux)('on Linux a process', () => {
  it('that has got the number of a dead one is not taken for it', async () => {
    await leaveLock({ started: '1' });
    await takeOver();
  });

  it('of an earlier start of the machine has ended', async () => {
    await leaveLock({ boot: '00000000-0000-0000-0000-000000000000' });
    await takeOver();
  });

  it('is known by the start of the machine too, which may have got another name since', async () => {
    await leaveLock({ pid: process.ppid, started: '1', host: 'old-name' });
    await takeOver();
  });

  it('in another container is out of sight', async () => {
    await leaveLock({ pid: 12, namespace: 'pid:[1]' });
    await expect(lockFolder(folder)).rejects.toThrow(
      /process 12 in another container on .* can't be seen from this container\. .* delete /,
    );
  });

  it('that nobody has taken notice of since it ended has ended', async () => {
    // The shell's place is taken by a program that never asks for its child.
    const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [pid] = await once(parent.stdout, 'data');
    const stat = () => readFile(`/proc/${Number(pid)}/stat`, 'utf8');
    await vi.waitUntil(async () => / Z /.test(await stat()), { timeout: 10_000 });
    const started = (await stat()).split(') ')[1]?.split(' ')[19] ?? '';
    await leaveLock({ pid: Number(pid), started });
    await takeOver();
  });
});

describe('a dead lock', () => {
  it('is taken over by one of many that try at once', async () => {
    const pid = await endedPid();
    for (let round = 0; round < 40; round += 1) {
      await leaveLock({ pid });
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
      const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const refused = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(taken).toHaveLength(1);
      for (const error of refused) expect(error).toBeInstanceOf(FolderInUseError);
      await taken[0]?.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('is taken over from processes that were killed while they took it over', async () => {
    const pid = await endedPid();
    const first = await leaveLock({ pid });
    const second = await leaveLock({ pid }, `run.lock.${first.token}`);
    await leaveLock({ pid }, `run.lock.${first.token}.${second.token}`);
    await writeFile(path.join(folder, '.run.lock.0123456789abcdef.tmp'), '{');
    await writeFile(path.join(folder, 'run.lock.mine'), 'kept');
    const lock = await lockFolder(folder);
    expect((await readdir(folder)).toSorted()).toEqual(['run.lock', 'run.lock.mine']);
    await lock.release();
    expect(await readdir(folder)).toEqual(['run.lock.mine']);
  });

  it('that another process takes over is that one’s', async () => {
    const dead = await leaveLock({ pid: await endedPid() });
    await leaveLock({}, `run.lock.${dead.token}`);
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toEqual(dead);
  });
});
