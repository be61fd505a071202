import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from 'vitest';

import { Control, newControl } from './control.ts';
import { serve } from './serve.ts';
import { siblingModule } from './sibling-module.ts';
import { startThreadsOn } from './start-threads.ts';
import { ENDED } from './testing/protocol.ts';
import type { TestProtocol, Trouble } from './testing/protocol.ts';
import type { Threads, ThreadsOptions } from './threads.ts';

const entry = siblingModule('testing/thread', import.meta.url);

const open: Threads<TestProtocol>[] = [];
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((threads) => threads.end()));
});

const sharedIntegers = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));

type Options = Partial<ThreadsOptions<TestProtocol>> & { readonly trouble?: Trouble };

async function start({ trouble, ...options }: Options = {}, control = newControl()) {
  const { count = 2 } = options;
  const [counts, sums] = [sharedIntegers(count), sharedIntegers(count)];
  const threads = await startThreadsOn<TestProtocol>(control, {
    name: 'team',
    entry,
    count,
    dataOf: () => ({ counts, sums, ...(trouble && { trouble }) }),
    awakeMilliseconds: 0.2,
    ...options,
  });
  open.push(threads);
  return { threads, counts, sums, control };
}

/** The calling thread's part of `sum`. */
const sumPart =
  ({ threads, counts, sums }: Awaited<ReturnType<typeof start>>) =>
  async () => {
    counts[0] = (counts[0] ?? 0) + 1;
    threads.meet();
    sums[0] = counts.reduce((sum, value) => sum + value, 0);
    threads.meet();
  };

const messageFrom = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  return error instanceof Error ? error.message : `no error: ${String(error)}`;
};

describe('startThreads', () => {
  it('does each of thousands of commands once, whatever wakes the threads', async () => {
    const COMMANDS = 3000;
    const { threads, counts, control } = await start({ count: 3 });
    const wake = () => {
      for (const waitedFor of [Control.go, Control.arrivals, Control.done])
        Atomics.notify(control, waitedFor);
    };
    const seen: number[][] = [];
    for (let i = 0; i < COMMANDS; i += 1) {
      wake();
      const counted = threads.run('count');
      wake();
      await counted;
      // Long enough now and then for the threads to fall asleep, short enough in between for them not to.
      if (i % 100 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
      seen.push([...counts]);
    }
    expect(seen).toEqual(Array.from({ length: COMMANDS }, (_, i) => [i + 1, i + 1, i + 1]));
    for (let i = 0; i < 1000; i += 1) threads.runNow('count');
    expect([...counts]).toEqual([4000, 4000, 4000]);
    expect(threads.ready).toEqual([0, 1, 2].map((index) => ({ index, count: 3 })));
  });

  it('has threads meet inside a command, with the calling one as the first of them', async () => {
    const behind = await start({ count: 3 });
    const beside = await start({ count: 3, callerTakesPart: true, awakeMilliseconds: 2 });
    const part = sumPart(beside);
    for (let i = 1; i <= 100; i += 1) {
      await behind.threads.run('sum');
      await beside.threads.runWith('sum', part);
      for (const { sums } of [behind, beside]) expect([...sums]).toEqual([6 * i, 6 * i, 6 * i]);
    }
    expect(beside.threads.ready.map(({ index }) => index)).toEqual([1, 2]);
  });

  it('finds the barrier past the largest number of arrivals', async () => {
    const control = newControl();
    control[Control.arrivals] = 2 ** 31 - 3;
    const team = await start({ callerTakesPart: true }, control);
    for (let i = 1; i <= 3; i += 1) {
      await team.threads.runWith('sum', sumPart(team));
      expect([...team.sums]).toEqual([3 * i, 3 * i]);
    }
    expect(control[Control.arrivals]).toBe(-(2 ** 31) + 9);
  });

  it.each([
    ['throw', 'thread 1 (of 2) ended: the wheel came off'],
    ['throw text', 'thread 1 (of 2) ended: it threw a text, which is no Error'],
    ['exit', 'thread 1 (of 2) ended: exit code 7'],
  ] as const)('fails the command in which a thread ends, and all later ones: %s', async (kind, problem) => {
    const message = `team: ${problem}. All its threads are ended; start new ones.`;
    const trouble = { index: 1, at: 2, kind };
    // With others that are asleep, that wait for it, and with the calling one, which can't hear of it while it waits.
    for (const [command, callerTakesPart] of [
      ['count', false],
      ['sum', false],
      ['sum', true],
    ] as const) {
      const team = await start({ trouble, callerTakesPart });
      const run = () =>
        callerTakesPart ? team.threads.runWith(command, sumPart(team)) : team.threads.run(command);
      await run();
      expect(await messageFrom(run())).toBe(message);
      expect(team.threads.failure?.message).toBe(message);
      expect(await messageFrom(run())).toBe(
        `team: ${command} was called after its threads were lost. Start new ones.`,
      );
      expect(() => team.threads.runNow('count')).toThrow('after its threads were lost');
      await team.threads.end();
    }
  });

  it('hears of a thread without memory, which ends without a word', async () => {
    const { threads } = await start({
      trouble: { index: 0, at: 1, kind: 'out of memory' },
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    });
    expect(await messageFrom(threads.run('count'))).toContain(
      'thread 0 (of 2) ended: Worker terminated due to reaching memory',
    );
  });

  it('does not block for a thread that has ended', async () => {
    const { threads } = await start({ trouble: { index: 1, at: 1, kind: 'exit' } });
    // Blocked, so that it can't hear of it in the ordinary way.
    expect(() => threads.runNow('count')).toThrow(
      'team: thread 1 (of 2) ended. All its threads are ended; start new ones.',
    );
    expect(threads.failure?.message).toContain('thread 1 (of 2) ended');
  });

  it('does not block for ever for a thread that does not answer', async () => {
    const silent = {
      trouble: { index: 1, at: 1, kind: 'silent' },
      answerMilliseconds: 200,
      graceMilliseconds: 0,
    } as const;
    const silence =
      'team: a thread (of 2) did not answer within 0.2 seconds. All its threads are ended; start new ones.';
    const now = await start(silent);
    expect(() => now.threads.runNow('count')).toThrow(silence);
    await now.threads.end();
    // At the barrier, and after its part.
    const meeting = await start({ ...silent, callerTakesPart: true });
    expect(await messageFrom(meeting.threads.runWith('sum', sumPart(meeting)))).toBe(silence);
    const waiting = await start({ ...silent, callerTakesPart: true });
    expect(await messageFrom(waiting.threads.runWith('count', async () => {}))).toBe(silence);
  });

  it('fails where the part of the calling thread fails, and ends threads that wait for it', async () => {
    const { threads, counts } = await start({ count: 3, callerTakesPart: true });
    const part = async () => {
      while (counts[1] === 0 || counts[2] === 0) Atomics.wait(counts, 1, 0, 1);
      throw new Error('no room.');
    };
    expect(await messageFrom(threads.runWith('sum', part))).toBe(
      "team: the calling thread's part failed: no room. All its threads are ended; start new ones.",
    );
    // By themselves, long before they would be terminated.
    const begun = performance.now();
    await threads.end();
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect([...counts]).toEqual([0, 2, 3]);
  });

  it('does one command at a time', async () => {
    const { threads } = await start();
    const sleeping = threads.run('sleep');
    expect(threads.running).toBe('sleep');
    const refusal = 'team: count was called while the command "sleep" is under way. Await it first.';
    expect(await messageFrom(threads.run('count'))).toBe(refusal);
    expect(() => threads.runNow('count')).toThrow(refusal);
    expect(() => threads.expectIdle('save()')).toThrow('team: save() was called while the command "sleep"');
    await sleeping;
    expect(threads.running).toBeUndefined();
    threads.expectIdle('save()');
  });

  it('refuses a command that its threads do not know, and goes on', async () => {
    const { threads, counts } = await start();
    const unknown = 'jump' as 'count';
    const refusal = 'team: its threads know no command "jump". Give one of count, sum, sleep.';
    expect(() => threads.runNow(unknown)).toThrow(refusal);
    expect(await messageFrom(threads.run(unknown))).toBe(refusal);
    await threads.run('count');
    expect([...counts]).toEqual([1, 1]);
  });

  it('ends after the command under way, once', async () => {
    const { threads, counts } = await start();
    const sleeping = threads.run('sleep');
    const ended = threads.end();
    expect(threads.ended).toBe(true);
    await sleeping;
    await Promise.all([ended, threads.end()]);
    expect([...counts]).toEqual([ENDED, ENDED]);
    expect(await messageFrom(threads.run('count'))).toBe(
      'team: count was called after its threads were ended. Start new ones.',
    );
  });

  it('can be interrupted with a reason', async () => {
    const { threads, counts } = await start({
      trouble: { index: 0, at: 1, kind: 'silent' },
      graceMilliseconds: 0,
    });
    const counting = messageFrom(threads.run('count'));
    threads.interrupt(new Error('closed meanwhile'));
    expect(await counting).toBe('closed meanwhile');
    expect(threads.failure?.message).toBe('closed meanwhile');
    await threads.end();
    expect(counts[0]).toBe(0);
  });

  it('says what went wrong at the end', async () => {
    const { threads } = await start({ trouble: { index: 1, at: 0, kind: 'throw at end' } });
    expect(await messageFrom(threads.end())).toContain('team: thread 1 (of 2) ended: it is stuck.');
    open.length = 0;
  });

  it('says why threads could not be started, in words of its own or given ones', async () => {
    const trouble = { index: 1, at: 0, kind: 'throw' } as const;
    expect(await messageFrom(start({ trouble }))).toBe(
      'team: thread 1 (of 2) ended: the wheel came off. All its threads are ended; start new ones.',
    );
    const named = start({
      trouble,
      threadName: 'wheel',
      lossError: ({ problem, thread, exitCode, command, cause }) =>
        new Error(`${problem} | ${thread} ${exitCode} ${command}`, { cause }),
    });
    expect(await messageFrom(named)).toBe('wheel 1 (of 2) ended: the wheel came off | 1 undefined undefined');
    expect(await messageFrom(start({ trouble: { ...trouble, kind: 'other commands' } }))).toBe(
      'team: its threads know different commands, count, sum, sleep and count, sum, sleep, more. ' +
        'Have each serve the same, in the same order.',
    );
    const absent = siblingModule('absent', import.meta.url);
    expect(await messageFrom(start({ entry: absent }))).toContain('absent.ts');
    const unsent = { dataOf: () => ({ counts: sharedIntegers(1), sums: sharedIntegers(1), of: () => 1 }) };
    expect(await messageFrom(start(unsent))).toContain('could not be cloned');
  });

  it.each([
    [0, false, 'the number of threads is 0, expected a whole number from 1 on'],
    [1.5, false, 'the number of threads is 1.5, expected a whole number from 1 on'],
    [1, true, 'the number of threads is 1, expected a whole number from 2 on'],
  ])('refuses %d threads', async (count, callerTakesPart, problem) => {
    const counts = sharedIntegers(1);
    const refused = startThreadsOn<TestProtocol>(newControl(), {
      name: 'team',
      entry,
      count,
      callerTakesPart,
      dataOf: () => ({ counts, sums: counts }),
      awakeMilliseconds: 0,
    });
    expect(await messageFrom(refused)).toContain(problem);
  });

  it('keeps the process alive during a command, and not between two', async () => {
    const script = `
      import { startThreads } from '${siblingModule('start-threads', import.meta.url).href}';
      const counts = new Int32Array(new SharedArrayBuffer(8));
      const threads = await startThreads({
        name: 'team', entry: new URL('${entry.href}'), count: 2, dataOf: () => ({ counts, sums: counts }), awakeMilliseconds: 0,
      });
      await threads.run('sleep');
      threads.runNow('count');
      console.log('counts', counts[0], counts[1]);`;
    const args = [...process.execArgv, '--input-type=module', '--eval', script];
    // A guard against hanging: a process that doesn't end is killed, which rejects.
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
    expect(stdout).toBe('counts 1 1\n');
  });
});

const service = () => ({ ready: { index: 0, count: 1 }, commands: { count() {}, sum() {}, sleep() {} } });

it('serve refuses to be called where no thread was started', async () => {
  await expect(serve<TestProtocol>(service)).rejects.toThrow(
    'serve: this module is the entry of a worker thread.',
  );
});
