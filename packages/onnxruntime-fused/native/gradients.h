/*
 * Swish, its gradient and that of layer normalization in one loop each instead of one for each of their operations, which would write and
 * read again what lies between them.
 */
#ifndef MEOW_GRADIENTS_H
#define MEOW_GRADIENTS_H

#include "blocks.h"
#include "elementary.h"
#include "rows.h"

/* A target is a source itself or apart from it, so no iteration needs another's result. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

#if defined(__AVX512F__)

/* Sixteen entries from `i` on, or the last ones. */
#define EACH_SIXTEEN(i, lanes, count)                                                                                \
  for (int64_t i = 0; i < (count); i += LANES)                                                                       \
    for (__mmask16 lanes = (__mmask16)((count) - i < LANES ? (1u << ((count) - i)) - 1 : 0xffff), once = 1; once; once = 0)

#endif

/* y = x sigmoid(x b) mask. Without a mask it is 1. */
INLINED void swish_loop(const float *x, const float *b, const float *mask, float *y, int64_t count) {
#if defined(__AVX512F__)
  EACH_SIXTEEN(i, lanes, count) {
    const __m512 input = _mm512_maskz_loadu_ps(lanes, x + i);
    const __m512 gate = sigmoid_16(_mm512_mul_ps(input, _mm512_maskz_loadu_ps(lanes, b + i)));
    const __m512 open = mask ? _mm512_mul_ps(gate, _mm512_maskz_loadu_ps(lanes, mask + i)) : gate;
    _mm512_mask_storeu_ps(y + i, lanes, _mm512_mul_ps(open, input));
  }
#else
  INDEPENDENT
  for (int64_t i = 0; i < count; i++) {
    const float gate = 1.0f / (1.0f + exponential(-x[i] * b[i]));
    y[i] = (mask ? gate * mask[i] : gate) * x[i];
  }
#endif
}

/* Not inlined, for the reason of `compare`. */
static __attribute__((noinline)) void swish(const Operand *operands, const Instruction *step, int64_t count) {
  const float *x = operands[step->a].at, *b = operands[step->b].at;
  if (step->c < 0)
    swish_loop(x, b, NULL, operands[step->target].at, count);
  else
    swish_loop(x, b, operands[step->c].at, operands[step->target].at, count);
}

/*
 * Of that y with s = sigmoid(x b): w = y (1 - s) dy, whose product with x is b's gradient, and the input's, w b + dy s mask.
 */
INLINED void swish_gradient_loop(const float *x, const float *b, const float *dy, const float *mask, float *dw, float *dx,
                                 int64_t count) {
#if defined(__AVX512F__)
  EACH_SIXTEEN(i, lanes, count) {
    const __m512 input = _mm512_maskz_loadu_ps(lanes, x + i), slope = _mm512_maskz_loadu_ps(lanes, b + i);
    const __m512 given = _mm512_maskz_loadu_ps(lanes, dy + i);
    const __m512 gate = sigmoid_16(_mm512_mul_ps(input, slope));
    const __m512 open = mask ? _mm512_mul_ps(gate, _mm512_maskz_loadu_ps(lanes, mask + i)) : gate;
    const __m512 output = _mm512_mul_ps(input, open);
    const __m512 weight = _mm512_mul_ps(given, _mm512_fnmadd_ps(output, gate, output));
    _mm512_mask_storeu_ps(dw + i, lanes, weight);
    _mm512_mask_storeu_ps(dx + i, lanes, _mm512_fmadd_ps(weight, slope, _mm512_mul_ps(given, open)));
  }
#else
  INDEPENDENT
  for (int64_t i = 0; i < count; i++) {
    const float input = x[i], slope = b[i], given = dy[i];
    const float gate = 1.0f / (1.0f + exponential(-input * slope));
    const float open = mask ? gate * mask[i] : gate;
    const float output = input * open;
    const float weight = given * (output - output * gate);
    dw[i] = weight;
    dx[i] = weight * slope + given * open;
  }
#endif
}

static __attribute__((noinline)) void swish_gradient(const Operand *operands, const Instruction *step, int64_t count) {
  const float *x = operands[step->a].at, *b = operands[step->b].at, *dy = operands[step[1].a].at;
  float *dx = operands[step->target].at, *dw = operands[step->c].at;
  if (step[1].b < 0)
    swish_gradient_loop(x, b, dy, NULL, dw, dx, count);
  else
    swish_gradient_loop(x, b, dy, operands[step[1].b].at, dw, dx, count);
}

/* The sums over a row of dy q and of dy q hat. */
INLINED void project_row(const float *dy, const float *q, const float *hat, int64_t columns, float *mean, float *share) {
  Lanes means = {0}, shares = {0};
  int64_t i = 0;
  for (; i + LANES <= columns; i += LANES) {
    const Lanes product = multiply(load(dy + i), load(q + i));
    means = add(means, product);
    shares = add(shares, multiply(product, load(hat + i)));
  }
  if (i < columns) {
    const int64_t rest = columns - i;
    const Lanes product = multiply(load_rest(dy + i, rest, 0.0f), load_rest(q + i, rest, 0.0f));
    means = add(means, product);
    shares = add(shares, multiply(product, load_rest(hat + i, rest, 0.0f)));
  }
  *mean = total(means);
  *share = total(shares);
}

/*
 * Of layer normalization with deviation 1/r, normalized input `hat` and gain q: r (dy gain - k sum(dy q) - hat k sum(dy hat q)), sums
 * over each row. k is the same along a row.
 */
static __attribute__((noinline)) void layer_gradient(const Operand *operands, const Instruction *step, int64_t rows,
                                                     int64_t columns) {
  const float *dy = operands[step->a].at, *gain = operands[step->b].at, *hat = operands[step->c].at;
  const float *q = operands[step[1].a].at, *k = operands[step[1].b].at, *r = operands[step[1].c].at;
  float *target = operands[step->target].at;
  for (int64_t first = 0; first < rows; first += GROUP) {
    const int64_t count = rows - first < GROUP ? rows - first : GROUP;
    float means[GROUP], shares[GROUP];
    for (int64_t row = 0; row < count; row++) {
      const int64_t at = (first + row) * columns;
      project_row(dy + at, q + at, hat + at, columns, &means[row], &shares[row]);
    }
    for (int64_t row = 0; row < count; row++) {
      const int64_t at = (first + row) * columns;
      const float mean = means[row] * k[at], share = shares[row] * k[at];
      INDEPENDENT
      for (int64_t i = at; i < at + columns; i++) target[i] = r[i] * (dy[i] * gain[i] - mean - hat[i] * share);
    }
  }
}

#endif
