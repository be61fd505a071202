export { tfjsRuntime } from './runtimes/tfjs/runtime.ts';
export type { TfjsOptions } from './runtimes/tfjs/device.ts';
export type { TfjsModule } from './runtimes/tfjs/module.ts';
