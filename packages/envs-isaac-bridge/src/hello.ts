import { AUTORESET_MODES, box, type AutoresetMode, type Box } from '@meow-rl/envs';

import { BridgeError } from './bridge-error.ts';
import { isMap, type Message } from './codec.ts';
import { countIn, describe, flagIn, tensorIn, textIn } from './fields.ts';
import { numbersOf } from './ndarray.ts';

/** The version of PROTOCOL.md that this client speaks. */
export const PROTOCOL = 1;

/** What a server says of itself and its environments; its fields are those of PROTOCOL.md. */
export interface Hello {
  readonly server: string;
  /** Of Python, NumPy and the simulator's libraries. */
  readonly versions: Readonly<Record<string, string>>;
  readonly task: string;
  readonly numEnvs: number;
  /** Clients at a time that the server takes, each with environments of its own. */
  readonly clients: number;
  readonly observation: Box;
  /** Of the critic's own observations, where there are any. */
  readonly criticObservation: Box | undefined;
  readonly action: Box;
  readonly autoresetMode: AutoresetMode;
  /** Step limit of an episode, where it is known. */
  readonly maxEpisodeSteps: number | undefined;
  /** Whether episodes after a reset of all begin as if some of their steps were over, so that they don't all end together. */
  readonly spreadEpisodes: boolean;
  /** Whether last observations of episodes are given. */
  readonly finalObservations: boolean;
  /** Whether the same seed gives the same episodes. */
  readonly seeded: boolean;
  /** Whether state and restore are answered. */
  readonly restorable: boolean;
}

/**
 * Reads the answer to `hello`.
 *
 * @throws BridgeError for another version of the protocol
 * @throws TypeError for what isn't as PROTOCOL.md says
 */
export function readHello(answer: Message): Hello {
  if (answer['protocol'] !== PROTOCOL)
    throw new BridgeError(
      'version',
      `the server (${describe(answer['server'])}) speaks version ${describe(answer['protocol'])} of the protocol, this client version ${PROTOCOL}. ` +
        'Install the same version of @meow-rl/envs-isaac-bridge and meow_isaac_bridge.',
    );
  const mode = textIn(answer, 'autoresetMode');
  const autoresetMode = AUTORESET_MODES.find((known) => known === mode);
  if (!autoresetMode)
    throw new TypeError(`autoresetMode is ${describe(mode)}, expected one of ${AUTORESET_MODES.join(', ')}`);
  const action = spaceIn(answer, 'action');
  if (![...action.low, ...action.high].every(Number.isFinite))
    throw new TypeError('action has no finite bounds');
  return {
    server: textIn(answer, 'server'),
    versions: versionsIn(answer),
    task: textIn(answer, 'task'),
    numEnvs: countIn(answer, 'numEnvs'),
    clients: countIn(answer, 'clients'),
    observation: spaceIn(answer, 'observation'),
    criticObservation: isAbsent(answer, 'criticObservation')
      ? undefined
      : spaceIn(answer, 'criticObservation'),
    action,
    autoresetMode,
    maxEpisodeSteps: isAbsent(answer, 'maxEpisodeSteps') ? undefined : countIn(answer, 'maxEpisodeSteps'),
    spreadEpisodes: !isAbsent(answer, 'spreadEpisodes') && flagIn(answer, 'spreadEpisodes'),
    finalObservations: flagIn(answer, 'finalObservations'),
    seeded: flagIn(answer, 'seeded'),
    restorable: flagIn(answer, 'restorable'),
  };
}

/** Whether a field that may be left out is, or is nothing. */
const isAbsent = (message: Message, name: string): boolean =>
  message[name] === undefined || message[name] === null;

function versionsIn(answer: Message): Record<string, string> {
  const { versions } = answer;
  if (!isMap(versions)) throw new TypeError(`versions is ${describe(versions)}, expected a map`);
  return Object.fromEntries(Object.keys(versions).map((name) => [name, textIn(versions, name)]));
}

function spaceIn(answer: Message, name: string): Box {
  const space = answer[name];
  if (!isMap(space)) throw new TypeError(`${name} is ${describe(space)}, expected a space`);
  const low = numbersOf(tensorIn(space, 'low', 'floats', [undefined]));
  const high = numbersOf(tensorIn(space, 'high', 'floats', [undefined]));
  return box({ low, high, shape: [low.length] });
}
