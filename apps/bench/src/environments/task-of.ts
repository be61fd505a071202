/** The environment that an id of Gymnasium's, EnvPool's or these packages' names, whatever runs it. */
export const taskOf = ({ environment }: { readonly environment: string }): string =>
  environment.replace(/^(gym|gym-vector|envpool):/, '');
