import { ShapeError } from '../errors.ts';
import { operator } from '../operator.ts';
import { formatShape, sameShape, staticDim } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { TfjsEmitter, TfjsValue } from '../tfjs/emitter.ts';
import { add, mul, neg, sub } from './arithmetic.ts';
import { mean } from './max.ts';

/** Rows with mean 0 and variance 1, and 1 / √(var(x) + ε), by kernels of TensorFlow.js, which has none for both. */
function standardized(
  x: TfjsValue,
  epsilon: number,
  emit: TfjsEmitter,
): readonly [hat: TfjsValue, inverseDeviation: TfjsValue] {
  const mean = (value: TfjsValue): TfjsValue =>
    emit.kernel('Mean', { x: value }, { axis: [1], keepDims: true });
  const centered = emit.kernel('Sub', { a: x, b: mean(x) });
  const variance = mean(emit.kernel('Square', { x: centered }));
  const r = emit.kernel('Rsqrt', { x: emit.kernel('Add', { a: variance, b: emit.constant([epsilon], []) }) });
  return [emit.kernel('Multiply', { a: centered, b: r }), r];
}

const rowMean = (x: Tensor): Tensor => mean(x, { axes: [1], keepDims: true });

const standardizeOperator = operator<
  readonly [Tensor],
  { epsilon: number },
  readonly [standardized: Tensor, inverseDeviation: Tensor]
>({
  name: 'standardize',
  shape: ([x]) => {
    if (x.shape.length !== 2 || x.dtype !== 'float32')
      throw new ShapeError(
        `standardize: expected float32 [rows, features], got ${x.dtype} ${formatShape(x.shape)}.`,
      );
    staticDim('standardize', x.shape, 1);
    return [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: [x.shape[0] ?? 1, 1] },
    ];
  },
  value: ([x], { epsilon }) => {
    const [rows = 0, features = 0] = x.shape;
    const standardized = new Float64Array(x.data.length);
    const inverseDeviation = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const entries = x.data.subarray(row * features, (row + 1) * features);
      const average = entries.reduce((total, e) => total + e, 0) / features;
      const variance = entries.reduce((total, e) => total + (e - average) ** 2, 0) / features;
      const scale = 1 / Math.sqrt(variance + epsilon);
      inverseDeviation[row] = scale;
      entries.forEach((e, i) => (standardized[row * features + i] = (e - average) * scale));
    }
    return [
      { ...x, data: standardized },
      { dtype: 'float32', shape: [rows, 1], data: inverseDeviation },
    ];
  },
  // x̂ = (x − μ) r: dx = r (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)); and dr/dx = −r² x̂ / n
  vjp: ([dHat, dR], { inputs: [x], outputs: [hat, r] }) => {
    const viaHat = dHat && mul(r, sub(sub(dHat, rowMean(dHat)), mul(hat, rowMean(mul(dHat, hat)))));
    const viaR = dR && neg(mul(hat, mul(mul(dR, mul(r, r)), 1 / staticDim('standardize', x.shape, 1))));
    return [viaHat && viaR ? add(viaHat, viaR) : (viaHat ?? viaR)];
  },
  onnx: ([x], { inputs: [input], attributes: { epsilon } }, emit) => {
    const features = staticDim('standardize', input.shape, 1);
    const scale = emit.constant(new Float32Array(features).fill(1), [features]);
    const [hat = '', , r = ''] = emit.nodeWithOutputs('LayerNormalization', [x, scale], 3, {
      axis: -1n,
      epsilon,
    });
    return [hat, r];
  },
  tfjs: ([x], { attributes: { epsilon } }, emit) => standardized(x, epsilon, emit),
});

const layerNormalizationOperator = operator<
  readonly [x: Tensor, scale: Tensor, shift: Tensor],
  { epsilon: number }
>({
  name: 'layerNormalization',
  shape: ([x]) => [{ dtype: 'float32', shape: x.shape }],
  value: ([x, scale, shift], { epsilon }) => {
    const features = scale.data.length;
    const data = new Float64Array(x.data.length);
    for (let start = 0; start < data.length; start += features) {
      const row = x.data.subarray(start, start + features);
      const average = row.reduce((total, e) => total + e, 0) / features;
      const variance = row.reduce((total, e) => total + (e - average) ** 2, 0) / features;
      row.forEach((e, i) => {
        const standardized = (e - average) / Math.sqrt(variance + epsilon);
        data[start + i] = standardized * (scale.data[i] ?? Number.NaN) + (shift.data[i] ?? Number.NaN);
      });
    }
    return [{ ...x, data }];
  },
  // What learns has it in two parts, of which the gradient reuses the first.
  vjp: 'none',
  onnx: ([x, scale, shift], { attributes: { epsilon } }, emit) => [
    emit.node('LayerNormalization', [x, scale, shift], { axis: -1n, epsilon }),
  ],
  tfjs: ([x, scale, shift], { attributes: { epsilon } }, emit) => {
    const [hat] = standardized(x, epsilon, emit);
    return [emit.kernel('Add', { a: emit.kernel('Multiply', { a: hat, b: scale }), b: shift })];
  },
});

/** {@link layerNorm} as the one operator that engines know, for what no longer learns. */
export const layerNormalization = (x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor =>
  layerNormalizationOperator([x, scale, shift], { epsilon })[0];

/**
 * Each row shifted and scaled to mean 0 and variance 1: `y = (x − mean(x)) / √(var(x) + ε)`, var the biased variance.
 *
 * @param x [rows, features]
 * @throws ShapeError if it is not a float32 matrix with a known number of features
 */
export const standardize = (x: Tensor, epsilon = 1e-5): Tensor => standardizeOperator([x], { epsilon })[0];

/**
 * Layer normalization: `y = γ ⊙ (x − mean(x)) / √(var(x) + ε) + β`, mean and variance over each row.
 *
 * @param x [rows, features]
 * @param scale γ, [features]
 * @param shift β, [features]
 * @throws ShapeError if these do not fit
 *
 * Reference: Ba et al., Layer Normalization (2016), equation 4.
 */
export function layerNorm(x: Tensor, scale: Tensor, shift: Tensor, epsilon = 1e-5): Tensor {
  const standardized = standardize(x, epsilon);
  const features = staticDim('layerNorm', x.shape, 1);
  for (const [name, { shape }] of Object.entries({ scale, shift }))
    if (!sameShape(shape, [features]))
      throw new ShapeError(
        `layerNorm: ${name} ${formatShape(shape)} must be [${features}], one entry per feature.`,
      );
  return add(mul(standardized, scale), shift);
}
