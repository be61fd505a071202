import { eachGradientMetric } from '../gradient.ts';
import type { GradientMetric } from '../gradient.ts';
import type { UpdateMetric } from '../update.ts';

/** Those of the loss, which add up over the rows. */
const TOTALS: readonly GradientMetric[] = Object.values(eachGradientMetric((name) => name));

/** What an update reports, in the order in which threads write it down. */
export const UPDATE_METRICS: readonly UpdateMetric[] = [...TOTALS, 'gradientNorm', 'parameterNorm'];

/**
 * Metrics of an update from those of its parts, each in the order of {@link UPDATE_METRICS}: metrics of the loss add up over
 * the rows, the gradient's norm is of the whole in each, and the parameters' is √Σ over their parts.
 */
export function mergeMetrics(parts: readonly ArrayLike<number>[]): Record<UpdateMetric, number> {
  const all = (metric: UpdateMetric) => parts.map((own) => own[UPDATE_METRICS.indexOf(metric)] ?? Number.NaN);
  const norms = all('parameterNorm');
  const [gradientNorm = Number.NaN] = all('gradientNorm');
  const [only = Number.NaN] = norms;
  return {
    ...eachGradientMetric((metric) => all(metric).reduce((sum, own) => sum + own, 0)),
    gradientNorm,
    parameterNorm: norms.length === 1 ? only : Math.hypot(...norms),
  };
}
