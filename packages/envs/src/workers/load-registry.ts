import type { EnvRegistry } from '../make-env.ts';

/**
 * The registry that a module exports: an {@link EnvRegistry}, or a function that gives one or promises it.
 *
 * @throws TypeError if the export isn't there or isn't one
 */
export async function loadRegistry(module: string, exportName: string): Promise<EnvRegistry> {
  const exported: Readonly<Record<string, unknown>> = await import(module);
  const value = exported[exportName];
  const registry: unknown = typeof value === 'function' ? await value() : value;
  if (isRegistry(registry)) return registry;
  throw new TypeError(
    `workerVectorEnv: export "${exportName}" of ${module} is no registry. ` +
      'Export { [id]: { create, maxSteps } }, or a function that gives it, and name it in exportName.',
  );
}

const isRegistry = (value: unknown): value is EnvRegistry =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (spec: { readonly create?: unknown } | null) => typeof spec?.create === 'function',
  );
