import { pageVectorEnv, type PageVectorEnvOptions } from '../page-vector-env.ts';
import { playTrajectory } from './play-trajectory.ts';

/** What a test asks of a page. */
export interface PlayInPage extends Pick<PageVectorEnvOptions, 'url' | 'token'> {
  readonly actions: readonly number[];
  readonly seed: number;
}

async function playInPage({ actions, seed, ...address }: PlayInPage) {
  const env = await pageVectorEnv(address);
  try {
    const { values, ...ends } = await playTrajectory(env, Float32Array.from(actions), seed);
    return { values: [...values], ...ends };
  } finally {
    await env.close();
  }
}

// The script of a page that nothing imports.
Object.assign(globalThis, { playInPage });
