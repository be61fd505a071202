export { between } from './between.ts';
export { createGenerator, generatorFromState, stream, type Generator } from './generator.ts';
export { entropySeed } from './seed.ts';
export type { GeneratorState } from './state.ts';
