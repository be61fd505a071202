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
  const used = async (axes: ReadonlyMap<string, number>): Promise<EngineProgram<I, O>> => {
    const key = Array.from(axes.values()).join();
    const before = loaded.get(key);
    // The last in the map is the one that was used last.
    loaded.delete(key);
    const found = before ?? (await load(withLengths(program, axes)));
    loaded.set(key, found);
    const [oldest] = loaded.keys();
    if (loaded.size > MOST_LENGTHS && oldest !== undefined) {
      const leaving = loaded.get(oldest);
      loaded.delete(oldest);
      await leaving?.release();
    }
    return found;
  };
  return {
    run: async (inputs, axes) => (await used(axes)).run(inputs, axes),
    release: async () => {
      for (const each of loaded.values()) await each.release();
      loaded.clear();
    },
  };
}
