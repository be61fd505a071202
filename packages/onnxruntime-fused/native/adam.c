/*
 * Each operation is rounded by itself, as the same step is in WebAssembly: no products and sums are made one (-ffp-contract=off).
 *
 * Compiled once per instruction set, ADAM being the name of the result.
 */
#include "adam.h"

#include <math.h>
#include <stddef.h>

/* So many entries at a time, the same for all instruction sets, as are partial sums. */
#define LANES 16

#define INLINED static inline __attribute__((always_inline))

INLINED double total(const double *parts) {
  double sum = 0;
  for (int j = 0; j < LANES; j++) sum += parts[j];
  return sum;
}

/* So many entries at a time stay in the core's nearest cache from one loop to the next. */
#define CHUNK 256

static void step_moments(const float *restrict gradient, float *restrict mean, float *restrict square,
                         float *restrict parameter, const AdamNumbers n, int64_t count) {
  for (int64_t j = 0; j < count; j++) {
    const float g = n.clip * gradient[j];
    const float m = n.keep_mean * mean[j] + n.add_mean * g;
    const float v = n.keep_square * square[j] + n.add_square * (g * g);
    mean[j] = m;
    square[j] = v;
    parameter[j] = parameter[j] - n.scale * (n.rate * m / (sqrtf(v) + n.epsilon));
  }
}

static void average(float *restrict target, const float *restrict parameter, float share, int64_t count) {
  for (int64_t j = 0; j < count; j++) target[j] = target[j] + share * (parameter[j] - target[j]);
}

/* Adds the squares of entries to partial sums. */
INLINED void add_squares(const float *vector, int64_t length, double *parts) {
  int64_t at = 0;
  for (; at + LANES <= length; at += LANES)
    for (int j = 0; j < LANES; j++) parts[j] += (double)vector[at + j] * vector[at + j];
  for (int j = 0; j < length - at; j++) parts[j] += (double)vector[at + j] * vector[at + j];
}

static SquareSums step(const AdamVectors *vectors, const AdamNumbers *numbers) {
  double gradients[LANES] = {0}, parameters[LANES] = {0};
  for (int64_t at = 0; at < vectors->length; at += CHUNK) {
    const int64_t count = vectors->length - at < CHUNK ? vectors->length - at : CHUNK;
    float *parameter = vectors->parameters + at;
    step_moments(vectors->gradient + at, vectors->mean + at, vectors->square + at, parameter, *numbers, count);
    if (vectors->target) average(vectors->target + at, parameter, numbers->average, count);
    add_squares(vectors->gradient + at, count, gradients);
    add_squares(parameter, count, parameters);
  }
  return (SquareSums){total(gradients), total(parameters)};
}

static double squares(const float *vector, int64_t length) {
  double parts[LANES] = {0};
  add_squares(vector, length, parts);
  return total(parts);
}

const AdamLoops ADAM = {step, squares};
