/*
 * Matrix products. The result is cut into panels of a few columns, panels into tiles of a few rows, each of which is summed
 * up in the processor's registers: at each step a row of the right matrix, which was packed for that, and one entry of the
 * left one for each row of the tile.
 *
 * Each sum begins with the bias and goes over `inner` in order, whatever the size of the tile that it is in.
 *
 * While the tiles of a panel are summed up, what the next one is packed from is asked for, and each tile's place in the
 * result: matrices mostly come from the last cache, which the arithmetic would wait for.
 *
 * Compiled once per instruction set, MULTIPLY being the name of the result.
 *
 * Reference: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
 */
#include "multiply.h"

#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define WIDTH 16
#define TILE_ROWS 14
#elif defined(__AVX2__)
#define WIDTH 8
#define TILE_ROWS 6
#elif defined(__aarch64__)
/* 32 registers: 24 sums hide that each takes four cycles or so. */
#define WIDTH 4
#define TILE_ROWS 12
#else
#define WIDTH 4
#define TILE_ROWS 6
#endif

/* Two registers to a row: with them, the tile and one entry of the left matrix all registers are in use. */
#define MOST_REGISTERS 2
#define PANEL_COLUMNS (MOST_REGISTERS * WIDTH)
/* So much of `inner` at a time: a packed panel and the rows of a tile fit the core's nearest caches. */
#define INNER_BLOCK 512

#define INLINED static inline __attribute__((always_inline))
#define UNROLLED _Pragma("GCC unroll 16")

typedef float Register __attribute__((vector_size(4 * WIDTH)));
typedef float RegisterInMemory __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int32_t RegisterBits __attribute__((vector_size(4 * WIDTH)));
typedef float Quarter __attribute__((vector_size(16)));
typedef float QuarterInMemory __attribute__((vector_size(16), aligned(4), may_alias));

/* GCC has clang's name for it from version 12 on. */
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t QuarterBits __attribute__((vector_size(16)));
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (QuarterBits){__VA_ARGS__})
#endif

INLINED Register load(const float *from) { return *(const RegisterInMemory *)from; }

/* The first `count` entries; the others are 0. */
INLINED Register load_part(const float *from, int64_t count) {
  Register x = {0};
  if (count >= WIDTH) return load(from);
  if (count > 0) memcpy(&x, from, (size_t)count * sizeof *from);
  return x;
}

/* NaN stays. */
INLINED Register rectify(Register x) {
#if defined(__AVX512F__)
  return (Register)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x);
#else
  const RegisterBits is_negative = x < (Register){0};
  return (Register)(~is_negative & (RegisterBits)x);
#endif
}

/* A panel of the right matrix: `registers` of them for each of `inner` steps, filled up with zeros after `columns`. */
typedef struct {
  float *packed;
  int64_t inner, columns;
  int registers;
} Panel;

static void pack_rows(const Panel *panel, const float *from, int64_t stride) {
  const int64_t width = panel->registers * WIDTH;
  for (int64_t k = 0; k < panel->inner; k++)
    for (int j = 0; j < panel->registers; j++)
      *(Register *)(panel->packed + k * width + j * WIDTH) =
          load_part(from + k * stride + j * WIDTH, panel->columns - j * WIDTH);
}

/* Four rows of four entries become four columns. */
INLINED void transpose_quarters(const float *from, int64_t from_stride, float *to, int64_t to_stride) {
  const Quarter a = *(const QuarterInMemory *)from, b = *(const QuarterInMemory *)(from + from_stride);
  const Quarter c = *(const QuarterInMemory *)(from + 2 * from_stride);
  const Quarter d = *(const QuarterInMemory *)(from + 3 * from_stride);
  const Quarter low_ab = SHUFFLE(a, b, 0, 4, 1, 5), high_ab = SHUFFLE(a, b, 2, 6, 3, 7);
  const Quarter low_cd = SHUFFLE(c, d, 0, 4, 1, 5), high_cd = SHUFFLE(c, d, 2, 6, 3, 7);
  *(Quarter *)to = SHUFFLE(low_ab, low_cd, 0, 1, 4, 5);
  *(Quarter *)(to + to_stride) = SHUFFLE(low_ab, low_cd, 2, 3, 6, 7);
  *(Quarter *)(to + 2 * to_stride) = SHUFFLE(high_ab, high_cd, 0, 1, 4, 5);
  *(Quarter *)(to + 3 * to_stride) = SHUFFLE(high_ab, high_cd, 2, 3, 6, 7);
}

/* The same of a matrix whose transpose is meant: each column of the panel is one of its rows. */
static void pack_columns(const Panel *panel, const float *from, int64_t stride) {
  const int64_t width = panel->registers * WIDTH, inner = panel->inner;
  int64_t column = 0;
  for (; column + 4 <= panel->columns; column += 4) {
    const float *rows = from + column * stride;
    int64_t k = 0;
    for (; k + 4 <= inner; k += 4) transpose_quarters(rows + k, stride, panel->packed + k * width + column, width);
    for (; k < inner; k++)
      for (int64_t j = 0; j < 4; j++) panel->packed[k * width + column + j] = rows[j * stride + k];
  }
  for (; column < width; column++)
    for (int64_t k = 0; k < inner; k++)
      panel->packed[k * width + column] = column < panel->columns ? from[column * stride + k] : 0.0f;
}

/* Memory that will be read: so many floats of each row. */
typedef struct {
  const float *at;
  int64_t rows, floats, stride;
} Ahead;

#define LINE_FLOATS 16

/* Asks for rows [from, end), as far as they are there, into the second cache: the first one is full of what is at work. */
INLINED void look_ahead(const Ahead *ahead, int64_t from, int64_t end) {
  if (end > ahead->rows) end = ahead->rows;
  for (; from < end; from++)
    for (int64_t i = 0; i < ahead->floats; i += LINE_FLOATS) __builtin_prefetch(ahead->at + from * ahead->stride + i, 0, 2);
}

/* What the tiles of a panel have in common. */
typedef struct {
  const float *packed;
  const float *start; /* what sums begin with, unless they go on */
  int64_t inner;
  int64_t row_step, inner_step; /* in the left matrix */
  int registers;
  bool continues, rectified;
} Strip;

/* One of the steps is 1, which the compiler knows. */
INLINED void sum_tile(const Strip *strip, int rows, int registers, int64_t row_step, int64_t inner_step, const float *a,
                      float *result, int64_t stride) {
  Register sums[TILE_ROWS][MOST_REGISTERS];
  UNROLLED for (int i = 0; i < rows; i++) UNROLLED for (int j = 0; j < registers; j++)
    sums[i][j] = load((strip->continues ? result + i * stride : strip->start) + j * WIDTH);
  UNROLLED for (int i = 0; i < rows; i++) UNROLLED for (int j = 0; j < registers; j++)
    __builtin_prefetch(result + i * stride + j * WIDTH, 1);
  const float *b = strip->packed;
  for (int64_t k = 0; k < strip->inner; k++, a += inner_step, b += registers * WIDTH) {
    Register right[MOST_REGISTERS];
    UNROLLED for (int j = 0; j < registers; j++) right[j] = *(const Register *)(b + j * WIDTH);
    UNROLLED for (int i = 0; i < rows; i++) {
      const float left = a[i * row_step];
      UNROLLED for (int j = 0; j < registers; j++) sums[i][j] += left * right[j];
    }
  }
  UNROLLED for (int i = 0; i < rows; i++) UNROLLED for (int j = 0; j < registers; j++)
    *(RegisterInMemory *)(result + i * stride + j * WIDTH) = strip->rectified ? rectify(sums[i][j]) : sums[i][j];
}

INLINED void sum_tile_of(const Strip *strip, int rows, int registers, const float *a, float *result, int64_t stride) {
  if (strip->inner_step == 1)
    sum_tile(strip, rows, registers, strip->row_step, 1, a, result, stride);
  else
    sum_tile(strip, rows, registers, 1, strip->inner_step, a, result, stride);
}

#define TILE(count)                                                                                                  \
  if (rows >= count) {                                                                                               \
    if (strip->registers == 1)                                                                                       \
      sum_tile_of(strip, count, 1, a, result, stride);                                                               \
    else                                                                                                             \
      sum_tile_of(strip, count, 2, a, result, stride);                                                               \
    return count;                                                                                                    \
  }

/* Sums up a tile of at most so many rows, at least one; returns of how many. */
static int64_t sum_next_tile(const Strip *strip, int64_t rows, const float *a, float *result, int64_t stride) {
  TILE(TILE_ROWS)
#if TILE_ROWS > 8
  TILE(8)
#endif
  TILE(4)
  TILE(2)
  TILE(1)
  return rows;
}

/* So many columns of some rows: at most a panel's. */
static void copy_rows(float *to, int64_t to_stride, const float *from, int64_t from_stride, int64_t rows, int64_t columns) {
#if defined(__AVX512F__)
  const uint32_t mask = (uint32_t)((UINT64_C(1) << columns) - 1);
  const __mmask16 first = (__mmask16)mask, second = (__mmask16)(mask >> WIDTH);
  for (int64_t i = 0; i < rows; i++, to += to_stride, from += from_stride) {
    _mm512_mask_storeu_ps(to, first, _mm512_maskz_loadu_ps(first, from));
    if (second) _mm512_mask_storeu_ps(to + WIDTH, second, _mm512_maskz_loadu_ps(second, from + WIDTH));
  }
#else
  for (int64_t i = 0; i < rows; i++) memcpy(to + i * to_stride, from + i * from_stride, (size_t)columns * sizeof *to);
#endif
}

/*
 * All tiles of a panel, with a part of what is read next asked for before each. The last panel's columns may fill no
 * register: its tiles lie apart until they are done.
 */
static void sum_panel(const Strip *strip, const Ahead *next, int64_t rows, int64_t columns, const float *a, float *result,
                      int64_t stride) {
  float apart[TILE_ROWS * PANEL_COLUMNS] __attribute__((aligned(64)));
  const bool is_whole = columns == strip->registers * WIDTH;
  const int64_t tiles = rows / TILE_ROWS + 1, next_rows = (next->rows + tiles - 1) / tiles;
  for (int64_t row = 0, done, tile = 0; row < rows; row += done, tile++) {
    look_ahead(next, tile * next_rows, (tile + 1) * next_rows);
    float *to = result + row * stride;
    const float *from = a + row * strip->row_step;
    if (is_whole) {
      done = sum_next_tile(strip, rows - row, from, to, stride);
      continue;
    }
    const int64_t most = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
    if (strip->continues) copy_rows(apart, PANEL_COLUMNS, to, stride, most, columns);
    done = sum_next_tile(strip, most, from, apart, PANEL_COLUMNS);
    copy_rows(to, stride, apart, PANEL_COLUMNS, done, columns);
  }
}

/* What a panel is packed from. */
INLINED Ahead panel_source(const Factor *right, int64_t from, int64_t inner, int64_t column, int64_t columns) {
  return right->transposed ? (Ahead){right->values + column * right->stride + from, columns, inner, right->stride}
                           : (Ahead){right->values + from * right->stride + column, inner, columns, right->stride};
}

INLINED int64_t panel_columns(int64_t columns, int64_t column) {
  return columns - column < PANEL_COLUMNS ? columns - column : PANEL_COLUMNS;
}

void MULTIPLY(const Product *product) {
  const Factor *left = &product->a, *right = &product->b;
  const int64_t columns = product->columns;
  float packed[INNER_BLOCK * PANEL_COLUMNS] __attribute__((aligned(64)));
  int64_t from = 0;
  do {
    const int64_t inner = product->inner - from < INNER_BLOCK ? product->inner - from : INNER_BLOCK;
    for (int64_t column = 0; column < columns; column += PANEL_COLUMNS) {
      const int64_t count = panel_columns(columns, column), after = column + PANEL_COLUMNS;
      const Panel panel = {packed, inner, count, count > WIDTH ? 2 : 1};
      const float *source = panel_source(right, from, inner, column, count).at;
      if (right->transposed)
        pack_columns(&panel, source, right->stride);
      else
        pack_rows(&panel, source, right->stride);
      const Ahead next = after < columns ? panel_source(right, from, inner, after, panel_columns(columns, after)) : (Ahead){0};
      float start[PANEL_COLUMNS] = {0};
      if (product->bias) memcpy(start, product->bias + column, (size_t)count * sizeof *start);
      const Strip strip = {
          .packed = packed,
          .start = start,
          .inner = inner,
          .row_step = left->transposed ? 1 : left->stride,
          .inner_step = left->transposed ? left->stride : 1,
          .registers = panel.registers,
          .continues = from > 0,
          .rectified = product->rectified && from + inner == product->inner,
      };
      sum_panel(&strip, &next, product->rows, count, left->values + from * strip.inner_step, product->result + column, columns);
    }
    from += inner;
  } while (from < product->inner);
}
