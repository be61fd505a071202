/*
 * The interpreter of the fused operator. Every instruction is one loop over the contiguous floats of a block, which the
 * compiler vectorizes; a block is small enough that all its operands stay in the core's nearest cache.
 *
 * Compiled once per instruction set, RUN_BLOCKS being the name of the result. NaN and infinities are kept, so never
 * -ffast-math.
 */
#include <math.h>
#include <string.h>

#include "blocks.h"

/* A target is a source itself or apart from it, so no iteration needs another's result. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

#define LANES 16
typedef float Lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

typedef union {
  float value;
  int32_t bits;
} Word;

/* 2^n for -126 <= n <= 127. */
static inline float power_of_two(int32_t n) {
  const Word word = {.bits = (n + 127) << 23};
  return word.value;
}

/*
 * e^x = 2^n e^r with |r| <= ln(2)/2, e^r = 1 + r + r^2 p(r). p interpolates (e^r - 1 - r)/r^2 at Chebyshev's nodes, which
 * leaves a relative error of 1e-8, below that of rounding. 2^n is applied in two halves, as n may be 128 or below -126.
 */
static inline float exponential(float x) {
  const float nearest = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number in the lowest bits */
  x = x > 89.0f ? 89.0f : x;         /* infinite from 88.73 */
  x = x < -104.0f ? -104.0f : x;     /* 0 from -103.98 */
  const Word shifted = {.value = x * 1.44269504f + nearest};
  const float whole = shifted.value - nearest;
  /* ln(2) in two parts, the first with few enough bits that whole times it is exact. */
  const float r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float p = 0.0013926250825f;
  p = p * r + 0.00836323288365f;
  p = p * r + 0.041666554213f;
  p = p * r + 0.166665766661f;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  const int32_t n = shifted.bits - 0x4b400000;
  const int32_t half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

static inline float total(Lanes lanes) {
  float sums[LANES];
  memcpy(sums, &lanes, sizeof sums);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) sums[i] += sums[i + width];
  return sums[0];
}

static inline Lanes load(const float *from) {
  Lanes lanes;
  memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

/* The last columns % LANES entries of a row, filled up with `fill`. */
static inline Lanes load_rest(const float *row, int64_t columns, float fill) {
  float rest[LANES];
  const int64_t begin = columns - columns % LANES;
  for (int i = 0; i < LANES; i++) rest[i] = begin + i < columns ? row[begin + i] : fill;
  return load(rest);
}

/* Column i goes into partial sum i mod 16, so that the order is the same on every machine. */
static inline float row_sum(const float *row, int64_t columns) {
  Lanes sums = {0};
  for (int64_t i = 0; i + LANES <= columns; i += LANES) sums += load(row + i);
  if (columns % LANES) sums += load_rest(row, columns, 0.0f);
  return total(sums);
}

static inline float row_squares(const float *row, int64_t columns, float mean) {
  Lanes sums = {0};
  for (int64_t i = 0; i + LANES <= columns; i += LANES) {
    const Lanes centered = load(row + i) - mean;
    sums += centered * centered;
  }
  if (columns % LANES) {
    const Lanes centered = load_rest(row, columns, mean) - mean;
    sums += centered * centered;
  }
  return total(sums);
}

static inline void fill(float *target, float value, int64_t count) {
  for (int64_t i = 0; i < count; i++) target[i] = value;
}

static void expand_column(float *target, const float *values, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++) fill(target + row * columns, values[row], columns);
}

static void sum_rows_in_blocks(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
  const float *a = operands[step->a].at;
  float *target = operands[step->target].at;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t column = 0; column < columns; column++) target[column] += a[row * columns + column];
}

static void row_sums(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
  const float *a = operands[step->a].at;
  float *target = operands[step->target].at;
  for (int64_t row = 0; row < rows; row++) {
    const float sum = row_sum(a + row * columns, columns);
    fill(target + row * columns, sum, columns);
  }
}

static void standardize(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
  const float *a = operands[step->a].at;
  const float *eps = operands[step->b].at;
  float *target = operands[step->target].at;
  float *scales = step->c < 0 ? NULL : operands[step->c].at;
  const float share = 1.0f / (float)columns;
  for (int64_t row = 0; row < rows; row++) {
    const int64_t begin = row * columns;
    const float mean = row_sum(a + begin, columns) * share;
    const float variance = row_squares(a + begin, columns, mean) * share;
    const float scale = 1.0f / sqrtf(variance + eps[begin]);
    INDEPENDENT
    for (int64_t i = begin; i < begin + columns; i++) target[i] = (a[i] - mean) * scale;
    if (scales) fill(scales + begin, scale, columns);
  }
}

static void firsts(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
  const float *a = operands[step->a].at;
  float *target = operands[step->target].at;
  for (int64_t row = 0; row < rows; row++) target[row] = a[row * columns];
}

#define UNARY(expression)                                                                                            \
  {                                                                                                                  \
    INDEPENDENT                                                                                                      \
    for (int64_t i = 0; i < count; i++) {                                                                            \
      const float x = a[i];                                                                                          \
      target[i] = (expression);                                                                                      \
    }                                                                                                                \
    break;                                                                                                           \
  }

#define BINARY(expression)                                                                                           \
  {                                                                                                                  \
    const float *b = operands[step->b].at;                                                                           \
    INDEPENDENT                                                                                                      \
    for (int64_t i = 0; i < count; i++) {                                                                            \
      const float x = a[i], y = b[i];                                                                                \
      target[i] = (expression);                                                                                      \
    }                                                                                                                \
    break;                                                                                                           \
  }

static void perform(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
  const int64_t count = rows * columns;
  const float *a = operands[step->a].at;
  float *target = operands[step->target].at;
  switch (step->op) {
    case OP_ADD:
      BINARY(x + y)
    case OP_SUB:
      BINARY(x - y)
    case OP_MUL:
      BINARY(x * y)
    case OP_DIV:
      BINARY(x / y)
    case OP_MIN:
      BINARY(x != x ? x : (x < y ? x : y))
    case OP_MAX:
      BINARY(x != x ? x : (x > y ? x : y))
    case OP_NEG:
      UNARY(-x)
    case OP_EXP:
      UNARY(exponential(x))
    case OP_LOG:
      UNARY(logf(x))
    case OP_SQRT:
      UNARY(sqrtf(x))
    case OP_ABS:
      UNARY(fabsf(x))
    case OP_SIGMOID:
      UNARY(1.0f / (1.0f + exponential(-x)))
    case OP_COPY:
      UNARY(x)
    case OP_RECIPROCAL:
      UNARY(1.0f / x)
    case OP_TANH:
      UNARY(tanhf(x))
    case OP_ROW_SUM:
      row_sums(operands, step, rows, columns);
      break;
    case OP_STANDARDIZE:
      standardize(operands, step, rows, columns);
      break;
    case OP_SUM_ROWS:
      sum_rows_in_blocks(operands, step, rows, columns);
      break;
    case OP_FIRST:
      firsts(operands, step, rows, columns);
      break;
  }
}

/* How many rows from `row` on lie together in every operand. */
static int64_t rows_together(const Blocks *blocks, int64_t row) {
  int64_t most = blocks->rows - row < blocks->block_rows ? blocks->rows - row : blocks->block_rows;
  for (int64_t i = 0; i < blocks->operand_count; i++) {
    const Operand *operand = &blocks->operands[i];
    if (operand->placing != MOVING) continue;
    const int64_t left = operand->period - row % operand->period;
    if (left < most) most = left;
  }
  return most;
}

void RUN_BLOCKS(const Blocks *blocks) {
  const int64_t columns = blocks->columns;
  for (int64_t row = 0, count; row < blocks->rows; row += count) {
    count = rows_together(blocks, row);
    for (int64_t i = 0; i < blocks->operand_count; i++) {
      Operand *operand = &blocks->operands[i];
      if (operand->placing == MOVING)
        operand->at = operand->base + row % operand->period * columns;
      else if (operand->placing == COLUMN)
        expand_column(operand->at, operand->base + row, count, columns);
      else if (operand->placing == FIRSTS)
        operand->at = operand->base + row;
    }
    for (int64_t i = 0; i < blocks->code_length; i++) perform(blocks->operands, &blocks->code[i], count, columns);
  }
}
