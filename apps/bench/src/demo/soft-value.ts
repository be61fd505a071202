import type { MeowAgent } from '@meow-rl/meow';
import { FARTHEST_LATENT, SQUASH_MARGIN } from '@meow-rl/nn';
import { createGenerator } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';

import type { Band, Grid, ValueError } from '../report/data.ts';

/** The soft value on a regular grid over the square of positions. */
export async function softValueGrid(agent: MeowAgent, bounds: number, points: number): Promise<Grid> {
  const axis = Array.from({ length: points }, (_, i) => -bounds + (2 * bounds * i) / (points - 1));
  const positions = Float32Array.from(axis.flatMap((y) => axis.flatMap((x) => [x, y])));
  return { x: axis, y: axis, values: Float64Array.from(await agent.value(positions)) };
}

/** `log Σ exp(x)` without overflow. */
function logSumExp(values: ArrayLike<number>): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) peak = Math.max(peak, values[i] ?? peak);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.exp((values[i] ?? Number.NEGATIVE_INFINITY) - peak);
  return peak + Math.log(total);
}

/** The same observation in each of many rows. */
const repeated = (observation: readonly number[], rows: number): Float32Array =>
  Float32Array.from(
    { length: rows * observation.length },
    (_, i) => observation[i % observation.length] ?? 0,
  );

/** Rows that go through the critic at once. */
const CHUNK = 16_384;

/** min(Q₁, Q₂) of many actions in one state, [actions]. */
async function softQ(
  agent: MeowAgent,
  observation: readonly number[],
  actions: Float32Array,
): Promise<Float64Array> {
  const size = agent.actionSize;
  const rows = actions.length / size;
  const all = new Float64Array(rows);
  for (let from = 0; from < rows; from += CHUNK) {
    const chunk = actions.subarray(from * size, Math.min(rows, from + CHUNK) * size);
    const { q1, q2 } = await agent.critic(repeated(observation, chunk.length / size), chunk);
    q1.forEach((q, i) => (all[from + i] = Math.min(q, q2[i] ?? q)));
  }
  return all;
}

/** Points and weights of a quadrature over [-1, 1]. */
interface Quadrature {
  readonly points: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Trapezoids in z = atanh a, `∫ f(a) da = ∫ f(tanh z) (1 − tanh² z) dz`: there the integrand is smooth and vanishes at both
 * ends, where the rule converges faster than any power. The slivers beyond the squash's margin, on which Q is constant,
 * are one point each.
 */
function squashedTrapezoids(count: number): Quadrature {
  const end = FARTHEST_LATENT;
  const step = (2 * end) / (count - 1);
  const z = Array.from({ length: count }, (_, i) => -end + i * step);
  const inside = z.map(
    (point, i) => (i === 0 || i === count - 1 ? 0.5 : 1) * step * (1 - Math.tanh(point) ** 2),
  );
  return {
    points: [-1, ...z.map(Math.tanh), 1],
    weights: [SQUASH_MARGIN, ...inside, SQUASH_MARGIN],
  };
}

/** Points of the quadrature in each dimension of the action. */
const QUADRATURE_POINTS = 401;

/**
 * The soft value by quadrature over the action square: `V(s) = α log ∫ exp(Q(s, a) / α) da`.
 *
 * Reference: Chao et al., MEow (2024), Proposition 1.
 */
export async function softValueByQuadrature(
  agent: MeowAgent,
  observation: readonly number[],
): Promise<number> {
  const { points, weights } = squashedTrapezoids(QUADRATURE_POINTS);
  const actions = Float32Array.from(points.flatMap((x) => points.flatMap((y) => [x, y])));
  const q = await softQ(agent, observation, actions);
  const { alpha } = agent.config;
  const logTerms = q.map((value, i) => {
    const [row, column] = [Math.floor(i / points.length), i % points.length];
    return value / alpha + Math.log((weights[row] ?? 0) * (weights[column] ?? 0));
  });
  return alpha * logSumExp(logTerms);
}

/** A squashed diagonal Gaussian, `a = tanh(mean + deviation ⊙ ε)`: the usual actor of SAC. */
interface GaussianActor {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** The actor with the mean and deviation, before the squash, of sampled actions. */
function fitActor(actions: Float32Array, size: number): GaussianActor {
  const columns = Array.from({ length: size }, (_, entry) =>
    Float64Array.from(actions)
      .filter((_, i) => i % size === entry)
      .map((a) => Math.atanh(Math.min(Math.max(a, -1 + SQUASH_MARGIN), 1 - SQUASH_MARGIN))),
  );
  const mean = columns.map((z) => z.reduce((total, value) => total + value, 0) / z.length);
  const deviation = columns.map((z, i) =>
    Math.sqrt(z.reduce((total, value) => total + (value - (mean[i] ?? 0)) ** 2, 0) / z.length),
  );
  return { mean, deviation };
}

/** Draws from the actor: actions [count, size] and their log-density [count]. */
function drawFrom({ mean, deviation }: GaussianActor, count: number, random: Generator) {
  const size = mean.length;
  const actions = new Float32Array(count * size);
  const logDensity = new Float64Array(count);
  for (let row = 0; row < count; row++)
    for (let entry = 0; entry < size; entry++) {
      const [center = 0, spread = 1] = [mean[entry], deviation[entry]];
      const noise = random.normal();
      const z = center + spread * noise;
      actions[row * size + entry] = Math.tanh(z);
      // 1 − tanh² z = 4 / (eᶻ + e⁻ᶻ)²
      const logSlope = Math.log(4) - 2 * Math.log(Math.exp(z) + Math.exp(-z));
      logDensity[row] =
        (logDensity[row] ?? 0) - 0.5 * noise ** 2 - Math.log(spread) - 0.5 * Math.log(2 * Math.PI) - logSlope;
    }
  return { actions, logDensity };
}

/** Numbers of samples M of Figure 1(b). */
const SAMPLES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
const REPETITIONS = 50;
const FIT_SAMPLES = 4000;

/** Mean with the 10% and 90% quantiles. */
function bandOf(values: readonly number[]): Band {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (q: number): number => sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN;
  return {
    mean: values.reduce((total, value) => total + value, 0) / values.length,
    low: quantile(0.1),
    high: quantile(0.9),
  };
}

/**
 * Errors of the soft value at a state, against quadrature: (I) exact, (II) the importance-sampled estimate of equation 5,
 * (III) the Monte-Carlo estimate of equation 6, the latter two with actions of a squashed Gaussian actor.
 *
 *     (II)  α log (1/M) Σ exp(Q(s, aᵢ) / α) / π_φ(aᵢ|s)        (III)  (1/M) Σ (Q(s, aᵢ) − α log π_φ(aᵢ|s))
 *
 * The actor has the moments of MEow's own policy: the best that a Gaussian can be told, so what (III) misses is what no
 * Gaussian actor can give.
 *
 * Reference: Chao et al., MEow (2024), Figure 1(b).
 */
export async function softValueErrors(
  agent: MeowAgent,
  observation: readonly number[],
  seed: number,
): Promise<ValueError> {
  const { alpha } = agent.config;
  const reference = await softValueByQuadrature(agent, observation);
  const [exact = Number.NaN] = await agent.value(Float32Array.from(observation));
  const sampled = await agent.act(repeated(observation, FIT_SAMPLES), { deterministic: false });
  const actor = fitActor(sampled, agent.actionSize);
  const random = createGenerator(seed);
  const importance: Band[] = [];
  const monteCarlo: Band[] = [];
  for (const samples of SAMPLES) {
    const errors = { importance: [] as number[], monteCarlo: [] as number[] };
    const { actions, logDensity } = drawFrom(actor, samples * REPETITIONS, random);
    const q = await softQ(agent, observation, actions);
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const [from, to] = [repetition * samples, (repetition + 1) * samples];
      const terms = q.slice(from, to).map((value, i) => value / alpha - (logDensity[from + i] ?? 0));
      const byImportance = alpha * (logSumExp(terms) - Math.log(samples));
      const byMonteCarlo = (alpha * terms.reduce((total, term) => total + term, 0)) / samples;
      errors.importance.push(Math.abs(byImportance - reference));
      errors.monteCarlo.push(Math.abs(byMonteCarlo - reference));
    }
    importance.push(bandOf(errors.importance));
    monteCarlo.push(bandOf(errors.monteCarlo));
  }
  return {
    samples: SAMPLES,
    exact: Math.abs(exact - reference),
    importance,
    monteCarlo,
    reference,
    proposal: "a squashed Gaussian actor with the mean and deviation of MEow's own actions",
    band: `the 10% to 90% quantiles of ${REPETITIONS} repetitions`,
  };
}
