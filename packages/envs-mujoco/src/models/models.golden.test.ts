import type { MjModel } from '@mujoco/mujoco';
import { beforeAll, describe, expect, it } from 'vitest';

import { loadMujoco, type Mujoco } from '../mujoco.ts';
import { largestDifference, readGolden, type GoldenModel } from '../testing/golden.ts';
import * as models from './index.ts';

const golden = readGolden<GoldenModel>('mujoco-models.json');
const ours: Readonly<Record<string, () => string>> = {
  HalfCheetah: models.halfCheetahModel,
  Hopper: models.hopperModel,
  Walker2d: models.walker2dModel,
  Ant: models.antModel,
  InvertedPendulum: models.invertedPendulumModel,
  InvertedDoublePendulum: models.invertedDoublePendulumModel,
  Swimmer: models.swimmerModel,
  Reacher: models.reacherModel,
  Humanoid: models.humanoidModel,
  HumanoidStandup: models.humanoidStandupModel,
  Pusher: models.pusherModel,
};

const flat = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];

  if (Array.isArray(value)) return value.flatMap(flat);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as Float64Array, Number);
  return [Number.NaN];
};

/** The bindings can't give arrays of booleans, only one at a time. */
const booleans: Readonly<Record<string, readonly ['jnt' | 'actuator' | 'tendon', string]>> = {
  jnt_limited: ['jnt', 'limited'],
  actuator_ctrllimited: ['actuator', 'ctrllimited'],
  actuator_forcelimited: ['actuator', 'forcelimited'],
  tendon_limited: ['tendon', '_limited'],
};

function read(model: MjModel, field: string, count: number): unknown {
  const boolean = booleans[field];
  if (!boolean) return Reflect.get(model, field);
  return Array.from({ length: count }, (_, i) => {
    const part = model[boolean[0]](i);
    const value = Number(Reflect.get(part, boolean[1]));
    part.delete();
    return value;
  });
}

let mujoco: Mujoco;
beforeAll(async () => {
  mujoco = await loadMujoco();
});

describe('our models', () => {
  it('are those that there are golden numbers for', () => {
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(golden).toSorted());
  });
});

describe.each(Object.entries(golden))('%s', (name, expected) => {
  it('compiles to the same numbers in every field', () => {
    const model = mujoco.MjModel.from_xml_string(ours[name]?.() ?? '');
    const { opt: option, stat } = model;
    const differing: string[] = [];
    const compare = (where: string, came: unknown, wanted: unknown) => {
      const error = largestDifference(flat(came), flat(wanted));
      if (!(error <= 1e-10)) differing.push(`${where}: off by ${error}`);
    };
    for (const [field, wanted] of Object.entries(expected.fields)) {
      compare(field, read(model, field, flat(wanted).length), wanted);
    }
    for (const [field, wanted] of Object.entries(expected.option)) {
      compare(field, Reflect.get(option, field), wanted);
    }
    compare('meanInertia', stat.meaninertia, expected.meanInertia);
    stat.delete();
    option.delete();
    model.delete();
    expect(differing).toEqual([]);
  });

  it('names bodies, joints and geoms as Gymnasium does', () => {
    const model = mujoco.MjModel.from_xml_string(ours[name]?.() ?? '');
    const { mjOBJ_BODY, mjOBJ_JOINT, mjOBJ_GEOM } = mujoco.mjtObj;
    const kinds = { body: mjOBJ_BODY, joint: mjOBJ_JOINT, geom: mjOBJ_GEOM };
    for (const kind of ['body', 'joint', 'geom'] as const) {
      const type = kinds[kind].value;
      const names = expected.names[kind].map((_, i) => {
        // For something without a name the bindings give a text that names nothing.
        const name = mujoco.mj_id2name(model, type, i);
        return mujoco.mj_name2id(model, type, name) === i ? name : null;
      });
      expect(names).toEqual(expected.names[kind]);
    }
    model.delete();
  });
});
