import type { MakeEnvOptions } from '../make-env.ts';
import type { AutoresetMode } from '../autoreset-mode.ts';

/** Options of `workerVectorEnv`. */
export interface WorkerVectorEnvOptions extends Omit<MakeEnvOptions, 'registry'> {
  /** URLs of modules that every thread imports first, such as one that lets it import TypeScript. Default: none. */
  readonly imports?: readonly (URL | string)[];
  /** URL of the module that exports the registry or factory; every thread imports it. */
  readonly module: URL | string;
  /** Which export that is: an `EnvRegistry`, or a function that gives or promises one. Default: `registry`. */
  readonly exportName?: string;
  /**
   * Whether that export makes one environment instead of listing many, see `envFactoryOf`. `id` then only names it in
   * messages. Default: false.
   */
  readonly factory?: boolean;
  /** Id in that registry, for messages too. That of the vector environment is the environments' own. */
  readonly id: string;
  readonly numEnvs: number;
  /** Threads; rows are dealt to them in blocks. */
  readonly workers: number;
  /** Default: `next-step`, as in Gymnasium. */
  readonly autoresetMode?: AutoresetMode;
  /** Largest heap of a thread in megabytes, without typed arrays and WebAssembly. Default: Node's own. */
  readonly maxHeapMegabytes?: number;
}
