// The entry of a thread that shares in an agent's updates.
import { DataError } from '@meow-rl/graph';
import { serve } from '@meow-rl/threads';

import { resolveAlgorithm } from '../algorithm.ts';
import type { AlgorithmDefinition } from '../definition.ts';
import { loadEngine } from './engine.ts';
import type { PartOptions } from './part.ts';
import type { UpdateProtocol } from './protocol.ts';
import { shardedPart } from './sharded-part.ts';
import { wholePart } from './whole-part.ts';

const isDefinition = (value: unknown): value is AlgorithmDefinition =>
  typeof value === 'object' && value !== null && 'stages' in value && 'networks' in value && 'name' in value;

async function importModule(module: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(module);
  } catch (cause) {
    // It says itself what to do.
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the module of ${name} is ${module}, which threads can't import: ${reason.replace(/\.$/, '')}. Give it the import.meta.url of the file that exports the definition.`,
      { cause },
    );
  }
}

/** The definition that a module exports by the name of its algorithm. */
async function importDefinition(module: string, name: string): Promise<AlgorithmDefinition> {
  const exported = await importModule(module, name);
  const definition = Object.values(exported).find((value) => isDefinition(value) && value.name === name);
  if (isDefinition(definition)) return definition;
  throw new Error(
    `${module} exports no definition of ${name}, which threads import it for. Export the definition itself from the file whose import.meta.url it has.`,
  );
}

await serve<UpdateProtocol>(async ({ data, index, count, meet }) => {
  const { definition, sizes, config, engine, seed, memory } = data;
  const options: PartOptions = {
    algorithm: resolveAlgorithm(await importDefinition(definition.module, definition.name), sizes, config),
    seed,
    runtime: await loadEngine(engine),
    thread: index,
    threads: count,
    memory,
    meet,
  };
  const part = await (count === 1 ? wholePart(options) : shardedPart(options));
  return {
    ready: undefined,
    commands: {
      update: () => part.update(),
      publish: () => part.publish(),
      adopt: () => part.adopt(),
    },
    end: () => part.dispose(),
  };
});
