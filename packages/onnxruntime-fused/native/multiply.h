/* Matrix products, compiled once per instruction set. */
#ifndef MEOW_MULTIPLY_H
#define MEOW_MULTIPLY_H

#include <stdbool.h>
#include <stdint.h>

/* One of the matrices that are multiplied, whose rows lie one after the other, and whether its transpose is meant. */
typedef struct {
  const float *values;
  int64_t stride; /* floats from one row to the next, as they lie in memory */
  bool transposed;
} Factor;

/* result = a b + bias, without negative entries where it is rectified: [rows, columns] of sums over `inner`. */
typedef struct {
  Factor a, b;
  const float *bias; /* added to each row, or NULL */
  float *result;
  int64_t rows, columns, inner;
  bool rectified;
} Product;

typedef void Multiply(const Product *product);

Multiply multiply_plain;
#ifdef MEOW_X86
Multiply multiply_avx2;
Multiply multiply_avx512;
#endif

#endif
