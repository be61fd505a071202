import { DataError } from './errors.ts';
import type { TfjsModule } from './runtimes/tfjs/module.ts';
import { tfjsRuntime } from './runtimes/tfjs/runtime.ts';
import type { Runtime } from './runtime.ts';

/** The engines of TensorFlow.js whose packages need no native part. */
export type TfjsEngineName = 'tfjs-cpu' | 'tfjs-wasm';

/** What imports the packages of an engine. */
type Importers = Readonly<Record<TfjsEngineName, () => Promise<unknown>>> & {
  readonly core: () => Promise<TfjsModule & { enableProdMode(): void }>;
};

const IMPORTERS: Importers = {
  core: () => import('@tensorflow/tfjs-core'),
  'tfjs-cpu': () => import('@tensorflow/tfjs-backend-cpu'),
  'tfjs-wasm': () => import('@tensorflow/tfjs-backend-wasm'),
};

const BACKENDS = { 'tfjs-cpu': 'cpu', 'tfjs-wasm': 'wasm' } as const satisfies Record<TfjsEngineName, string>;

/** What Node and bundlers say of a package that isn't there. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(error.code));

async function importPackages(name: TfjsEngineName, importers: Importers): ReturnType<Importers['core']> {
  try {
    const core = await importers.core();
    await importers[name]();
    return core;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new DataError(
      `${name}: its packages are not installed. Run npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-${BACKENDS[name]}.`,
      { cause: error },
    );
  }
}

/**
 * Imports TensorFlow.js with the backend of an engine, and makes its runtime. The module's backend is then this one.
 *
 * @param importers import the packages; default: from where this package lies
 * @throws DataError if a package is not installed, or the backend does not start
 */
export async function loadTfjsEngine(
  name: TfjsEngineName,
  importers: Importers = IMPORTERS,
): Promise<Runtime> {
  const backend = BACKENDS[name];
  const tf = await importPackages(name, importers);
  // Else it advises on the console to use another engine, and checks what plans have checked.
  tf.enableProdMode();
  if (!(await tf.setBackend(backend)))
    throw new DataError(
      `${name}: the backend ${backend} of TensorFlow.js does not start here. Choose another engine.`,
    );
  return tfjsRuntime(tf, { backend });
}
