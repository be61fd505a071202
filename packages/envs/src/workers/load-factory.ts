import { envFactoryOf, type EnvFactory } from '../env-factory.ts';

/**
 * The factory that a module exports, see {@link envFactoryOf}.
 *
 * @throws TypeError if the export isn't there or isn't one
 */
export async function loadFactory(module: string, exportName: string): Promise<EnvFactory> {
  const exported: object = await import(module);
  return envFactoryOf(exported, exportName, module);
}
