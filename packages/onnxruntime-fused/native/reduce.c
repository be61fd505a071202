/*
 * `Reduce`: the sums or the largest of `length` entries each of a tensor that is [outer, length, inner]. `Smallest`: the smallest of
 * them, in order, as many as the result has.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "layout.h"

/* The numbers in the layout that come before the result's shape. */
enum { OUTER, LENGTH, INNER, BLOCK_NUMBERS };
enum { KIND, KIND_NUMBERS };
enum { SUM, MAX, KINDS };

/* How many results there are at most: outer * inner, each of `each`; -1 for more than can be. */
static int64_t result_count(const int64_t *blocks, int64_t each) {
  int64_t count = 0;
  return __builtin_mul_overflow(blocks[OUTER], blocks[INNER], &count) || __builtin_mul_overflow(count, each, &count) ? -1
                                                                                                                    : count;
}

static OrtStatus *read_blocks(const Layout *layout, const OrtKernelContext *context, const char *operator,
                              const int64_t *blocks, float **data) {
  int64_t elements = 0;
  OrtStatus *status = read_elements(layout, context, operator, 0, data, &elements);
  if (!status && elements != result_count(blocks, blocks[LENGTH]))
    status = failure(layout->api, "%s: the input has %lld elements, expected %lld times %lld times %lld.", operator,
                     (long long)elements, (long long)blocks[OUTER], (long long)blocks[LENGTH], (long long)blocks[INNER]);
  return status;
}

/* Gives up a layout that has been read. */
static OrtStatus *refuse(void **kernel, OrtStatus *status) {
  destroy_layout(*kernel);
  *kernel = NULL;
  return status;
}

static OrtStatus *create_reduce(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  OrtStatus *status = create_layout(api, info, "Reduce", KIND_NUMBERS + BLOCK_NUMBERS, kernel);
  (void)op;
  if (status) return status;
  const Layout *layout = *kernel;
  if (layout->first[KIND] < KINDS && result_count(layout->first + KIND_NUMBERS, 1) == layout->elements) return NULL;
  return refuse(kernel, failure(api, "Reduce: kind %lld with %lld results, expected 0 or 1, and as many as the layout says.",
                                (long long)layout->first[KIND], (long long)layout->elements));
}

/* In so many parts that none waits for another; in float64, as there may be many entries. */
#define PARTS 8

static float sum_of(const float *from, int64_t count) {
  double parts[PARTS] = {0};
  int64_t i = 0;
  for (; i + PARTS <= count; i += PARTS)
    for (int j = 0; j < PARTS; j++) parts[j] += from[i + j];
  for (; i < count; i++) parts[i % PARTS] += from[i];
  for (int half = PARTS / 2; half > 0; half /= 2)
    for (int j = 0; j < half; j++) parts[j] += parts[j + half];
  return (float)parts[0];
}

/* NaN is larger than all. */
static inline float larger(float a, float b) { return b > a || b != b ? b : a; }

/* So many columns side by side. */
#define STRIPE 64

static void sum_columns(const float *from, float *to, int64_t length, int64_t stride, int64_t columns) {
  double sums[STRIPE] = {0};
  for (int64_t row = 0; row < length; row++)
    for (int64_t i = 0; i < columns; i++) sums[i] += from[row * stride + i];
  for (int64_t i = 0; i < columns; i++) to[i] = (float)sums[i];
}

static void max_columns(const float *from, float *to, int64_t length, int64_t stride, int64_t columns) {
  memcpy(to, from, (size_t)columns * sizeof *to);
  for (int64_t row = 1; row < length; row++)
    for (int64_t i = 0; i < columns; i++) to[i] = larger(to[i], from[row * stride + i]);
}

static OrtStatus *compute_reduce(void *kernel, OrtKernelContext *context) {
  const Layout *layout = kernel;
  const int64_t *blocks = layout->first + KIND_NUMBERS;
  const int64_t length = blocks[LENGTH], inner = blocks[INNER];
  const bool is_sum = layout->first[KIND] == SUM;
  float *from = NULL, *to = NULL;
  OrtStatus *status = read_blocks(layout, context, "Reduce", blocks, &from);
  if (status) return status;
  if (length == 0 && !is_sum) return failure(layout->api, "Reduce: there is no largest of no entries.");
  if ((status = give_result(layout, context, &to))) return status;
  for (int64_t block = 0; block < blocks[OUTER] && inner > 0; block++, from += length * inner, to += inner) {
    if (inner == 1 && is_sum) {
      *to = sum_of(from, length);
      continue;
    }
    for (int64_t column = 0; column < inner; column += STRIPE) {
      const int64_t columns = inner - column < STRIPE ? inner - column : STRIPE;
      (is_sum ? sum_columns : max_columns)(from + column, to + column, length, inner, columns);
    }
  }
  return NULL;
}

static OrtStatus *create_smallest(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
  OrtStatus *status = create_layout(api, info, "Smallest", BLOCK_NUMBERS, kernel);
  (void)op;
  if (status) return status;
  const Layout *layout = *kernel;
  const int64_t each = result_count(layout->first, 1);
  const int64_t count = each > 0 ? layout->elements / each : 0;
  if (count <= layout->first[LENGTH] && result_count(layout->first, count) == layout->elements) return NULL;
  return refuse(kernel, failure(api, "Smallest: %lld results, expected at most %lld for each of %lld.",
                                (long long)layout->elements, (long long)layout->first[LENGTH], (long long)each));
}

/* Columns that are sorted side by side, and as many of them as a register has. */
#define COLUMNS 16
#define LANES 4

typedef float Lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t LaneBits __attribute__((vector_size(4 * LANES)));

/* The smaller ones into a; NaN is larger than all. */
static inline void exchange(float *a, float *b) {
  for (int i = 0; i < COLUMNS; i += LANES) {
    const Lanes x = *(const Lanes *)(a + i), y = *(const Lanes *)(b + i);
    const LaneBits swaps = (y < x) | (x != x), first = (LaneBits)x, second = (LaneBits)y;
    *(Lanes *)(a + i) = (Lanes)((swaps & second) | (~swaps & first));
    *(Lanes *)(b + i) = (Lanes)((swaps & first) | (~swaps & second));
  }
}

/*
 * Sorts columns of so many entries.
 *
 * Reference: Batcher, Sorting networks and their applications (1968): merging by odds and evens. Entries that are missing to a power of
 * two would be larger than all and stay at the end.
 */
static void sort_columns(float *rows, int64_t length) {
  for (int64_t p = 1; p < length; p *= 2)
    for (int64_t k = p; k >= 1; k /= 2)
      for (int64_t j = k % p; j + k < length; j += 2 * k)
        for (int64_t i = j; i < j + k && i + k < length; i++)
          if (((i ^ (i + k)) & -2 * p) == 0) exchange(rows + i * COLUMNS, rows + (i + k) * COLUMNS);
}

static OrtStatus *compute_smallest(void *kernel, OrtKernelContext *context) {
  const Layout *layout = kernel;
  const int64_t *blocks = layout->first;
  const int64_t length = blocks[LENGTH], inner = blocks[INNER];
  const int64_t each = result_count(blocks, 1), count = each > 0 ? layout->elements / each : 0;
  float *from = NULL, *to = NULL;
  OrtStatus *status = read_blocks(layout, context, "Smallest", blocks, &from);
  if (status) return status;
  if ((status = give_result(layout, context, &to))) return status;
  float *rows = count > 0 ? calloc((size_t)length * COLUMNS, sizeof *rows) : NULL;
  if (count > 0 && !rows) return failure(layout->api, "Smallest: no memory for %lld entries.", (long long)length);
  for (int64_t block = 0; count > 0 && block < blocks[OUTER]; block++, from += length * inner, to += count * inner)
    for (int64_t column = 0; column < inner; column += COLUMNS) {
      const size_t bytes = (size_t)(inner - column < COLUMNS ? inner - column : COLUMNS) * sizeof *rows;
      for (int64_t row = 0; row < length; row++) memcpy(rows + row * COLUMNS, from + row * inner + column, bytes);
      sort_columns(rows, length);
      for (int64_t row = 0; row < count; row++) memcpy(to + row * inner + column, rows + row * COLUMNS, bytes);
    }
  free(rows);
  return NULL;
}

static const char *reduce_name(const OrtCustomOp *op) { return (void)op, "Reduce"; }
static const char *smallest_name(const OrtCustomOp *op) { return (void)op, "Smallest"; }

const OrtCustomOp reduce_operator = {OPERATOR_CALLS, .GetName = reduce_name, .CreateKernelV2 = create_reduce,
                                     .KernelComputeV2 = compute_reduce, .KernelDestroy = destroy_layout};
const OrtCustomOp smallest_operator = {OPERATOR_CALLS, .GetName = smallest_name, .CreateKernelV2 = create_smallest,
                                       .KernelComputeV2 = compute_smallest, .KernelDestroy = destroy_layout};
