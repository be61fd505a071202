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

#define INLINED static inline __attribute__((always_inline))

/* A target is a source itself or apart from it, so no iteration needs another's result. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

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

typedef union {
  float value;
  uint32_t bits;
} Word;

/* 2^n for -126 <= n <= 127. */
static inline float power_of_two(int32_t n) {
  const Word word = {.bits = (uint32_t)(n + 127) << 23};
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
  const int32_t n = (int32_t)(shifted.bits - 0x4b400000u);
  const int32_t half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

/*
 * ln(x) = e ln(2) + 2 atanh(s) with x = 2^e m, 1/sqrt(2) <= m < sqrt(2) and s = (m - 1)/(m + 1), whose series is cut after
 * s^9: s^2 is at most 0.03.
 */
static inline float logarithm(float x) {
  const Word word = {.value = x < 0x1p-126f ? x * 0x1p23f : x};
  const int32_t e = (int32_t)(word.bits - 0x3f3504f3u) >> 23; /* the bits of 1/sqrt(2) */
  const Word m = {.bits = word.bits - ((uint32_t)e << 23)};
  const float exponent = (float)e - (x < 0x1p-126f ? 23.0f : 0.0f);
  const float s = (m.value - 1.0f) / (m.value + 1.0f);
  const float square = s * s;
  float p = 0.222222222f;
  p = p * square + 0.285714286f;
  p = p * square + 0.4f;
  p = p * square + 0.666666667f;
  p = p * square * s + 2.0f * s;
  const float y = exponent * 0.693359375f + (p - exponent * 2.12194440e-4f);
  const float beyond = x == 0.0f ? -INFINITY : x < 0.0f ? NAN : x; /* infinite and NaN stay */
  return x > 0.0f && x < INFINITY ? y : beyond;
}

/*
 * Up to 0.6 x + x^3 p(x^2), where p interpolates (tanh(x)/x - 1)/x^2 at Chebyshev's nodes to a relative error of 1e-8; from
 * there on 1 - 2/(e^2x + 1).
 */
static inline float hyperbolic_tangent(float x) {
  const float size = fabsf(x), square = x * x;
  float p = -0.00626911971659f;
  p = p * square + 0.021110959047f;
  p = p * square - 0.053873948848f;
  p = p * square + 0.13332915367f;
  p = p * square - 0.333333303327f;
  const float small = x * square * p + x;
  const float large = copysignf(1.0f - 2.0f / (exponential(2.0f * size) + 1.0f), x);
  return size < 0.6f ? small : large;
}

/*
 * Up to 0.5 x + x^3 p(x^2), where p interpolates (atanh(x)/x - 1)/x^2 at Chebyshev's nodes to a relative error of 5e-9; from
 * there on ln((1 + x)/(1 - x))/2.
 */
static inline float inverse_hyperbolic_tangent(float x) {
  const float size = fabsf(x), square = x * x;
  float p = 0.1575178026f;
  p = p * square + 0.06493489568f;
  p = p * square + 0.1146987516f;
  p = p * square + 0.1426397985f;
  p = p * square + 0.2000047331f;
  p = p * square + 0.3333333168f;
  const float small = x * square * p + x;
  const float large = copysignf(0.5f * logarithm((1.0f + size) / (1.0f - size)), x);
  return size < 0.5f ? small : large;
}

#if defined(__AVX512F__)

/* The same with the instruction that multiplies by 2^n for any n, which the compiler doesn't find by itself. */
static inline __m512 exponential_16(__m512 x) {
  const __m512 nearest = _mm512_set1_ps(12582912.0f);
  /* In this order of operands NaN is kept. */
  x = _mm512_max_ps(_mm512_set1_ps(-104.0f), _mm512_min_ps(_mm512_set1_ps(89.0f), x));
  const __m512 whole = _mm512_sub_ps(_mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), nearest), nearest);
  __m512 r = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fmadd_ps(whole, _mm512_set1_ps(2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(0.0013926250825f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.00836323288365f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.041666554213f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.166665766661f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, whole);
}

/*
 * With t = e^-|x|, 1/(1 + t) or t/(1 + t) by the sign of x. The denominator is at most 2, so the processor's estimate of its
 * reciprocal and one of Newton's steps do, which is faster than its division.
 */
static inline __m512 sigmoid_16(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.0f);
  const __m512 t = exponential_16(_mm512_or_ps(x, _mm512_set1_ps(-0.0f)));
  const __m512 denominator = _mm512_add_ps(t, one);
  const __m512 estimate = _mm512_rcp14_ps(denominator);
  const __m512 inverse = _mm512_fmadd_ps(estimate, _mm512_fnmadd_ps(denominator, estimate, one), estimate);
  return _mm512_mask_mul_ps(inverse, _mm512_movepi32_mask(_mm512_castps_si512(x)), inverse, t);
}

#endif

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

#if defined(__AVX512F__)

/* A function of a's entries or, where there is a b, of their products with b's. */
#define IN_SIXTEENS(function, b)                                                                                     \
  {                                                                                                                  \
    int64_t i = 0;                                                                                                   \
    for (; i + LANES <= count; i += LANES)                                                                           \
      _mm512_storeu_ps(target + i, function((__m512)terms(a, b, i).parts[0]));                                       \
    const __mmask16 rest = (__mmask16)((1u << (count - i)) - 1);                                                     \
    if (rest)                                                                                                        \
      _mm512_mask_storeu_ps(target + i, rest, function((__m512)last_terms(a, b, i, count - i).parts[0]));            \
    break;                                                                                                           \
  }
#define EXPONENTIALS IN_SIXTEENS(exponential_16, NULL)
#define SIGMOIDS IN_SIXTEENS(sigmoid_16, NULL)
#define SIGMOIDS_OF_PRODUCTS                                                                                         \
  {                                                                                                                  \
    const float *b = operands[step->b].at;                                                                           \
    IN_SIXTEENS(sigmoid_16, b)                                                                                       \
  }

#else

#define EXPONENTIALS UNARY(exponential(x))
#define SIGMOIDS UNARY(1.0f / (1.0f + exponential(-x)))
#define SIGMOIDS_OF_PRODUCTS BINARY(1.0f / (1.0f + exponential(-x * y)))

#endif

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

INLINED void standardize(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
  const float *a = operands[step->a].at;
  const float *eps = operands[step->b].at;
  float *target = operands[step->target].at;
  const float share = 1.0f / (float)columns;
  for (int64_t first = 0; first < rows; first += GROUP) {
    const int64_t count = rows - first < GROUP ? rows - first : GROUP;
    const int64_t begin = first * columns;
    float means[GROUP], scales[GROUP] = {0};
    for (int64_t row = 0; row < count; row++) means[row] = row_sum(a + begin + row * columns, NULL, columns) * share;
    for (int64_t row = 0; row < count; row++)
      scales[row] = row_squares(a + begin + row * columns, columns, means[row]) * share + eps[begin + row * columns];
    for (int row = 0; row < GROUP; row++) scales[row] = 1.0f / sqrtf(scales[row]);
    for (int64_t row = 0; row < count; row++) {
      const float mean = means[row], scale = scales[row];
      const float *from = a + begin + row * columns;
      float *to = target + begin + row * columns;
      INDEPENDENT
      for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * scale;
    }
    if (step->c >= 0) expand_column(operands[step->c].at + begin, scales, count, columns);
  }
}

INLINED void firsts(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
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

#define TERNARY(expression)                                                                                          \
  {                                                                                                                  \
    const float *b = operands[step->b].at, *c = operands[step->c].at;                                                \
    INDEPENDENT                                                                                                      \
    for (int64_t i = 0; i < count; i++) {                                                                            \
      const float x = a[i], y = b[i], z = c[i];                                                                      \
      target[i] = (expression);                                                                                      \
    }                                                                                                                \
    break;                                                                                                           \
  }

INLINED void perform(const Operand *operands, const Instruction *step, int64_t rows, int64_t columns) {
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
      EXPONENTIALS
    case OP_LOG:
      UNARY(logarithm(x))
    case OP_SQRT:
      UNARY(sqrtf(x))
    case OP_ABS:
      UNARY(fabsf(x))
    case OP_SIGMOID:
      SIGMOIDS
    case OP_RECIPROCAL:
      UNARY(1.0f / x)
    case OP_TANH:
      UNARY(hyperbolic_tangent(x))
    case OP_ATANH:
      UNARY(inverse_hyperbolic_tangent(x))
    case OP_MUL_SIGMOID:
      SIGMOIDS_OF_PRODUCTS
    case OP_MUL_MUL:
      TERNARY(x * y * z)
    case OP_MUL_ADD:
      TERNARY(x * y + z)
    case OP_MUL_SUB:
      TERNARY(x * y - z)
    case OP_SUB_MUL:
      TERNARY(z - x * y)
    case OP_ROW_SUM:
      row_sums(a, NULL, target, rows, columns);
      break;
    case OP_MUL_ROW_SUM:
      row_sums(a, operands[step->b].at, target, rows, columns);
      break;
    case OP_STANDARDIZE:
      standardize(operands, step, rows, columns);
      break;
    case OP_SUM_ROWS:
      sum_rows(a, NULL, target, rows, columns);
      break;
    case OP_MUL_SUM_ROWS:
      sum_rows(a, operands[step->b].at, target, rows, columns);
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

/* What the next block reads and writes, asked for a few cache lines at a time while this block is computed. */
typedef struct {
  const Blocks *blocks;
  int64_t operand; /* the next one to look at */
  int64_t row, rows;
  const float *at, *end; /* what is left of the one before */
} Ahead;

#define LINE_FLOATS 16

static int64_t lines_of_block(const Blocks *blocks, int64_t rows) {
  int64_t moving = 0;
  for (int64_t i = 0; i < blocks->operand_count; i++) moving += blocks->operands[i].placing == MOVING;
  return moving * ((rows * blocks->columns + LINE_FLOATS - 1) / LINE_FLOATS);
}

static void look_ahead(Ahead *ahead, int64_t lines) {
  const Blocks *blocks = ahead->blocks;
  while (lines > 0) {
    for (; lines > 0 && ahead->at < ahead->end; lines--, ahead->at += LINE_FLOATS) __builtin_prefetch(ahead->at);
    if (lines == 0 || ahead->operand == blocks->operand_count) return;
    const Operand *operand = &blocks->operands[ahead->operand++];
    if (operand->placing != MOVING) continue;
    const int64_t begin = ahead->row % operand->period, left = operand->period - begin;
    ahead->at = operand->base + begin * blocks->columns;
    ahead->end = ahead->at + (left < ahead->rows ? left : ahead->rows) * blocks->columns;
  }
}

INLINED void perform_all(const Blocks *blocks, int64_t row, int64_t rows, int64_t columns) {
  const int64_t next = row + rows;
  Ahead ahead = {.blocks = blocks, .row = next, .rows = rows};
  const int64_t lines = next < blocks->rows ? lines_of_block(blocks, rows) / blocks->code_length + 1 : 0;
  for (int64_t i = 0; i < blocks->code_length; i++) {
    look_ahead(&ahead, lines);
    perform(blocks->operands, &blocks->code[i], rows, columns);
  }
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
    /* Layers are often this wide. Where the compiler knows the size of a block, loops have neither rests nor beginnings. */
    if (columns == 64 && count == BLOCK_FLOATS / 64)
      perform_all(blocks, row, BLOCK_FLOATS / 64, 64);
    else if (columns == 256 && count == BLOCK_FLOATS / 256)
      perform_all(blocks, row, BLOCK_FLOATS / 256, 256);
    else
      perform_all(blocks, row, count, columns);
  }
}
