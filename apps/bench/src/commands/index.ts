import type { Command } from '../cli/command.ts';
import { bridgeSpeed } from './bridge-speed.ts';
import { compare } from './compare.ts';
import { demo } from './demo.ts';
import { envSpeed } from './env-speed.ts';
import { evaluate } from './eval.ts';
import { exportPolicy } from './export.ts';
import { inspect } from './inspect.ts';
import { race } from './race.ts';
import { render } from './render.ts';
import { reproduce } from './reproduce.ts';
import { serve } from './serve.ts';
import { speed } from './speed.ts';
import { sweep } from './sweep.ts';
import { train } from './train.ts';

/** All commands in the order of help. */
export const COMMANDS: readonly Command[] = [
  demo,
  train,
  sweep,
  evaluate,
  exportPolicy,
  inspect,
  render,
  serve,
  speed,
  envSpeed,
  bridgeSpeed,
  race,
  compare,
  reproduce,
];
