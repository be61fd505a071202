/* Sums over rows and columns of a block. */
#ifndef MEOW_ROWS_H
#define MEOW_ROWS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINED static inline __attribute__((always_inline))

/* Sums over a row are taken in 16 parts whatever the width of a register is, so that the order is the same everywhere. */
#define LANES 16
#if defined(__AVX512F__)
#include <immintrin.h>
#define WIDTH 16
#else
#define WIDTH 4 /* with 8 for AVX2, gcc takes the registers apart again to add up the quarters: nine times slower */
#endif
typedef float Vector __attribute__((vector_size(4 * WIDTH)));
typedef float VectorInMemory __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef float Quarter __attribute__((vector_size(16)));
typedef struct {
  Vector parts[LANES / WIDTH];
} Lanes;

static inline Lanes load(const float *from) {
  Lanes lanes;
  for (int i = 0; i < LANES / WIDTH; i++) lanes.parts[i] = *(const VectorInMemory *)(from + i * WIDTH);
  return lanes;
}

/* The last `count` < 16 entries of a row, filled up. */
static inline Lanes load_rest(const float *from, int64_t count, float filling) {
#if defined(__AVX512F__)
  const __mmask16 rest = (__mmask16)((1u << count) - 1);
  return (Lanes){{(Vector)_mm512_mask_loadu_ps(_mm512_set1_ps(filling), rest, from)}};
#else
  float rest[LANES];
  for (int i = 0; i < LANES; i++) rest[i] = filling;
  for (int64_t i = 0; i < count; i++) rest[i] = from[i];
  return load(rest);
#endif
}

static inline Lanes add(Lanes sums, Lanes x) {
  for (int i = 0; i < LANES / WIDTH; i++) sums.parts[i] += x.parts[i];
  return sums;
}

static inline Lanes multiply(Lanes x, Lanes y) {
  for (int i = 0; i < LANES / WIDTH; i++) x.parts[i] *= y.parts[i];
  return x;
}

static inline Lanes add_squares(Lanes sums, Lanes x, float mean) {
  for (int i = 0; i < LANES / WIDTH; i++) {
    const Vector centered = x.parts[i] - mean;
    sums.parts[i] += centered * centered;
  }
  return sums;
}

/* Halves are added to each other until one number is left. */
static inline float total(Lanes lanes) {
  Quarter quarters[4];
  memcpy(quarters, &lanes, sizeof quarters);
  const Quarter sums = (quarters[0] + quarters[2]) + (quarters[1] + quarters[3]);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/*
 * Sums are of a's entries or, where there is a b, of their products with b's: those need not be written and read again. The
 * functions are inlined, so that there is a loop for each case.
 */
static inline Lanes terms(const float *a, const float *b, int64_t at) {
  return b ? multiply(load(a + at), load(b + at)) : load(a + at);
}

static inline Lanes last_terms(const float *a, const float *b, int64_t at, int64_t count) {
  const Lanes x = load_rest(a + at, count, 0.0f);
  return b ? multiply(x, load_rest(b + at, count, 0.0f)) : x;
}

/* Entry i goes into partial sum i mod 16. */
INLINED float row_sum(const float *a, const float *b, int64_t columns) {
  Lanes sums = {0};
  int64_t i = 0;
  for (; i + LANES <= columns; i += LANES) sums = add(sums, terms(a, b, i));
  if (i < columns) sums = add(sums, last_terms(a, b, i, columns - i));
  return total(sums);
}

INLINED float row_squares(const float *row, int64_t columns, float mean) {
  Lanes sums = {0};
  int64_t i = 0;
  for (; i + LANES <= columns; i += LANES) sums = add_squares(sums, load(row + i), mean);
  if (i < columns) sums = add_squares(sums, load_rest(row + i, columns - i, mean), mean);
  return total(sums);
}

INLINED void fill(float *target, float value, int64_t count) {
  for (int64_t i = 0; i < count; i++) target[i] = value;
}

INLINED void expand_column(float *target, const float *values, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++) fill(target + row * columns, values[row], columns);
}

/* 16 columns at a time, row by row. */
INLINED void sum_rows(const float *a, const float *b, float *target, int64_t rows, int64_t columns) {
  int64_t column = 0;
  for (; column + LANES <= columns; column += LANES) {
    Lanes sums = load(target + column);
    for (int64_t row = 0; row < rows; row++) sums = add(sums, terms(a, b, row * columns + column));
    memcpy(target + column, &sums, sizeof sums);
  }
  if (column == columns) return;
  const int64_t rest = columns - column;
  Lanes sums = load_rest(target + column, rest, 0.0f);
  for (int64_t row = 0; row < rows; row++) sums = add(sums, last_terms(a, b, row * columns + column, rest));
  memcpy(target + column, &sums, (size_t)rest * sizeof *target);
}

/* So many rows are summed before their sums are used, so that one row doesn't wait for another. */
#define GROUP 16

INLINED void row_sums(const float *a, const float *b, float *target, int64_t rows, int64_t columns) {
  for (int64_t first = 0; first < rows; first += GROUP) {
    const int64_t count = rows - first < GROUP ? rows - first : GROUP;
    const int64_t begin = first * columns;
    float sums[GROUP];
    for (int64_t row = 0; row < count; row++) {
      const int64_t at = begin + row * columns;
      sums[row] = row_sum(a + at, b ? b + at : NULL, columns);
    }
    expand_column(target + begin, sums, count, columns);
  }
}

#endif
