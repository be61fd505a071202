/** Where published returns come from. */
export interface Source {
  readonly name: string;
  readonly url: string;
  /** What the reader should know of all of its numbers. */
  readonly note: string;
}

/** A return that somebody published. */
export interface PublishedReturn {
  readonly source: Source;
  /** As `--algo` names it where it is one of these, else its name. */
  readonly algorithm: string;
  /** The environment's name without its version. */
  readonly task: string;
  /** Version of the task; absent for tasks without one. */
  readonly version?: string;
  /** Environment steps, those of all environments together. */
  readonly steps: number;
  readonly return: number;
}

const source = (name: string, url: string, note: string): Source => ({ name, url, note });

const meowPaper = source(
  'MEow paper',
  'https://arxiv.org/abs/2405.13629',
  'final returns, five seeds, deterministic actions; its curves are smoothed',
);
const meowIsaac = source(
  'MEow paper, Isaac Gym',
  'https://arxiv.org/abs/2405.13629',
  'five seeds, OmniIsaacGymEnvs: rewards and observations of today’s Isaac Lab tasks differ',
);
const td3Authors = source(
  'TD3 authors',
  'https://github.com/sfujim/TD3/tree/master/learning_curves',
  'their first settings, with a step size of 1e-3',
);
const tianshou = source(
  'Tianshou, best evaluation',
  'https://github.com/thu-ml/tianshou/tree/master/examples/mujoco',
  'ten seeds, ten episodes each: the best evaluation within a million steps, not the last',
);
const cleanRlSac = source('CleanRL', 'https://docs.cleanrl.dev/rl-algorithms/sac/', 'mean over seeds');
const cleanRlTd3 = source('CleanRL', 'https://docs.cleanrl.dev/rl-algorithms/td3/', 'mean over seeds');
const zoo = source(
  'RL Baselines3 Zoo',
  'https://github.com/DLR-RM/rl-baselines3-zoo/blob/master/benchmark.md',
  'one run each',
);
const slmLab = source(
  'SLM-Lab',
  'https://github.com/kengz/SLM-Lab/blob/master/docs/BENCHMARKS.md',
  'four runs each, returns of training episodes',
);
const meowCode = source(
  "MEow authors' code, run here",
  'https://github.com/ChienFeng-hub/meow',
  "a run of our own with the authors' network and loss, one seed: nobody has published it",
);
const mrq = source('MR.Q', 'https://github.com/facebookresearch/MRQ', 'mean over seeds');

type Returns = Readonly<Record<string, number>>;

const rows = (
  of: Source,
  algorithm: string,
  steps: number | Returns,
  returns: Returns,
  version = 'v4',
): PublishedReturn[] =>
  Object.entries(returns).map(([task, value]) =>
    Object.assign(
      {
        source: of,
        algorithm,
        task,
        steps: typeof steps === 'number' ? steps : (steps[task] ?? Number.NaN),
        return: value,
      },
      !task.startsWith('Isaac-') && { version },
    ),
  );

const MILLION = 1_000_000;

/** Returns that others published, and runs of our own of others' code; what they are means of, the note of their source says. */
export const PUBLISHED_RETURNS: readonly PublishedReturn[] = [
  ...rows(
    meowPaper,
    'meow',
    {
      HalfCheetah: 1.5 * MILLION,
      Hopper: 1.5 * MILLION,
      Walker2d: 4 * MILLION,
      Ant: 4 * MILLION,
      Humanoid: 5 * MILLION,
    },
    { HalfCheetah: 10_981, Hopper: 3333, Walker2d: 5527, Ant: 6586, Humanoid: 6923 },
  ),
  ...rows(
    meowIsaac,
    'meow',
    {
      'Isaac-Ant': 128 * MILLION,
      'Isaac-Humanoid': 128 * MILLION,
      'Isaac-Ingenuity': 64 * MILLION,
      'Isaac-ANYmal': 128 * MILLION,
      'Isaac-AllegroHand': 512 * MILLION,
      'Isaac-FrankaCabinet': 512 * MILLION,
    },
    {
      'Isaac-Ant': 7832,
      'Isaac-Humanoid': 4660,
      'Isaac-Ingenuity': 5270,
      'Isaac-ANYmal': 47.6,
      'Isaac-AllegroHand': 620,
      'Isaac-FrankaCabinet': 3156,
    },
  ),
  ...rows(
    meowCode,
    'meow',
    { HalfCheetah: 100_000, Hopper: 100_000, Walker2d: 50_000 },
    { HalfCheetah: 5230, Hopper: 418, Walker2d: 274 },
    'v5',
  ),
  ...rows(td3Authors, 'td3', 100_000, { HalfCheetah: 5514, Hopper: 659, Walker2d: 770, Ant: 586 }, 'v1'),
  ...rows(td3Authors, 'td3', 300_000, { HalfCheetah: 7697, Hopper: 2410, Walker2d: 3335, Ant: 1953 }, 'v1'),
  ...rows(
    tianshou,
    'td3',
    MILLION,
    { HalfCheetah: 10_201, Hopper: 3472, Walker2d: 3982, Ant: 5116, Humanoid: 5190 },
    'v3',
  ),
  ...rows(
    tianshou,
    'sac',
    MILLION,
    { HalfCheetah: 12_139, Hopper: 3542, Walker2d: 5007, Ant: 5850, Humanoid: 5489 },
    'v3',
  ),
  ...rows(
    tianshou,
    'ddpg',
    MILLION,
    { HalfCheetah: 11_719, Hopper: 2197, Walker2d: 1401, Ant: 990, Humanoid: 178 },
    'v3',
  ),
  ...rows(
    tianshou,
    'ppo',
    MILLION,
    { HalfCheetah: 5784, Hopper: 2609, Walker2d: 3589, Ant: 3258, Humanoid: 787 },
    'v3',
  ),
  ...rows(cleanRlSac, 'sac', MILLION, { HalfCheetah: 9635, Hopper: 2310, Walker2d: 3591, Humanoid: 4996 }),
  ...rows(cleanRlTd3, 'td3', MILLION, { HalfCheetah: 9018 }, 'v2'),
  ...rows(zoo, 'sac', MILLION, { HalfCheetah: 9535 }, 'v3'),
  ...rows(zoo, 'td3', MILLION, { HalfCheetah: 9656 }, 'v3'),
  ...rows(zoo, 'ppo', MILLION, { HalfCheetah: 5819 }, 'v3'),
  ...rows(
    slmLab,
    'ppo',
    {
      HalfCheetah: 10 * MILLION,
      Hopper: 4 * MILLION,
      Walker2d: 10 * MILLION,
      Ant: 10 * MILLION,
      Humanoid: 10 * MILLION,
    },
    { HalfCheetah: 6241, Hopper: 1654, Walker2d: 4379, Ant: 2138, Humanoid: 2661 },
    'v5',
  ),
  ...rows(
    slmLab,
    'sac',
    {
      HalfCheetah: 4 * MILLION,
      Hopper: 3 * MILLION,
      Walker2d: 3 * MILLION,
      Ant: 2 * MILLION,
      Humanoid: MILLION,
    },
    { HalfCheetah: 9815, Hopper: 1417, Walker2d: 3124, Ant: 4943, Humanoid: 1990 },
    'v5',
  ),
  ...rows(mrq, 'MR.Q', 100_000, {
    HalfCheetah: 7872,
    Hopper: 2249,
    Walker2d: 3127,
    Ant: 2801,
    Humanoid: 522,
  }),
];
