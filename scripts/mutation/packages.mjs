/** The packages whose tests are tried by mutation. */
export const mutatedPackages = (process.env.MUTATE ?? 'random,safetensors,replay,flows,envs,train').split(
  ',',
);
