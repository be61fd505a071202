/*
 * The interpreter of the fused operator. Every instruction is one loop over the contiguous floats of a block, which the
 * compiler vectorizes; a block is small enough that all its operands stay in the core's nearest cache.
 *
 * Compiled once per instruction set, RUN_BLOCKS being the name of the result. NaN and infinities are kept, so never
 * -ffast-math.
 */
#include "blocks.h"

#include "elementary.h"
#include "rows.h"
#include "gradients.h"

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

/* Not inlined: among the others it changes which products and sums the compiler makes one of, and so their last bits. */
static __attribute__((noinline)) void compare(const Operand *operands, const Instruction *step, int64_t count) {
  const float *a = operands[step->a].at;
  float *target = operands[step->target].at;
  switch (step->op) {
    case OP_IS_GREATER:
      BINARY(x > y ? 1.0f : 0.0f)
    case OP_IS_EQUAL:
      BINARY(x == y ? 1.0f : 0.0f)
    case OP_SELECT:
      TERNARY(x != 0.0f ? y : z)
  }
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
    case OP_SWISH:
      swish(operands, step, count);
      break;
    case OP_SWISH_GRADIENT:
      swish_gradient(operands, step, count);
      break;
    case OP_LAYER_GRADIENT:
      layer_gradient(operands, step, rows, columns);
      break;
    case OP_IS_GREATER:
    case OP_IS_EQUAL:
    case OP_SELECT:
      compare(operands, step, count);
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

/*
 * What the next block reads and writes, asked for a few cache lines between instructions: all of it at once would fill the
 * queue of reads and hold up the arithmetic.
 */
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
