import { withLengths } from '../lowering/with-lengths.ts';
import type { Program } from '../program.ts';
import type { EngineProgram } from './engine-program.ts';

/** So many lengths of a program's named axes are kept, those that were used last. */
const MOST_LENGTHS = 8;

/**
 * A program with named axes, loaded anew for each choice of their lengths when a run first has it: engines that fuse need to know
 * shapes. What a run gives depends on its own lengths alone, and not on those of runs before it.
 *
 * @param load loads a program of known shapes
 */
export function specialized<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  load: (known: Program<I, S, O>) => Promise<EngineProgram<I, O>>,
): EngineProgram<I, O> {
  const loaded = new Map<string, EngineProgram<I, O>>();
  let newest: { readonly key: string; readonly program: EngineProgram<I, O> } | undefined;
  const used = async (axes: ReadonlyMap<string, number>): Promise<EngineProgram<I, O>> => {
    const key = keyOf(axes);
    const before = loaded.get(key);
    // The last in the map is the one that was used last.
    loaded.delete(key);
    const found = before ?? (await load(withLengths(program, axes)));
    loaded.set(key, found);
    newest = { key, program: found };
    const [oldest] = loaded.keys();
    if (loaded.size > MOST_LENGTHS && oldest !== undefined) {
      const leaving = loaded.get(oldest);
      loaded.delete(oldest);
      await leaving?.release();
    }
    return found;
  };
  return {
    // Within the call where nothing has to be loaded, so that it reads inputs and states as they are then.
    run: (inputs, axes) =>
      newest?.key === keyOf(axes)
        ? newest.program.run(inputs, axes)
        : used(axes).then((found) => found.run(inputs, axes)),
    release: async () => {
      for (const each of loaded.values()) await each.release();
      loaded.clear();
      newest = undefined;
    },
  };
}

const keyOf = (axes: ReadonlyMap<string, number>): string => Array.from(axes.values()).join();
