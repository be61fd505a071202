/* Registers of the widest kind, and panels of the right matrix of a product packed for them. */
#ifndef MEOW_PACK_H
#define MEOW_PACK_H

#include <stdint.h>
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
/* The same where a panel has one tile, so that packing is most of the work: the panels beside each other then come from memory together. */
#define THIN_INNER_BLOCK 64

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

#endif
