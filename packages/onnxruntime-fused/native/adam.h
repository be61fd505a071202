/* Adam's step with target averaging, compiled once per instruction set, and sums of squares. */
#ifndef MEOW_ADAM_H
#define MEOW_ADAM_H

#include <stdbool.h>
#include <stdint.h>

/* Vectors of so many entries. */
typedef struct {
  const float *gradient;
  float *mean, *square, *parameters;
  float *target; /* or NULL */
  int64_t length;
} AdamVectors;

/*
 * g = clip gradient; mean = keepMean mean + addMean g; square = keepSquare square + addSquare g^2;
 * parameters -= scale (rate mean / (sqrt(square) + epsilon)); target += average (parameters - target).
 */
typedef struct {
  float clip, keep_mean, add_mean, keep_square, add_square, rate, epsilon, scale, average;
} AdamNumbers;

/* In float64. */
typedef struct {
  double gradient, parameters;
} SquareSums;

/* Takes the step; gives the sums of squares of the gradient, as it was given, and of the new parameters. */
typedef SquareSums Adam(const AdamVectors *vectors, const AdamNumbers *numbers);
typedef double SumOfSquares(const float *vector, int64_t length);

typedef struct {
  Adam *step;
  SumOfSquares *squares;
} AdamLoops;

extern const AdamLoops adam_plain;
#ifdef MEOW_X86
extern const AdamLoops adam_avx2;
extern const AdamLoops adam_avx512;
#endif

#endif
