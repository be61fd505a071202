import { floatsAt, partOfVector } from '@meow-rl/graph';
import type { Executable, InputData, Program, SharedVector, StateStore } from '@meow-rl/graph';

import { algorithmStates, groupStates } from '../algorithm.ts';
import type { Group } from '../algorithm.ts';
import type { Stage } from '../definition.ts';
import { firstNumber, runOf } from '../local-updates.ts';
import { stageMetrics } from '../metrics.ts';
import type { StageMetric } from '../metrics.ts';
import { gradientNormOutput } from '../optimizer-step.ts';
import {
  gradientProgram,
  gradientState,
  normInput,
  stepProgram,
  sumProgram,
  TD_ERRORS,
} from '../stage-programs.ts';
import type { ShareSizes } from '../stage-programs.ts';
import { trainedGroups } from '../stage-inputs.ts';
import { rowCount, rowsOf, shardOf, stageData } from './part.ts';
import type { Part, PartOptions } from './part.ts';
import type { SharedMemory } from './shared-memory.ts';

/** A group of which the thread steps some entries. */
interface GroupShare {
  readonly group: Group;
  readonly start: number;
  readonly end: number;
}

/** The states that a thread works on: those of all groups as they are read, and its shares of them as it steps them. */
interface Stores {
  readonly whole: StateStore;
  readonly shares: StateStore;
}

const spec = (vector: SharedVector) => ({ shape: [vector.length], initial: new Float32Array(vector.length) });

const specsOf = (vectors: Readonly<Record<string, SharedVector>>) =>
  Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, spec(vector)]));

function makeStores(options: PartOptions, shares: readonly GroupShare[]): Stores {
  const { algorithm, runtime, thread, threads, memory } = options;
  const gradient = (group: Group, owner: number): SharedVector | undefined =>
    memory.gradients[gradientState(group.name, owner)];
  const vectorsOf = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const vector = memory.states[name];
        return vector ? [[name, vector] as const] : [];
      }),
    );
  const gradients = Object.fromEntries(
    algorithm.groups.flatMap((group) => {
      const vector = gradient(group, thread);
      return vector ? [[gradientState(group.name, thread), vector] as const] : [];
    }),
  );
  const all = algorithmStates(algorithm);
  const vectorStates = Object.keys(all).filter((name) => all[name]?.shape.length === 1);
  const wholeVectors = { ...vectorsOf(vectorStates), ...gradients };

  const parts: Record<string, SharedVector> = {};
  const specs: Record<string, { shape: readonly number[]; initial: ArrayLike<number> }> = {};
  for (const { group, start, end } of shares) {
    const states = groupStates(group, end - start);
    Object.assign(specs, states);
    for (const [name, { shape }] of Object.entries(states)) {
      const vector = memory.states[name];
      // Not single numbers: one thread would read what another has written in the same step.
      if (vector && shape.length === 1) parts[name] = partOfVector(vector, start, end);
    }
    for (let owner = 0; owner < threads; owner += 1) {
      const vector = gradient(group, owner);
      if (vector) parts[gradientState(group.name, owner)] = partOfVector(vector, start, end);
    }
  }
  return {
    whole: runtime.createState(specsOf(wholeVectors), { shared: wholeVectors }),
    shares: runtime.createState({ ...specsOf(parts), ...specs }, { shared: parts }),
  };
}

/** Done by all parts before any goes on to the next one. */
type Phase = () => Promise<void>;

/** The part of one thread. What all parts do between two meetings is a phase of them. */
export interface ShardedPart extends Part {
  /** Rows of each batch that are its. */
  readonly rows: number;
  /** The phases of each stage: as many in all parts. */
  readonly stages: readonly StagePart[];
}

/** A thread's part of one stage. */
interface StagePart {
  readonly gradients: Gradients;
  /** Whether it changes what the next stage reads. */
  readonly steps: boolean;
  readonly phases: readonly Phase[];
}

/** Loads a program on a store; whoever gives it frees what it has loaded. */
type Load = (program: Program, state: StateStore) => Promise<Executable>;

/** A stage's loss and gradients for as many rows as a part has, whichever these are. */
interface Gradients {
  readonly metrics: readonly StageMetric[];
  /** Writes the gradients of the thread whose sessions compute them. */
  run(inputs: Readonly<Record<string, InputData>>): ReturnType<Executable['run']>;
  /** Puts them into the place of another thread's. */
  moveTo(thread: number): void;
}

async function loadGradients(
  { algorithm, seed, thread, memory }: PartOptions,
  rows: number,
  stage: Stage,
  load: (program: Program) => Promise<Executable>,
): Promise<Gradients> {
  const gradients = gradientProgram(algorithm, stage, { rows, seed, thread });
  const executable = await load(gradients);
  const trained = trainedGroups(algorithm, stage);
  const ofThread = (group: Group, owner: number) => {
    const vector = memory.gradients[gradientState(group.name, owner)];
    return vector ? floatsAt(vector) : new Float32Array(0);
  };
  return {
    metrics: stageMetrics(algorithm, stage, gradients.outputs),
    run: runOf(executable, Object.keys(gradients.inputs)),
    moveTo: (other) => {
      for (const group of trained) ofThread(group, other).set(ofThread(group, thread));
    },
  };
}

interface StageParts {
  readonly options: PartOptions;
  readonly rows: number;
  readonly shares: readonly GroupShare[];
  readonly stores: Stores;
  readonly load: Load;
}

/** @param lent gradients of another part in this thread, to compute its own with */
async function stagePart(
  { options, rows, shares, stores, load }: StageParts,
  stage: Stage,
  stageIndex: number,
  lent: Gradients | undefined,
): Promise<StagePart> {
  const { algorithm, thread, threads, memory } = options;
  const shared = memory.stages[stageIndex];
  const gradients =
    lent ?? (await loadGradients(options, rows, stage, (program) => load(program, stores.whole)));
  const { metrics } = gradients;
  const inputs: Readonly<Record<string, InputData>> = stageData(options, stageIndex);
  const tdErrors = rowsOf(memory.tdErrors, options);

  const trained = trainedGroups(algorithm, stage);
  const changed = new Set([...trained.map(({ name }) => name), ...Object.keys(stage.targets ?? {})]);
  const sizesOf = (keep: (group: Group) => boolean): ShareSizes =>
    new Map(shares.flatMap(({ group, start: from, end: to }) => (keep(group) ? [[group, to - from]] : [])));
  const summed = sizesOf((group) => trained.includes(group));
  const stepped = sizesOf(({ name }) => changed.has(name));
  const place = { thread, threads };
  const sum = summed.size > 0 ? await load(sumProgram(summed, place), stores.shares) : undefined;
  const step =
    stepped.size > 0 ? await load(stepProgram(algorithm, stage, stepped, place), stores.shares) : undefined;
  const normsOf = (index: number) => shared?.norms.subarray(index * threads, (index + 1) * threads);
  const reported = shared?.metrics[thread];

  let results: Record<string, ArrayLike<number>> = {};
  const computeGradient = async () => {
    const { [TD_ERRORS]: errors, ...numbers } = await gradients.run(inputs);
    // Copied: who shares the session may run it next.
    results = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, [firstNumber(value)]]),
    );
    if (errors) tdErrors.set(errors);
    if (lent) lent.moveTo(thread);
    if (shared) shared.hasErrors[0] = Number(errors !== undefined);
  };
  const sumGradients = async () => {
    const norms = await sum?.run({});
    trained.forEach(({ name }, i) => {
      const ofShares = normsOf(i);
      if (ofShares) ofShares[thread] = norms?.[normInput(name)]?.[0] ?? 0;
    });
  };
  const stepShares = async () => {
    const wholeNorms = trained.map(({ name }, i) => [name, Math.hypot(...(normsOf(i) ?? []))] as const);
    const given = wholeNorms.flatMap(([name, norm]) =>
      [...summed.keys()].some((group) => group.name === name) ? [[normInput(name), [norm]]] : [],
    );
    Object.assign(results, await step?.run(Object.fromEntries(given)));
    for (const [name, norm] of wholeNorms) results[gradientNormOutput(name)] = [norm];
  };
  const report = () => {
    // A norm of no share of a group is 0.
    reported?.set(
      metrics.map(({ output, merge }) =>
        results[output] === undefined && merge === 'norm' ? 0 : firstNumber(results[output]),
      ),
    );
  };
  const phases = [
    computeGradient,
    ...(trained.length > 0 ? [sumGradients] : []),
    ...(changed.size > 0 ? [stepShares] : []),
  ];
  return {
    gradients,
    steps: changed.size > 0,
    phases: phases.map((phase, i) =>
      i < phases.length - 1
        ? phase
        : async () => {
            await phase();
            report();
          },
    ),
  };
}

/**
 * The part of one of several threads. Each computes the gradients of its rows, then adds up the gradients of its share of the
 * parameters over all threads, in a fixed order, and steps these. Frees what it has loaded if it can't load the rest.
 *
 * @param lender another part in the same thread, with as many rows: gradients are computed in its sessions, which have the same
 *   program. It has to outlive this one, and to come after it in each phase
 */
export async function shardedPart(options: PartOptions, lender?: ShardedPart): Promise<ShardedPart> {
  const { algorithm, runtime, memory, meet } = options;
  const rows = rowCount(options);
  const shares = algorithm.groups.flatMap((group): GroupShare[] => {
    const share = shardOf(group.layout.size, options);
    return share.end > share.start ? [{ group, ...share }] : [];
  });
  const stores = makeStores(options, shares);
  const loaded: Executable[] = [];
  const dispose = async (): Promise<void> => {
    for (const executable of loaded) await executable.dispose();
  };
  const load: Load = async (program, state) => {
    const executable = await runtime.load(program, { state });
    loaded.push(executable);
    return executable;
  };
  const stages: StagePart[] = [];
  try {
    for (const [i, stage] of algorithm.stages.entries())
      stages.push(
        await stagePart({ options, rows, shares, stores, load }, stage, i, lender?.stages[i]?.gradients),
      );
  } catch (error) {
    await dispose();
    throw error;
  }
  /** The single numbers of its shares: the same in all threads that have a share of the group. */
  const numbers = shares.flatMap(({ group }) =>
    Object.entries(groupStates(group)).flatMap(([name, { shape }]) => {
      const vector = memory.states[name];
      return vector && shape.length === 0 ? [{ name, data: floatsAt(vector) }] : [];
    }),
  );
  return {
    rows,
    stages,
    update: async () => {
      let mustMeet = false;
      for (const [i, { phases, steps }] of stages.entries()) {
        if (memory.takesPart[i] !== 1) continue;
        for (const phase of phases) {
          // What the phase before has made is read from here on.
          if (mustMeet) meet();
          await phase();
          mustMeet = true;
        }
        mustMeet = steps;
      }
    },
    publish: () => {
      for (const { name, data } of numbers) stores.shares.read(name, data);
    },
    adopt: () => {
      for (const { name, data } of numbers) stores.shares.write(name, data);
    },
    dispose,
  };
}

/**
 * The update of all parts in one thread: to the bits of as many threads, whose sums it adds up in their order. The last part goes
 * first, as parts lend their sessions, and so the place of their gradients, to later ones.
 */
export async function updateAlone(
  parts: readonly Pick<ShardedPart, 'stages'>[],
  { takesPart }: Pick<SharedMemory, 'takesPart'>,
): Promise<void> {
  const lastFirst = parts.toReversed();
  for (const i of takesPart.keys()) {
    if (takesPart[i] !== 1) continue;
    const count = parts[0]?.stages[i]?.phases.length ?? 0;
    for (let k = 0; k < count; k += 1) for (const { stages } of lastFirst) await stages[i]?.phases[k]?.();
  }
}
