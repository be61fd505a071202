const DEFAULT = 'random,safetensors,files,threads,replay,nn,flows,envs,train';

/** The packages whose tests are tried by mutation. */
export const mutatedPackages = (process.env.MUTATE ?? DEFAULT).split(',');
