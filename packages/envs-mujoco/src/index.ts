export { bareStepper, type BareStepper } from './bare-stepper.ts';
export type { Assets } from './compile-model.ts';
export * from './models/index.ts';
export { loadMujoco, type Mujoco } from './mujoco.ts';
export { mujocoEnv, type MujocoEnvOptions, type MujocoStart, type MujocoStep } from './mujoco-env.ts';
export { MUJOCO_ENV_IDS, mujocoEnvs, type MujocoEnvId, type MujocoEnvSpec } from './mujoco-envs.ts';
export type { DataField, Simulation } from './simulation.ts';
export type { MujocoEnv, MujocoResetOptions, Transition } from './task-env.ts';
export { ant, antV4, type AntOptions, type AntV4Options } from './tasks/ant.ts';
export { halfCheetah, type HalfCheetahOptions } from './tasks/half-cheetah.ts';
export { hopper, type HopperOptions } from './tasks/hopper.ts';
export { humanoidStandup, type HumanoidStandupOptions } from './tasks/humanoid-standup.ts';
export { humanoid, humanoidV4, type HumanoidOptions, type HumanoidV4Options } from './tasks/humanoid.ts';
export {
  invertedDoublePendulum,
  type InvertedDoublePendulumOptions,
} from './tasks/inverted-double-pendulum.ts';
export { invertedPendulum, type InvertedPendulumOptions } from './tasks/inverted-pendulum.ts';
export { pusher, type PusherOptions } from './tasks/pusher.ts';
export { reacher, type ReacherOptions } from './tasks/reacher.ts';
export { swimmer, type SwimmerOptions } from './tasks/swimmer.ts';
export type { TaskVersion } from './tasks/version.ts';
export { walker2d, type Walker2dOptions } from './tasks/walker2d.ts';
