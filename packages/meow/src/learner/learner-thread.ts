// The entry of a learner's thread: does its part of each command.
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import { meowModel } from '../model.ts';
import { loadEngine } from './engine.ts';
import { learnerMember } from './member.ts';
import { Control } from './memory.ts';
import { Command } from './protocol.ts';
import type { ThreadReady, ThreadSetup } from './protocol.ts';
import { endIfAbandoned, waitWhile } from './wait.ts';

// A thread that waits for commands doesn't run its event loop, which is what prints and frees; so it does now and then.
const TURN_MILLISECONDS = 50;

const { engine, sizes, config, seed, index, threads, memory, awakeMilliseconds }: ThreadSetup = workerData;
const { control } = memory;

let asked = false;
// The agent's thread may be blocked until a command is done, and can't see a thread end.
process.once('exit', () => {
  if (asked || Atomics.load(control, Control.abandoned) !== 0) return;
  Atomics.store(control, Control.lost, 1 + index);
  Atomics.notify(control, Control.done);
});

const member = await learnerMember({
  model: meowModel(sizes, config),
  seed,
  runtime: await loadEngine(engine),
  index,
  threads,
  memory,
  expectOthers: () => endIfAbandoned(control),
});

const commands: Readonly<Record<number, () => void | Promise<void>>> = {
  [Command.update]: () => member.update(),
  [Command.read]: () => member.read(),
  [Command.write]: () => member.write(),
  [Command.end]: async () => {
    asked = true;
    await member.dispose();
  },
};

const ready: ThreadReady = { offsets: member.offsets };
parentPort?.postMessage(ready, []);

// Awake only right after a command: one that comes later finds the thread asleep.
let awake = 0;
for (let seen = 0; ;) {
  waitWhile(control, Control.go, seen, { awakeMilliseconds: awake, asleepMilliseconds: TURN_MILLISECONDS });
  endIfAbandoned(control);
  // The number alone says whether there is a command: a wait may end for other reasons, or for the one just done.
  const command = Atomics.load(control, Control.go);
  if (command === seen) {
    awake = 0;
    await turn();
    continue;
  }
  awake = awakeMilliseconds;
  seen = command;
  const number = control[Control.command] ?? 0;
  const execute = commands[number];
  if (!execute) throw new Error(`unknown command ${number}`);
  await execute();
  if (number === Command.end) break;
  if (Atomics.sub(control, Control.busy, 1) > 1) continue;
  Atomics.store(control, Control.done, command);
  Atomics.notify(control, Control.done);
}
