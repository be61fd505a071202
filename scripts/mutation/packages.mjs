const DEFAULT = 'random,safetensors,files,replay,nn,flows,envs,train';

/** The packages whose tests are tried by mutation. */
export const mutatedPackages = (process.env.MUTATE ?? DEFAULT).split(',');
