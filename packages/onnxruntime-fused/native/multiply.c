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

#include <stdbool.h>

#include "pack.h"

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

INLINED int64_t at_most(int64_t count, int64_t most) { return count < most ? count : most; }

/* The part of the right matrix that a panel is packed from. */
INLINED Ahead panel_source(const Factor *right, int64_t from, int64_t inner, int64_t column, int64_t columns) {
  return right->transposed ? (Ahead){right->values + column * right->stride + from, columns, inner, right->stride}
                           : (Ahead){right->values + from * right->stride + column, inner, columns, right->stride};
}

INLINED void pack(const Panel *panel, const Factor *right, int64_t from, int64_t column) {
  const float *source = panel_source(right, from, panel->inner, column, panel->columns).at;
  if (right->transposed)
    pack_columns(panel, source, right->stride);
  else
    pack_rows(panel, source, right->stride);
}

/* A product's part of `inner` that is at work, and what there is room for. */
typedef struct {
  const Product *product;
  float *packed;
  int64_t from, inner;
} Work;

INLINED Strip strip_of(const Work *work, const Panel *panel, const Factor *left, const float *start, bool continues) {
  const Product *product = work->product;
  return (Strip){
      .packed = panel->packed,
      .start = start,
      .inner = work->inner,
      .row_step = left->transposed ? 1 : left->stride,
      .inner_step = left->transposed ? left->stride : 1,
      .registers = panel->registers,
      .continues = continues,
      .rectified = product->rectified && work->from + work->inner == product->inner,
  };
}

/* Columns [0, columns) of the result. */
static void sum_panels(const Work *work, int64_t columns) {
  const Product *product = work->product;
  const Factor *left = &product->a, *right = &product->b;
  for (int64_t column = 0; column < columns; column += PANEL_COLUMNS) {
    const int64_t count = at_most(columns - column, PANEL_COLUMNS), after = column + PANEL_COLUMNS;
    const Panel panel = {work->packed, work->inner, count, count > WIDTH ? 2 : 1};
    const int64_t next_count = after < columns ? at_most(columns - after, PANEL_COLUMNS) : 0;
    const Ahead next = next_count > 0 ? panel_source(right, work->from, work->inner, after, next_count) : (Ahead){0};
    float start[PANEL_COLUMNS] = {0};
    pack(&panel, right, work->from, column);
    if (product->bias) memcpy(start, product->bias + column, (size_t)count * sizeof *start);
    const Strip strip = strip_of(work, &panel, left, start, work->from > 0);
    sum_panel(&strip, &next, product->rows, count, left->values + work->from * strip.inner_step, product->result + column,
              product->columns);
  }
}

/* So few columns that half of a register would be empty. */
#define MOST_NARROW (WIDTH / 2)

/*
 * The last columns, too few to fill a register, as rows of the transposed result: (a b)^T = b^T a^T. Where a's transpose is
 * meant, packing it is a copy; else it costs as much as it saves.
 */
static void sum_narrow(const Work *work, int64_t first) {
  const Product *product = work->product;
  const int64_t rows = product->rows, columns = product->columns, narrow = columns - first;
  const Factor left = {product->b.values, product->b.stride, !product->b.transposed};
  const Factor right = {product->a.values, product->a.stride, !product->a.transposed};
  float apart[TILE_ROWS * PANEL_COLUMNS] __attribute__((aligned(64)));
  float start[MOST_NARROW] = {0};
  if (product->bias) memcpy(start, product->bias + first, (size_t)narrow * sizeof *start);
  for (int64_t row = 0; row < rows; row += PANEL_COLUMNS) {
    const int64_t count = at_most(rows - row, PANEL_COLUMNS);
    const Panel panel = {work->packed, work->inner, count, count > WIDTH ? 2 : 1};
    float *result = product->result + row * columns + first;
    pack(&panel, &right, work->from, row);
    for (int64_t i = 0; i < narrow; i++)
      for (int64_t j = 0; j < PANEL_COLUMNS; j++)
        apart[i * PANEL_COLUMNS + j] = work->from == 0 ? start[i] : j < count ? result[j * columns + i] : 0.0f;
    const Strip strip = strip_of(work, &panel, &left, NULL, true);
    const float *from = left.values + work->from * strip.inner_step + first * strip.row_step;
    for (int64_t i = 0, done; i < narrow; i += done)
      done = sum_next_tile(&strip, narrow - i, from + i * strip.row_step, apart + i * PANEL_COLUMNS, PANEL_COLUMNS);
    for (int64_t j = 0; j < count; j++)
      for (int64_t i = 0; i < narrow; i++) result[j * columns + i] = apart[i * PANEL_COLUMNS + j];
  }
}

void MULTIPLY(const Product *product) {
  float packed[INNER_BLOCK * PANEL_COLUMNS] __attribute__((aligned(64)));
  const int64_t rest = product->columns % WIDTH;
  const bool is_narrow = rest <= MOST_NARROW && product->a.transposed && product->rows >= WIDTH;
  const int64_t wide = is_narrow ? product->columns - rest : product->columns;
  const int64_t block = product->rows <= TILE_ROWS || wide == 0 ? THIN_INNER_BLOCK : INNER_BLOCK;
  Work work = {.product = product, .packed = packed};
  do {
    work.inner = at_most(product->inner - work.from, block);
    sum_panels(&work, wide);
    if (wide < product->columns) sum_narrow(&work, wide);
    work.from += work.inner;
  } while (work.from < product->inner);
}
