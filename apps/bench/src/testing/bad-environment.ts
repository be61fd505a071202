import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('./bad-environments.ts', import.meta.url));

/** What `--env` takes for an environment of `bad-environments.ts`. */
export const badEnvironment = (name: string): string => `${file}#${name}`;
