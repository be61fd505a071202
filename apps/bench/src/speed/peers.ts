import { UsageError } from '../cli/errors.ts';

/** Algorithms whose speed is measured. */
export const MEASURED_ALGORITHMS = ['meow', 'sac', 'td3', 'sql', 'ppo'] as const;
export type MeasuredAlgorithm = (typeof MEASURED_ALGORITHMS)[number];

/** Frameworks with a version of the update in Python. */
export const PEERS = ['torch', 'jax'] as const;
export type Peer = (typeof PEERS)[number];

/** A program that is compared with ours, one of those that `peers/worker.py` runs. */
export interface PeerProgram {
  readonly worker: Peer | 'sb3' | 'sbx';
  /** Which of the worker's ways to write the algorithm; those of libraries have one. */
  readonly variant: string;
  /** As tables call it. */
  readonly name: string;
}

/** The programs of an algorithm, in the order in which they are compared. */
interface AlgorithmPeers {
  /** Versions of its update and of acting. */
  readonly updates: Readonly<Record<Peer, readonly PeerProgram[]>>;
  /** Whole training loops with Gymnasium: of the versions above, and of libraries that compute with the framework. */
  readonly loops: Readonly<Record<Peer, readonly PeerProgram[]>>;
}

const torch = (variant: string, name: string): PeerProgram => ({ worker: 'torch', variant, name });
const jax: PeerProgram = { worker: 'jax', variant: 'lean', name: 'jax' };

const authorsTorch = [torch('authors', 'torch (authors)'), torch('lean', 'torch (lean)')];
const authorsPeers: AlgorithmPeers = {
  updates: { torch: authorsTorch, jax: [jax] },
  loops: { torch: authorsTorch, jax: [] },
};
const cleanRlTorch = [torch('cleanrl', 'torch (CleanRL)'), torch('lean', 'torch (lean)')];
const stableBaselines3: PeerProgram = { worker: 'sb3', variant: 'library', name: 'Stable-Baselines3' };
const sbx: PeerProgram = { worker: 'sbx', variant: 'library', name: 'sbx' };
const cleanRlPeers: AlgorithmPeers = {
  updates: { torch: cleanRlTorch, jax: [jax] },
  loops: { torch: [...cleanRlTorch, stableBaselines3], jax: [sbx] },
};

const ALGORITHM_PEERS: Readonly<Record<MeasuredAlgorithm, AlgorithmPeers>> = {
  meow: authorsPeers,
  sac: cleanRlPeers,
  td3: cleanRlPeers,
  sql: authorsPeers,
  ppo: {
    updates: { torch: cleanRlTorch, jax: [] },
    loops: {
      torch: [
        stableBaselines3,
        { worker: 'sb3', variant: 'processes', name: 'Stable-Baselines3, a process for each environment' },
      ],
      jax: [sbx],
    },
  },
};

/** The programs that an algorithm is compared with. */
export const peersOf = (algorithm: MeasuredAlgorithm): AlgorithmPeers => ALGORITHM_PEERS[algorithm];

/**
 * Reads `torch,jax`.
 *
 * @throws UsageError for another name
 */
export function parsePeers(text: string): Peer[] {
  return text.split(',').map((given) => {
    const peer = PEERS.find((known) => known === given.trim());
    if (!peer)
      throw new UsageError(
        `--peers can't be ${JSON.stringify(text)}`,
        `Give one or more of ${PEERS.join(', ')}, separated by commas.`,
      );
    return peer;
  });
}
