import { flag, type OptionTable } from '../options.ts';
import type { Simulation } from '../simulation.ts';
import { concat, locomotionOptions, type LocomotionOptions } from './common.ts';

/** Options of the tasks with the humanoid: what they observe besides positions and velocities. */
export interface HumanoidObservationOptions extends LocomotionOptions {
  /** Whether mass and inertia of the bodies about their common centre are observed (130). Default: true. */
  readonly includeCinertInObservation: boolean;
  /** Whether angular and linear velocities of the bodies are observed (78). Default: true. */
  readonly includeCvelInObservation: boolean;
  /** Whether the motors' torques on the joints are observed (17). Default: true. */
  readonly includeQfrcActuatorInObservation: boolean;
  /** Whether the contact forces on the bodies are observed (78). Default: true. */
  readonly includeCfrcExtInObservation: boolean;
}

export const humanoidObservationOptions = (): OptionTable<HumanoidObservationOptions> => ({
  ...locomotionOptions(5, 1e-2),
  includeCinertInObservation: flag(true),
  includeCvelInObservation: flag(true),
  includeQfrcActuatorInObservation: flag(true),
  includeCfrcExtInObservation: flag(true),
});

// Entries of the world, body 0, that v5 leaves out: they never change.
const WORLD = { cinert: 10, cvel: 6, qfrc_actuator: 6, cfrc_ext: 6 };

/** What the humanoid sees in v5: nothing of the world, and no torques on the root, which has no motors. */
export function humanoidObservation(
  simulation: Simulation,
  options: HumanoidObservationOptions,
): () => Float64Array {
  const skip = options.excludeCurrentPositionsFromObservation ? 2 : 0;
  const parts = ([] as (keyof typeof WORLD)[]).concat(
    options.includeCinertInObservation ? 'cinert' : [],
    options.includeCvelInObservation ? 'cvel' : [],
    options.includeQfrcActuatorInObservation ? 'qfrc_actuator' : [],
    options.includeCfrcExtInObservation ? 'cfrc_ext' : [],
  );
  return () =>
    concat(
      simulation.qpos.subarray(skip),
      simulation.qvel,
      ...parts.map((part) => simulation.view(part).subarray(WORLD[part])),
    );
}
